"""One deal: where it stands among the others, its chance to win, its way, its customer, and what it counts in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.deal_standing import Chance, Standing, age_of, chance_of, stay_of
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Reason
from b24kpi.metrics.stuck_list import list_stuck
from b24kpi.report.deal_counts import Counted, counts_of

STUCK = "stuck_deals"
FLAGS = ("won_date_approx", "fx_approx", "fx_unknown")


@dataclass(frozen=True)
class Visited:
    """A stay in a stage; moments in epoch seconds.

    Attributes:
        visit: the number of the visit to a pipeline that it belongs to.
        seconds: how long it went on, or goes on; None in a final stage.
        is_approx: the beginning is a guess.
    """

    visit: int
    pipeline: str
    stage: str
    manager: str
    entered_at: int
    seconds: float | None
    is_here: bool
    is_approx: bool


@dataclass(frozen=True)
class Bought:
    """A purchase of the customer: a won deal; `money` in hundredths, `day` YYYYMMDD."""

    number: int
    deal_id: int
    day: int
    money: int


@dataclass(frozen=True)
class Stuck:
    """Why an open deal does not move: ids of messages, none where it moves; `at_stake` in hundredths.

    Attributes:
        reason: why nothing can be said, None if something can.
    """

    causes: tuple[str, ...] = ()
    at_stake: float = 0.0
    reason: Reason | None = None


@dataclass(frozen=True)
class DealView:
    """A deal as of the moment up to which the data reach.

    Attributes:
        by: dimension → value as text: pipeline, stage, manager.
        customer: `company:7`, `contact:7` or "".
        created_at, closed_at: epoch seconds, the latter None of an open deal; money: hundredths.
        flags: what is not exact.
        stay, chance, stuck: of an open deal only; chance None also where too few deals are known.
        purchases: of its customer, in their order, of one manager only where one was asked for.
    """

    deal_id: int
    by: Mapping[str, str]
    customer: str
    outcome: str
    created_at: int
    closed_at: int | None
    money: int
    flags: tuple[str, ...]
    age: Standing
    stay: Standing | None
    chance: Chance | None
    stuck: Stuck | None
    way: tuple[Visited, ...]
    purchases: tuple[Bought, ...]
    counts: tuple[Counted, ...]

    @property
    def is_open(self) -> bool:
        return self.outcome == "open"


_DEAL = """
    SELECT f.*, s.stage_id FROM fact_deal AS f JOIN fact_stay AS s ON s.deal_id = f.deal_id AND s.left_at IS NULL
    WHERE f.deal_id = ?"""
_WAY = """
    SELECT visit, category_id, stage_id, manager_id, entered_at, left_at, semantic, is_approx
    FROM fact_stay WHERE deal_id = ? ORDER BY position"""
_PURCHASES = """
    SELECT number, deal_id, won_day, money FROM fact_purchase
    WHERE customer = :customer AND (:manager = '' OR CAST(manager_id AS TEXT) = :manager) ORDER BY number"""


def look_at(engine: Engine, deal_id: int, manager: str = "") -> DealView | None:
    """All of a deal; None where it is unknown or deleted.

    Args:
        manager: who looks, where he may see his own only: another one's deal is unknown to him; "" sees all.
    """
    row = next(iter(engine.store.dicts(_DEAL, [deal_id])), None)
    if row is None or (manager and _text(row["manager_id"]) != manager):
        return None
    by = {"pipeline": _text(row["category_id"]), "stage": row["stage_id"], "manager": _text(row["manager_id"])}
    stage, is_open = (row["category_id"], row["stage_id"]), row["outcome"] == "open"
    stay = stay_of(engine, stage, deal_id) if is_open else None
    return DealView(
        deal_id=deal_id,
        by=by,
        customer=row["customer"] or "",
        outcome=row["outcome"],
        created_at=row["created_at"],
        closed_at=row["closed_at"],
        money=row["money"],
        flags=tuple(flag for flag in FLAGS if row[flag]),
        age=age_of(engine, row),
        stay=stay,
        chance=chance_of(engine, stage, stay.mine) if stay else None,
        stuck=_stuck(engine, deal_id) if is_open else None,
        way=_way(engine, deal_id),
        purchases=_purchases(engine, row["customer"], manager),
        counts=counts_of(engine, deal_id, manager),
    )


def _stuck(engine: Engine, deal_id: int) -> Stuck:
    if reason := engine.unreadable(find(STUCK)):
        return Stuck(reason=reason)
    _, found = list_stuck(engine, engine.as_of, {}, [deal_id])
    mine = next((deal for deal in found if deal.deal_id == deal_id), None)
    if mine is None:
        return Stuck()
    return Stuck(tuple(f"analyses.cause.{cause}" for cause in mine.causes), mine.at_stake)


def _way(engine: Engine, deal_id: int) -> tuple[Visited, ...]:
    found = []
    for visit, category, stage, manager, entered, left, semantic, approx in engine.store.query(_WAY, [deal_id]):
        is_final = left is None and semantic != "P"
        seconds = None if is_final else max((engine.as_of if left is None else left) - entered, 0)
        here = (_text(category), stage, _text(manager))
        found.append(Visited(visit, *here, entered, seconds, left is None, bool(approx)))
    return tuple(found)


def _purchases(engine: Engine, customer: str | None, manager: str) -> tuple[Bought, ...]:
    rows = engine.store.query(_PURCHASES, {"customer": customer, "manager": manager})
    return tuple(Bought(*row) for row in rows)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
