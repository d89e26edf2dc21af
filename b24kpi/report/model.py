"""A composed report: values with names, comparison and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass

from b24kpi.metrics.model import Number, Value

SCHEMA = 1


@dataclass(frozen=True)
class Entry:
    """One value of a report.

    Attributes:
        labels: dimension → name for people, where it has one (a manager's name for his id).
        previous: the value of the period before; `delta`: value − previous, None where a side is missing.
        target: the plan's figure, None without plan.
        rank: place of the stage in its pipeline, where the value is sliced by stage.
    """

    value: Value
    labels: Mapping[str, str]
    previous: Number | None
    delta: Number | None
    target: Number | None = None
    rank: int = 0


@dataclass(frozen=True)
class Report:
    """Entries sorted by metric, period, dimension values.

    Attributes:
        as_of: seconds since the epoch: the moment of the portal up to which the cache is complete.
        time_zone: IANA name; currency: code of all money.
        coverage: stream → `complete`, `not_loaded`, or why it is incomplete.
    """

    as_of: float
    time_zone: str
    currency: str
    coverage: Mapping[str, str]
    entries: tuple[Entry, ...]
