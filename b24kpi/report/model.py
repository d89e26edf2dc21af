"""A composed report: values with names, comparison and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass

from b24kpi.metrics.model import Number, Value

SCHEMA = 1


@dataclass(frozen=True)
class Published:
    """A value as it was published first: what it was, as of which moment, and when; moments as ISO 8601 texts."""

    value: Number | None
    as_of: str
    at: str


@dataclass(frozen=True)
class Entry:
    """One value of a report.

    Attributes:
        labels: dimension → name for people, where it has one (a manager's name for his id).
        previous: the value of the period before; `delta`: value − previous, None where a side is missing.
        target: the plan's figure, None without plan.
        published: what was published of it, where that differs.
        rank: place of the stage in its pipeline, where the value is sliced by stage.
    """

    value: Value
    labels: Mapping[str, str]
    previous: Number | None
    delta: Number | None
    target: Number | None = None
    rank: int = 0
    published: Published | None = None


@dataclass(frozen=True)
class DataState:
    """Of what state the data behind an answer are.

    Attributes:
        as_of: seconds since the epoch: the moment of the portal up to which the cache is complete.
        time_zone: IANA name; currency: code of all money.
        coverage: stream → `complete`, `not_loaded`, or why it is incomplete.
    """

    as_of: float
    time_zone: str
    currency: str
    coverage: Mapping[str, str]


@dataclass(frozen=True)
class Report(DataState):
    """Entries sorted by metric, period, dimension values."""

    entries: tuple[Entry, ...]
