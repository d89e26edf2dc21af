"""What was a leak and has been won since, week by week: deals that had been stuck, requests that nobody had answered.

A won deal counts as recovered where it was stuck at the beginning of the week of its win, or of one of the four weeks
before; or where its inquiry had waited for longer than a lost one does before anybody turned to it. That the leak was
acted on is not claimed: it was won after it. Earlier moments are judged by what is known now, as `metrics.stuck` does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from b24kpi.cache.leak_tasks import claims
from b24kpi.facts.functions import as_date, as_number
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.period import Grain, Period, latest
from b24kpi.report.labels import Labels

STUCK, LOST = "stuck_deals", "lost_requests"
WEEKS = 10  # with the present one
BEFORE = 4  # weeks before that of the win in which the leak may have been
_Leak = tuple[str, float, float | None]  # which, since when, what was at stake
_COLUMNS = {"pipeline": "category_id", "manager": "manager_id", "source": "source_id"}

_WON = """
    SELECT deal_id, closed_at, closed_day, money, category_id, manager_id, source_id FROM fact_deal
    WHERE outcome = 'won' AND closed_day >= :since AND closed_at <= :now"""
# Inquiries that had been lost before somebody answered, or decided them, and the deals that were won of them.
_LOST_BEFORE = """
    SELECT d.deal_id, MIN(r.asked_at) AS leaked_at
    FROM fact_response AS r
    CROSS JOIN fact_deal AS d ON {link}
    LEFT JOIN fact_lead_card AS l ON l.lead_id = r.lead_id
    WHERE r.asked_day >= :asked AND d.outcome = 'won' AND d.closed_day >= :since AND d.closed_at <= :now
      AND r.is_timed = 1
      AND CASE WHEN r.answered_at IS NOT NULL
               THEN r.answered_at <= d.closed_at AND r.answered_work - r.asked_work > :lost_after
               ELSE r.lost_at <= d.closed_at AND (r.is_excused = 0 OR l.finished_at >= r.lost_at) END
    GROUP BY d.deal_id"""
_LINKS = ("d.deal_id = r.deal_id", "r.deal_id IS NULL AND d.lead_id = r.lead_id")


@dataclass(frozen=True)
class Recovered:
    """A deal that was won after it had leaked.

    Attributes:
        leak: the KPI that counts such leaks.
        leaked_on: when it was first seen as one: the beginning of a week, or when the inquiry came.
        labels: names of pipeline, manager and source, or their values where they have none.
        at_stake: what was at stake with it then, in hundredths; None of requests.
        money: of the win, in hundredths of the report currency.
        has_task: a task was made of it.
    """

    leak: str
    deal_id: int
    labels: Mapping[str, str]
    leaked_on: date
    won_at: float
    won_on: date
    money: int
    at_stake: float | None
    has_task: bool


@dataclass(frozen=True)
class Recovery:
    """The weeks in order, the present one last, and what was won in them, the latest first."""

    weeks: tuple[Period, ...]
    found: tuple[Recovered, ...]
    today: date

    def of(self, period: Period, leak: str = "") -> list[Recovered]:
        """Those won in a period, of one kind of leak or of all."""
        return [one for one in self.found if period.start <= one.won_on < period.end and leak in ("", one.leak)]


def find_recovered(engine: Engine, where: Mapping[str, str], *, language: str) -> Recovery:
    """What has been recovered in the last weeks.

    Args:
        where: pipeline, manager (who won it) and source.
    """
    today = datetime.fromtimestamp(engine.as_of, engine.zone).date()
    weeks = tuple(latest(WEEKS - 1, today, Grain.WEEK))
    won = _won(engine, weeks[0], where)
    leaks = _earlier(_lost(engine, weeks[0]), _stuck(engine, weeks, won)) if won else {}
    labels, tasked = Labels(engine.store, language), {key.number for key in claims(engine.store) if key.kind == "deal"}
    found = [
        Recovered(
            leak,
            deal_id,
            _named(labels, won[deal_id]),
            datetime.fromtimestamp(leaked_at, engine.zone).date(),
            won[deal_id]["closed_at"],
            as_date(won[deal_id]["closed_day"]),
            won[deal_id]["money"],
            at_stake,
            deal_id in tasked,
        )
        for deal_id, (leak, leaked_at, at_stake) in leaks.items()
        if deal_id in won
    ]
    return Recovery(weeks, tuple(sorted(found, key=lambda one: (-one.won_at, one.deal_id))), today)


def _earlier(lost: Mapping[int, _Leak], stuck: Mapping[int, _Leak]) -> dict[int, _Leak]:
    """What leaked in both ways is the leak that it was first."""
    first = {deal_id: leak for deal_id, leak in stuck.items() if deal_id not in lost or leak[1] < lost[deal_id][1]}
    return {**lost, **first}


def _named(labels: Labels, row: Mapping[str, Any]) -> dict[str, str]:
    """Dimension → name, or the bare value where it has none."""
    by = {name: "" if row[column] is None else str(row[column]) for name, column in _COLUMNS.items()}
    return by | labels.of(by)


def _given(engine: Engine, first: Period) -> dict[str, Any]:
    return {"since": as_number(first.start), "now": int(engine.as_of)}


def _won(engine: Engine, first: Period, where: Mapping[str, str]) -> dict[int, dict[str, Any]]:
    """The deals won since the first week began."""
    rows = engine.store.dicts(_WON, _given(engine, first))
    wanted = {_COLUMNS[name]: value for name, value in where.items()}
    return {
        row["deal_id"]: row
        for row in rows
        if all(str("" if row[column] is None else row[column]) == value for column, value in wanted.items())
    }


def _stuck(engine: Engine, weeks: tuple[Period, ...], won: Mapping[int, Mapping[str, Any]]) -> dict[int, _Leak]:
    """Won deal → when it was first seen stuck, not more than so many weeks before the one of its win."""
    from b24kpi.metrics.stuck_list import list_stuck  # numpy takes a tenth of a second to load

    found = dict[int, _Leak]()
    for monday in _mondays(weeks):
        moment, last = engine.moment(monday), engine.moment(monday + timedelta(weeks=BEFORE + 1))
        near = [deal_id for deal_id, row in won.items() if deal_id not in found and moment < row["closed_at"] < last]
        for deal in list_stuck(engine, moment, {}, near)[1] if near else ():
            found[deal.deal_id] = STUCK, moment, deal.at_stake
    return found


def _mondays(weeks: tuple[Period, ...]) -> Iterator[date]:
    for place in range(BEFORE, 0, -1):
        yield weeks[0].start - timedelta(weeks=place)
    yield from (week.start for week in weeks)


def _lost(engine: Engine, first: Period) -> dict[int, _Leak]:
    given = _given(engine, first) | {
        "asked": as_number(first.start - timedelta(weeks=BEFORE)),
        "lost_after": engine.figures.service.lost_after,
    }
    found: dict[int, _Leak] = {}
    for link in _LINKS:
        for deal_id, leaked_at in engine.store.query(_LOST_BEFORE.format(link=link), given):
            found.setdefault(deal_id, (LOST, leaked_at, None))
    return found
