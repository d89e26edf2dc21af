"""What a personal offer adds to the share of customers who buy again, compared within the same state on the same day.

Whoever gets an offer on a day is compared with customers who were in the same state (recency, number of purchases,
money) that morning and got none within as many days before and after; who had never bought before is not compared.
Both have the same days to buy in. Those held out by lot, where they are marked, are all that is compared with.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from b24kpi.facts.functions import as_date
from b24kpi.metrics.comparison import NO_DIFFERENCE
from b24kpi.metrics.compiler import dimension, slice_conditions
from b24kpi.metrics.customer_states import BEHAVIOUR_STATE_AT_START, STANDING, find_best
from b24kpi.metrics.model import Query, Reason, Unit, Value
from b24kpi.metrics.needs import not_given, not_read
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.ratios import ENOUGH, SMALL_SAMPLE
from b24kpi.metrics.statistics.stratified import Stratum, common_difference

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

STATE = "state"
NOT_AN_EXPERIMENT, IMMATURE = "not_an_experiment", "immature"
DAY = timedelta(days=1)

# `p` runs from the day of an offer to the end of the days in which a purchase counts; `f` is how a customer stood then.
_COMPARED = """
    FROM period AS p
    CROSS JOIN fact_customer_standing AS f ON f.until_day >= p.from_day AND f.won_day < p.from_day
    LEFT JOIN best_customer AS t ON t.position = p.position
    LEFT JOIN fact_offer AS o ON o.customer = f.customer AND o.day = p.from_day
    WHERE (o.customer IS NOT NULL OR {other})"""
_WITHOUT = """NOT EXISTS (
    SELECT 1 FROM fact_offer AS n WHERE n.customer = f.customer AND n.day > 0
    AND n.day_number > p.from_number - :days AND n.day_number < p.from_number + :days)"""
_HELD_OUT = f"{_WITHOUT} AND EXISTS (SELECT 1 FROM fact_offer AS h WHERE h.customer = f.customer AND h.day = 0)"


_IS_OFFERED, _IS_AGAIN = "o.customer IS NOT NULL", "f.until_day < p.to_day"


@dataclass
class Found:
    """Under one period and combination: (day, state, offered) → [customers, those who bought]."""

    counts: dict[tuple[int, str, int], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    @property
    def strata(self) -> list[Stratum]:
        """One for each day and state."""
        places = sorted({(day, state) for day, state, _ in self.counts})
        return [
            Stratum(offered[1], offered[0], others[1], others[0])
            for day, state in places
            for offered, others in [
                (self.counts.get((day, state, 1), [0, 0]), self.counts.get((day, state, 0), [0, 0]))
            ]
        ]


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The Mantel-Haenszel difference of the shares over days and states, with its interval."""
    days, young = offer_days(engine, query)
    cells = _counted(engine, query, by, days)
    reason = missing(engine, query)
    keys = sorted({key for _, key in cells}) if by else [()]
    return [
        _value(
            engine,
            query,
            period,
            dict(zip(by, key, strict=True)),
            cells.get((position, key), Found()),
            young[position],
            reason,
        )
        for key in keys
        for position, period in enumerate(query.periods)
    ]


def missing(engine: "Engine", query: Query) -> Reason | None:
    """Why nothing can be said of any period."""
    mapped = engine.figures.mapped
    reason = engine.unreadable(query.metric) or not_given(query.metric, engine.figures.constants)
    return reason or not_read(engine.store, mapped.offer_field, mapped.hold_out_field)


def offer_days(engine: "Engine", query: Query) -> tuple[list[tuple[int, int]], Counter[int]]:
    """(position of the period, day of offers) whose days to buy in are over, and how many days are not, by position."""
    today = datetime.fromtimestamp(engine.as_of, engine.zone).date()
    last = today - timedelta(days=engine.figures.mapped.offer_days)
    engine.set_periods(query.metric, query.periods)
    rows = engine.store.query(
        "SELECT DISTINCT p.position, o.day FROM period AS p "
        "CROSS JOIN fact_offer AS o ON o.day >= p.from_day AND o.day < p.end_day ORDER BY 1, 2"
    )
    ripe = [(position, day) for position, day in rows if as_date(day) <= last]
    return ripe, Counter(position for position, day in rows if as_date(day) > last)


