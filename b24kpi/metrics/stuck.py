"""Open deals that do not move: which they are at a moment, why, and what is at stake.

As of a past moment stays and activities are taken as they are known now: an activity counts as open until it was last
changed, if it is completed; the portal does not tell when that was done
(https://apidocs.bitrix24.com/api-reference/crm/timeline/activities/activity-base/crm-activity-list.html).
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from b24kpi.metrics.compiler import dimension
from b24kpi.metrics.dimensions import with_dimensions
from b24kpi.metrics.model import Measure
from b24kpi.metrics.stages_history import DAY, Stage, StageHistory, Stays, read_stays

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine


class Cause(StrEnum):
    """Why a deal counts as stuck, in the order in which people read it."""

    TOO_LONG = "too_long"  # in its stage for longer than 80 % of the earlier stays
    NO_NEXT_STEP = "no_next_step"  # nothing is planned
    OVERDUE = "overdue"  # what is planned should be done by now
    SILENT = "silent"  # nothing has happened for many days


@dataclass(frozen=True)
class Activity:
    """What was planned or done about a deal; moments in epoch seconds, `done` is None while it is open."""

    created: int
    done: int | None
    deadline: int | None
    touched: int


@dataclass(frozen=True)
class StuckDeal:
    """An open deal that does not move.

    Attributes:
        by: dimension → value as text, as of the moment.
        age: seconds since it came into its stage; `too_long`: from which age on it counts as stuck by it.
        money: its amount in hundredths of the report currency; `at_stake`: what of it the lost chance to win is worth.
    """

    deal_id: int
    by: Mapping[str, str]
    age: float
    too_long: float
    causes: tuple[Cause, ...]
    money: int
    at_stake: float
    flags: tuple[str, ...]


class Stuckness:
    """Judges the open deals of moments; what it has read serves all of them.

    Args:
        only: the stage in which the deals to judge are, where all are in one.
    """

    def __init__(self, engine: "Engine", only: Stage | None = None) -> None:
        self._engine = engine
        self._stays: dict[Stage, Stays] = read_stays(engine.store, only)

    def judge(
        self, moment: float, where: Mapping[str, str], deals: Collection[int] | None = None
    ) -> tuple[int, list[StuckDeal]]:
        """How many deals were open at the moment, and those of them that were stuck; largest stake first.

        Args:
            where: dimension → value that the deals must have.
            deals: ids of those to judge; None for all.
        """
        histories: dict[Stage, StageHistory] = {}
        rows = [row for row in _open_deals(self._engine, moment, deals) if _matches(row, where)]
        activities = _activities(self._engine, [row["deal_id"] for row in rows])
        found = []
        for row in rows:
            stage: Stage = (row["category_id"], row["stage_id"])
            if stage not in histories:
                histories[stage] = StageHistory(self._stays[stage], moment, self._engine.figures.stuck_days)
            causes = tuple(self._causes(row, moment, histories[stage], activities[row["deal_id"]]))
            if causes:
                found.append(_stuck(row, moment, histories[stage], causes))
        return len(rows), sorted(found, key=lambda deal: (-deal.at_stake, -deal.money, deal.deal_id))

    def _causes(
        self, row: Mapping[str, Any], moment: float, history: StageHistory, activities: Sequence[Activity]
    ) -> Iterator[Cause]:
        known = [each for each in activities if each.created <= moment]
        planned = [each for each in known if each.done is None or each.done > moment]
        if moment - row["entered_at"] > history.too_long:
            yield Cause.TOO_LONG
        if not planned:
            yield Cause.NO_NEXT_STEP
        if any(each.deadline is not None and each.deadline < moment for each in planned):
            yield Cause.OVERDUE
        touches = [touch for each in known for touch in (each.created, each.touched) if touch <= moment]
        if moment - max([row["entered_at"], *touches]) > self._engine.figures.stuck_days * DAY:
            yield Cause.SILENT


def _stuck(row: Mapping[str, Any], moment: float, history: StageHistory, causes: tuple[Cause, ...]) -> StuckDeal:
    age = moment - row["entered_at"]
    return StuckDeal(
        deal_id=row["deal_id"],
        by=_dimensions(row),
        age=age,
        too_long=history.too_long,
        causes=causes,
        money=row["money"],
        at_stake=max(row["money"], 0) * history.at_stake(age),
        flags=tuple(flag for flag in ("fx_approx", "fx_unknown") if row[flag]),
    )


# Dimension → column of an open deal.
_COLUMNS = {
    "pipeline": "category_id", "stage": "stage_id", "manager": "manager_id", "department": "department_id",
    "source": "source_id", "utm_source": "utm_source", "utm_medium": "utm_medium", "utm_campaign": "utm_campaign",
    "currency": "currency_id",
}  # fmt: skip

_OWN = "own_"

# The stays that go on at the moment; the responsible is the one of then, as far as the cache has seen it.
_OPEN = """
    SELECT s.deal_id, s.category_id, s.stage_id, s.entered_at, f.money, f.fx_approx, f.fx_unknown, f.currency_id,
           f.source_id, f.utm_source, f.utm_medium, f.utm_campaign, m.manager_id, u.department_id{own}
    FROM fact_stay AS s
    JOIN fact_deal AS f ON f.deal_id = s.deal_id
    JOIN (SELECT own.id, COALESCE((SELECT h.assigned_by_id FROM deal_history AS h
                                   WHERE h.id = own.id AND h.valid_to >= :moment ORDER BY h.valid_to LIMIT 1),
                                  own.assigned_by_id) AS manager_id FROM deal AS own) AS m ON m.id = s.deal_id
    LEFT JOIN user AS u ON u.id = m.manager_id
    WHERE s.semantic = 'P' AND s.entered_at <= :moment AND (s.left_at IS NULL OR s.left_at > :moment){only}
    ORDER BY s.deal_id"""

_ACTIVITIES = """
    SELECT a.owner_id, a.created, a.completed, a.last_updated, a.deadline
    FROM activity AS a CROSS JOIN open_deal AS o ON o.deal_id = a.owner_id
    WHERE a.owner_type_id = 2 AND a.deleted_at IS NULL AND a.created IS NOT NULL"""


_ONLY = " AND s.deal_id IN (SELECT value FROM json_each(:deals))"


def _open_deals(engine: "Engine", moment: float, deals: Collection[int] | None) -> list[dict[str, Any]]:
    """With the dimensions of the user's own as columns, `own_` before their names."""
    deal = with_dimensions(Measure("deal", "created_day"), engine.catalogue.dimensions)
    own = "".join(f", {dimension(deal, name)} AS {_OWN}{name}" for name in deal.dimensions)
    given: dict[str, int | str] = {"moment": int(moment)}
    if deals is None:
        return engine.store.dicts(_OPEN.format(own=own, only=""), given)
    return engine.store.dicts(_OPEN.format(own=own, only=_ONLY), given | {"deals": json.dumps(sorted(deals))})


def _matches(row: Mapping[str, Any], where: Mapping[str, str]) -> bool:
    mine = _dimensions(row)
    return all(mine[name] == value for name, value in where.items())


def _dimensions(row: Mapping[str, Any]) -> dict[str, str]:
    own = {name.removeprefix(_OWN): _text(value) for name, value in row.items() if name.startswith(_OWN)}
    return {name: _text(row[column]) for name, column in _COLUMNS.items()} | own


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _activities(engine: "Engine", deals: Sequence[int]) -> Mapping[int, list[Activity]]:
    """Deal → what is known to have been planned or done about it."""
    store = engine.store
    store.db.execute("CREATE TEMP TABLE IF NOT EXISTS open_deal (deal_id INTEGER PRIMARY KEY)")
    store.db.execute("DELETE FROM open_deal")
    store.db.conn.executemany("INSERT INTO open_deal VALUES (?)", [(deal,) for deal in deals])
    found: dict[int, list[Activity]] = defaultdict(list)
    for deal, created, completed, updated, deadline in store.query(_ACTIVITIES):
        touched = created if updated is None else updated
        found[deal].append(Activity(created, touched if completed else None, deadline, touched))
    return found
