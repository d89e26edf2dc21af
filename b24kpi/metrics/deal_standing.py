"""How long one deal has gone on beside the others of its pipeline and stage, and its chance to win."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.courses import Stage
from b24kpi.metrics.open_deals import RECENT
from b24kpi.metrics.statistics.chances import DAY, Stays, landmark_of
from b24kpi.metrics.statistics.survival import Curves, Observations

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

Array = NDArray[Any]

SHARES = (0.5, 0.8)
SOON = 30 * DAY


@dataclass(frozen=True)
class Standing:
    """A time of one deal beside the same time of all; seconds.

    Attributes:
        mine: the time of the deal.
        median, p80: by when half, and 80 %, of all `n` are over (Kaplan-Meier); None where not so many are.
        shorter: how many of the `beside` others that are at the same point have come less far.
    """

    mine: float
    n: int
    median: float | None
    p80: float | None
    shorter: int
    beside: int


@dataclass(frozen=True)
class Chance:
    """The chance to win, by what became of those that came as far.

    Attributes:
        basis: whose: `stage`, `pipeline` or `all`, the first with enough of them.
        landmark: days after which those `n` were still in their stage.
        soon: to win within SOON; `ever`: in the end, as far as it is known.
    """

    basis: str
    landmark: int
    n: int
    soon: float
    ever: float


def age_of(engine: "Engine", deal: Mapping[str, Any]) -> Standing:
    """From creation to close, or so far; beside those that are closed, or open, in the same pipeline."""
    rows = engine.store.query(
        "SELECT deal_id, created_at, closed_at FROM fact_deal WHERE category_id = ?", [deal["category_id"]]
    )
    return standing(rows, deal["deal_id"], engine.as_of)


def stay_of(engine: "Engine", stage: Stage, deal_id: int) -> Standing:
    """The present stay of an open deal; beside those that are in the same stage now."""
    rows = engine.store.query(
        "SELECT deal_id, entered_at, left_at FROM fact_stay "
        "WHERE category_id = ? AND stage_id = ? AND semantic = 'P' ORDER BY entered_at, deal_id",
        stage,
    )
    latest = {row[0]: place for place, row in enumerate(rows)}
    return standing(rows, deal_id, engine.as_of, latest[deal_id])


def standing(rows: list[Any], deal_id: int, moment: float, place: int | None = None) -> Standing:
    """Where a deal stands among rows of (deal, beginning, end or None), by its row at `place`, else by its only one."""
    begun, ended = _column(rows, 1), _column(rows, 2)
    is_over = ended <= moment
    lasted = np.maximum(np.where(is_over, ended, moment) - begun, 0)
    mine = next(i for i, row in enumerate(rows) if row[0] == deal_id) if place is None else place
    others = is_over == is_over[mine]
    others[mine] = False
    curves = Curves([Observations(lasted, is_over, is_over)])
    median, p80 = (curves.reached(share)[0] for share in SHARES)
    shorter = int((lasted[others] < lasted[mine]).sum())
    return Standing(float(lasted[mine]), len(rows), median, p80, shorter, int(others.sum()))


def chance_of(engine: "Engine", stage: Stage, age: float) -> Chance | None:
    """The chance of a deal that has been so many seconds in a stage, as forecasts have it; None: too few to tell by."""
    groups = {"stage": stage, "pipeline": stage[:1], "all": ()}
    for basis, group in groups.items():
        stays = _recent_stays(engine, group)
        landmark = landmark_of(stays, age)
        if landmark is not None:
            ends = stays.ends(landmark)
            return Chance(basis, landmark, ends.n, ends.share_by(SOON), ends.share)
    return None


def _recent_stays(engine: "Engine", group: tuple[Any, ...]) -> Stays:
    """Stays of a stage, a pipeline or all that began in the time that says how deals go now."""
    chosen = "".join(f" AND s.{name} = ?" for name, _ in zip(("category_id", "stage_id"), group, strict=False))
    rows = engine.store.query(
        "SELECT s.entered_at, s.left_at, d.closed_at, d.outcome = 'won' FROM fact_stay AS s "
        "JOIN fact_deal AS d ON d.deal_id = s.deal_id "
        f"WHERE s.semantic = 'P' AND s.entered_at > ? AND s.entered_at <= ?{chosen}",
        [engine.as_of - RECENT, engine.as_of, *group],
    )
    entered, left, closed = (_column(rows, place) for place in range(3))
    moment, is_over = engine.as_of, closed <= engine.as_of
    watched = np.maximum(np.where(is_over, closed, moment) - entered, 0)
    lasted = np.where(left <= moment, left, moment) - entered
    return Stays.of(lasted, watched, is_over, is_over & (_column(rows, 3) == 1))


def _column(rows: Sequence[Sequence[Any]], place: int) -> Array:
    """A column of numbers; NULL is NaN."""
    return np.array([np.nan if row[place] is None else row[place] for row in rows], dtype=float)