def rows(engine: "Engine", query: Query, by: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every customer who is compared, on each day of offers: with an offer or among the others, bought again or not."""
    asked = Query(query.metric, query.periods, (), {**query.where, **by})
    days, _ = offer_days(engine, asked)
    _set_days(engine, asked, days)
    flags = f"{_IS_OFFERED} AS is_offered, {_IS_AGAIN} AS is_again"
    picked = f"f.*, f.purchases AS number, p.from_day AS day, {BEHAVIOUR_STATE_AT_START} AS state, {flags}"
    for row in engine.store.dicts(f"SELECT {picked}{_rows_sql(engine, asked)}", _params(engine, asked)):
        part = f"{'offered' if row['is_offered'] else 'others'}_{'again' if row['is_again'] else 'not'}"
        yield part, row | {"why": f"analyses.why.{part}"}


def _counted(
    engine: "Engine", query: Query, by: "Key", days: Sequence[tuple[int, int]]
) -> "dict[tuple[int, Key], Found]":
    _set_days(engine, query, days)
    keys = [f"COALESCE(CAST({_sql(name)} AS TEXT), '')" for name in by]
    picked = ", ".join(["p.position", BEHAVIOUR_STATE_AT_START, _IS_OFFERED, _IS_AGAIN, *keys])
    groups = ", ".join(str(number) for number in range(1, len(by) + 5))
    sql = f"SELECT {picked}, COUNT(*){_rows_sql(engine, query)} GROUP BY {groups}"
    cells: dict[tuple[int, Key], Found] = defaultdict(Found)
    for place, state, is_offered, is_again, *key, count in engine.store.query(sql, _params(engine, query)):
        position, day = days[place]
        counts = cells[position, tuple(key)].counts[day, state, is_offered]
        counts[0] += count
        counts[1] += count * is_again
    return cells


def _set_days(engine: "Engine", query: Query, days: Sequence[tuple[int, int]]) -> None:
    """Each day of offers, with the days after it in which a purchase counts, is a period of its own."""
    length = timedelta(days=engine.figures.mapped.offer_days)
    windows = [Period(as_date(day), as_date(day) + length, Grain.DAY) for _, day in days]
    engine.set_periods(query.metric, windows)
    find_best(engine, len(windows))


def _sql(name: str) -> str:
    """A dimension of the customer's first purchase, or his state."""
    return BEHAVIOUR_STATE_AT_START if name == STATE else dimension(STANDING, name)


def _rows_sql(engine: "Engine", query: Query) -> str:
    other = _HELD_OUT if engine.figures.mapped.hold_out_field else _WITHOUT
    plain = {name: value for name, value in query.where.items() if name != STATE}
    conditions = slice_conditions(STANDING, plain)
    conditions += [f"({BEHAVIOUR_STATE_AT_START}) = :{STATE}"] if STATE in query.where else []
    return _COMPARED.format(other=other) + "".join(f" AND {condition}" for condition in conditions)


def _params(engine: "Engine", query: Query) -> dict[str, Any]:
    figures = engine.figures
    return {**query.where, "base_days": figures.base_days, "days": figures.mapped.offer_days}


def _value(
    engine: "Engine",
    query: Query,
    period: Period,
    by: Mapping[str, str],
    found: Found,
    young: int,
    missing: Reason | None,
) -> Value:
    strata = found.strata
    offered, others = sum(each.trials for each in strata), sum(each.other_trials for each in strata)
    estimate = None if missing else common_difference(strata)
    untold = Reason.INSUFFICIENT_DATA if offered else Reason.NOT_MATURE if young else Reason.NO_EVENTS
    extra = {
        "offered": offered,
        "offered_again": sum(each.successes for each in strata) / offered if offered else None,
        "others": others,
        "others_again": sum(each.others for each in strata) / others if others else None,
    }
    flags = set() if missing else _flags(engine, offered, young, estimate)
    return Value(
        metric=query.metric.id,
        period=period,
        by=by,
        value=None if estimate is None else estimate[0],
        unit=query.metric.unit,
        n=0 if missing else offered,
        low=None if estimate is None else estimate[1],
        high=None if estimate is None else estimate[2],
        reason=missing or (None if estimate else untold),
        flags=tuple(sorted(flags)),
        extra=dict.fromkeys(extra) if missing else extra,
        units={"offered": Unit.COUNT, "others": Unit.COUNT},
    )


def _flags(engine: "Engine", offered: int, young: int, estimate: tuple[float, float, float] | None) -> set[str]:
    flags = {IMMATURE} if young and offered else set()
    if estimate is not None:
        flags |= set() if engine.figures.mapped.hold_out_field else {NOT_AN_EXPERIMENT}
        flags |= {NO_DIFFERENCE} if estimate[1] <= 0 <= estimate[2] else set()
        flags |= {SMALL_SAMPLE} if offered < ENOUGH else set()
    return flags
