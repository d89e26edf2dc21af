"""The catalogue: one TOML table per KPI, read, checked as a whole and frozen. All faults are reported at once."""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from b24kpi.errors import BadInput
from b24kpi.metrics.definition_faults import faults
from b24kpi.metrics.model import Durations, Further, Measure, Metric, Unit

FILES = ("results", "plans", "products", "funnel", "customers", "marketing")  # in catalogue/, in the order of the list


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
    known = {metric.id: metric for metric in load()}
    if metric_id not in known:
        nearest = (get_close_matches(metric_id, known, n=1, cutoff=0) or [""])[0]
        raise BadInput("metrics.unknown", metric=metric_id, nearest=nearest)
    return known[metric_id]


def parse(text: str, place: str) -> list[Metric]:
    """Read a catalogue file.

    Raises:
        BadInput: its message lists every fault of the file.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput("metrics.bad_toml", place=place, problem=str(error)) from None
    wrong = [fault for metric_id, table in tables.items() for fault in faults(metric_id, table)]
    if wrong:
        raise BadInput("metrics.bad_definition", place=place, faults="; ".join(wrong))
    return [_metric(metric_id, table) for metric_id, table in tables.items()]


def _metric(metric_id: str, table: Mapping[str, Any]) -> Metric:
    parts: dict[str, Any] = dict(table)
    parts["unit"] = Unit(table["unit"])
    for key in ("dimensions", "inputs", "fixed"):
        parts[key] = tuple(table.get(key, ()))
    for key in ("measures", "flow"):
        parts[key] = {name: Measure(**measure) for name, measure in table.get(key, {}).items()}
    further = table.get("further", {}).items()
    parts["further"] = {name: Further(**{**each, "unit": Unit(each["unit"])}) for name, each in further}
    for key in ("durations", "nowcast"):
        parts[key] = Durations(**table[key]) if key in table else None
    parts["ripening"] = Measure(**table["ripening"]) if "ripening" in table else None
    parts["readings"] = {name: Durations(**reading) for name, reading in table.get("readings", {}).items()}
    return Metric(id=metric_id, **parts)
