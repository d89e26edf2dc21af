"""The catalogue: one TOML table per KPI, read, checked as a whole and frozen. All faults are reported at once."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from b24kpi.errors import BadInput
from b24kpi.metrics.attribution import attributed
from b24kpi.metrics.capabilities import find_capability
from b24kpi.metrics.definition_faults import faults
from b24kpi.metrics.dimensions import FieldDimension, sliced
from b24kpi.metrics.model import Durations, Further, Measure, Metric, Unit

# in catalogue/, in the order of the list
FILES = (
    *("results", "plans", "products", "funnel", "service", "requests", "ratings", "customers", "marketing", "money"),
    *("attribution", "forecast", "analyses"),
)


@dataclass(frozen=True)
class Catalogue:
    """The KPIs of an installation: ours and the user's own, sliced by his own dimensions too."""

    metrics: tuple[Metric, ...]
    dimensions: tuple[FieldDimension, ...] = ()

    def find(self, metric_id: str) -> Metric:
        """A KPI by its id.

        Raises:
            BadInput: no such KPI; the message names the nearest.
        """
        return _find(metric_id, self.metrics)

    def with_own(self, metrics: Iterable[Metric]) -> "Catalogue":
        """These KPIs, and after them those of the user."""
        return Catalogue((*self.metrics, *metrics), self.dimensions)

    def sliced_by(self, dimensions: Iterable[FieldDimension]) -> "Catalogue":
        """The same KPIs, each with those of the dimensions that its facts lead to."""
        further = tuple(dimensions)
        return Catalogue(tuple(sliced(metric, further) for metric in self.metrics), (*self.dimensions, *further))

    def attributed(self, rule: str) -> "Catalogue":
        """The same KPIs, counted under a rule of attribution.

        Raises:
            BadInput: there is no such rule.
        """
        return Catalogue(tuple(attributed(metric, rule) for metric in self.metrics), self.dimensions)


@cache
def load() -> tuple[Metric, ...]:
    """Every KPI, in the order of the files."""
    metrics: list[Metric] = []
    for name in FILES:
        text = files(__package__).joinpath("catalogue", f"{name}.toml").read_text(encoding="utf-8")
        metrics += parse(text, f"{name}.toml")
    return tuple(metrics)


def find(metric_id: str) -> Metric:
    """A KPI by its id.

    Raises:
        BadInput: no such KPI; the message names the nearest.
    """
    return _find(metric_id, load())


@cache
def standard() -> Catalogue:
    """Our own KPIs alone."""
    return Catalogue(load())


def _find(metric_id: str, metrics: Iterable[Metric]) -> Metric:
    known = {metric.id: metric for metric in metrics}
    if metric_id not in known and (capability := find_capability(metric_id)):
        raise BadInput("metrics.by_command", metric=metric_id, command=capability.command)
    if metric_id not in known:
        nearest = (get_close_matches(metric_id, known, n=1, cutoff=0) or [""])[0]
        raise BadInput("metrics.unknown", metric=metric_id, nearest=nearest)
    return known[metric_id]


def parse(text: str, place: str) -> list[Metric]:
    """Read a catalogue file.

    Raises:
        BadInput: its message lists every fault of the file.
    """
    tables = tables_of(text, place)
    wrong = [fault for metric_id, table in tables.items() for fault in faults(metric_id, table)]
    if wrong:
        raise BadInput("metrics.bad_definition", place=place, faults="; ".join(wrong))
    return [metric_of(metric_id, table) for metric_id, table in tables.items()]


def tables_of(text: str, place: str) -> dict[str, Any]:
    """The definitions of a file as they are written, by their ids.

    Raises:
        BadInput: it is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput("metrics.bad_toml", place=place, problem=str(error)) from None


def metric_of(metric_id: str, table: Mapping[str, Any]) -> Metric:
    """A definition that has no fault as a value."""
    parts: dict[str, Any] = dict(table)
    parts["unit"] = Unit(table["unit"])
    for key in ("dimensions", "inputs", "fixed"):
        parts[key] = tuple(table.get(key, ()))
    for key in ("measures", "flow", "attributed"):
        parts[key] = {name: Measure(**measure) for name, measure in table.get(key, {}).items()}
    further = table.get("further", {}).items()
    parts["further"] = {name: Further(**{**each, "unit": Unit(each["unit"])}) for name, each in further}
    for key in ("durations", "nowcast"):
        parts[key] = Durations(**table[key]) if key in table else None
    parts["ripening"] = Measure(**table["ripening"]) if "ripening" in table else None
    parts["readings"] = {name: Durations(**reading) for name, reading in table.get("readings", {}).items()}
    return Metric(id=metric_id, **parts)
