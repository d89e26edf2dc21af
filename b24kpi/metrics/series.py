"""Sums of many periods in a row, as the analyses of time look at them."""

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.compiler import sum_statement
from b24kpi.metrics.model import Measure, Query
from b24kpi.metrics.period import Grain, Period

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

SEASON = {Grain.DAY: 7, Grain.WEEK: 52, Grain.MONTH: 12, Grain.QUARTER: 4, Grain.YEAR: 1}  # periods of a season


def today(engine: "Engine") -> date:
    """The last day of which something is known."""
    return datetime.fromtimestamp(engine.as_of, engine.zone).date()


def is_complete(engine: "Engine", period: Period) -> bool:
    """Whether the period is over, as far as the data reach."""
    return period.end <= today(engine)


def run_up_to(last: Period, count: int) -> list[Period]:
    """So many periods in a row, the last of which is given, in order."""
    found = [last][:count]
    while len(found) < count:
        found.append(found[-1].previous)
    return found[::-1]


def earlier(period: Period, steps: int) -> Period:
    """The period so many steps before."""
    for _ in range(steps):
        period = period.previous
    return period


def steps_between(start: Period, end: Period) -> int:
    """How many periods the second lies after the first, which is not the later one."""
    count = 0
    while start < end:
        start, count = start.following, count + 1
    return count


def first_whole(engine: "Engine", grain: Grain) -> Period | None:
    """The first period that lies in the history as a whole: the one after that of the oldest deal, if there is any."""
    oldest = engine.store.query("SELECT MIN(created_at) FROM fact_deal")[0][0]
    return None if oldest is None else first_after(engine, oldest, grain)


def first_after(engine: "Engine", moment: float, grain: Grain) -> Period:
    """The first period that begins after a moment."""
    return Period.containing(datetime.fromtimestamp(moment, engine.zone).date(), grain).following


def sums(
    engine: "Engine", query: Query, measure: Measure, run: Sequence[Period], by: "Key"
) -> "dict[Key, list[Fraction]]":
    """Combination → the measure's sums over the periods of the run, 0 where nothing happened."""
    engine.set_periods(query.metric, run)
    found: dict[Key, list[Fraction]] = {} if by else {(): [Fraction(0)] * len(run)}
    for (position, key), (total, *_) in engine.rows(sum_statement(measure, by, query.where), len(by)):
        found.setdefault(key, [Fraction(0)] * len(run))[position] = Fraction(total or 0)
    return found
