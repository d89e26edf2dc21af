"""The parts of a number as sums of rows: what `explain` lists."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from b24kpi.metrics.model import Durations, Measure, Metric
from b24kpi.metrics.ratios import as_money


def parts_of(metric: Metric) -> Mapping[str, Measure]:
    """Name → sum; the observations of a median are rows that count one each."""
    return metric.measures if metric.durations is None else {"durations": _counted(metric.durations)}


def adds_of(part: Measure, row: Mapping[str, Any]) -> Any:
    """What a row adds to a sum: money in currency units."""
    return as_money(Fraction(row["adds"])) if "money" in part.add else row["adds"]


def _counted(durations: Durations) -> Measure:
    return Measure(durations.fact, durations.time, where=durations.where, dimensions=durations.dimensions)
