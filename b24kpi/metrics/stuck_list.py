"""The stuck deals of a moment one by one, with all that people want to know of them."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from b24kpi.metrics.compiler import dimension
from b24kpi.metrics.courses import flags_of, read_deals
from b24kpi.metrics.deal_keys import DEALS
from b24kpi.metrics.dimensions import with_dimensions
from b24kpi.metrics.moment_keys import MomentKeys
from b24kpi.metrics.stuck import Cause, stuckness

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

# Dimension → column of an open deal.
_COLUMNS = {
    "pipeline": "category_id", "stage": "stage_id", "manager": "manager_id", "department": "department_id",
    "source": "source_id", "utm_source": "utm_source", "utm_medium": "utm_medium", "utm_campaign": "utm_campaign",
    "currency": "currency_id",
}  # fmt: skip

_OWN = "own_"

# The stays that go on at the moment; the responsible is the one of then, as far as the cache has seen it.
_STAYS = """
    SELECT s.deal_id, s.category_id, s.stage_id, f.currency_id, f.source_id, f.utm_source, f.utm_medium, f.utm_campaign,
           m.manager_id, u.department_id{own}
    FROM json_each(:deals) AS j
    CROSS JOIN fact_stay AS s ON s.deal_id = j.value
    CROSS JOIN fact_deal AS f ON f.deal_id = s.deal_id
    CROSS JOIN (SELECT own.id, COALESCE((SELECT h.assigned_by_id FROM deal_history AS h
                                         WHERE h.id = own.id AND h.valid_to >= :moment ORDER BY h.valid_to LIMIT 1),
                                        own.assigned_by_id) AS manager_id FROM deal AS own) AS m ON m.id = s.deal_id
    LEFT JOIN user AS u ON u.id = m.manager_id
    WHERE s.semantic = 'P' AND s.entered_at <= :moment AND (s.left_at IS NULL OR s.left_at > :moment)"""


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


def list_stuck(
    engine: "Engine", moment: float, where: Mapping[str, str], deals: Collection[int] | None = None
) -> tuple[int, list[StuckDeal]]:
    """How many deals were open at the moment, and those of them that were stuck; largest stake first.

    Args:
        where: dimension → value that the deals must have.
        deals: ids of those to judge; None for all.
    """
    now, every = stuckness(engine).at(moment, deals), read_deals(engine)
    is_asked = MomentKeys(engine, now).match(where)
    rows = np.flatnonzero(now.is_stuck & is_asked).tolist()
    values = _values(engine, now.moment, every.ids[now.places[rows]].tolist())
    found = [
        StuckDeal(
            deal_id=int(every.ids[now.places[row]]),
            by=values[int(every.ids[now.places[row]])],
            age=float(now.ages[row]),
            too_long=float(now.too_long[row]),
            causes=tuple(cause for cause in Cause if now.causes[cause][row]),
            money=int(every.money[now.places[row]]),
            at_stake=float(now.at_stake[row]),
            flags=flags_of(int(every.mark[now.places[row]])),
        )
        for row in rows
    ]
    return int(is_asked.sum()), sorted(found, key=lambda deal: (-deal.at_stake, -deal.money, deal.deal_id))


def _values(engine: "Engine", moment: int, deals: Sequence[int]) -> dict[int, dict[str, str]]:
    """Deal → dimension → value; with the dimensions of the user's own, `own_` before their names as columns."""
    deal = with_dimensions(DEALS, engine.catalogue.dimensions)
    own = "".join(f", {dimension(deal, name)} AS {_OWN}{name}" for name in deal.dimensions)
    rows = engine.store.dicts(_STAYS.format(own=own), {"moment": moment, "deals": json.dumps(deals)})
    return {row["deal_id"]: _dimensions(row) for row in rows}


def _dimensions(row: Mapping[str, Any]) -> dict[str, str]:
    own = {name.removeprefix(_OWN): _text(value) for name, value in row.items() if name.startswith(_OWN)}
    return {name: _text(row[column]) for name, column in _COLUMNS.items()} | own


def _text(value: Any) -> str:
    return "" if value is None else str(value)
