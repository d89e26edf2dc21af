"""Which share of customers buys again within so many days of the first purchase; who is still young is cut off."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from b24kpi.facts.functions import as_date
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.compiler import slice_conditions
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.statistics.survival import Observations, kaplan_meier_share

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine

DAY = 86_400
HORIZONS = (90, 180, 365)  # days


@dataclass(frozen=True)
class Repeat:
    """The share (Kaplan-Meier) that has bought again so many days after; None where nobody was watched for so long."""

    days: int
    value: float | None
    low: float | None
    high: float | None


def repeats(engine: "Engine", grain: Grain, where: Mapping[str, str]) -> dict[Period, tuple[Repeat, ...]]:
    """By period of the first purchase."""
    conditions = ["f.number = 1", f"f.won_at <= {int(engine.as_of)}"]
    conditions += slice_conditions(find("rpr").measures["customers"], where)
    groups: dict[Period, list[tuple[float, bool]]] = defaultdict(list)
    for day, start, end in engine.store.query(
        f"SELECT f.won_day, f.won_at, f.next_at FROM fact_purchase AS f WHERE {' AND '.join(conditions)}",
        dict(where),
    ):
        has_ended = end is not None and end <= engine.as_of
        stop = end if has_ended else engine.as_of
        groups[Period.containing(as_date(day), grain)].append((max(stop - start, 0), has_ended))
    return {period: tuple(_repeat(rows, days) for days in HORIZONS) for period, rows in groups.items()}


def _repeat(rows: list[tuple[float, bool]], days: int) -> Repeat:
    seconds, ended = (np.array(column) for column in zip(*rows, strict=True))
    single = kaplan_meier_share(Observations(seconds.astype(float), ended, ended), days * DAY)
    bounds = [None if bound is None else 1 - bound for bound in (single.high, single.low)]
    return Repeat(days, None if single.value is None else 1 - single.value, *bounds)
