"""The catalogue: one TOML table per KPI, read, checked as a whole and frozen. All faults are reported at once."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from b24kpi.errors import BadInput
from b24kpi.facts.definition import load_facts
from b24kpi.locale import LANGUAGES
from b24kpi.metrics import formula
from b24kpi.metrics.compiler import dimension
from b24kpi.metrics.model import Durations, Measure, Metric, Unit

_TEXTS = ("names", "helps", "formulas")


@cache
def load() -> tuple[Metric, ...]:
    """Every KPI, in the order of the files."""
    metrics: list[Metric] = []
    for name in ("results", "funnel", "customers", "marketing"):
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
    faults = [fault for metric_id, table in tables.items() for fault in _faults(metric_id, table)]
    if faults:
        raise BadInput("metrics.bad_definition", place=place, faults="; ".join(faults))
    return [_metric(metric_id, table) for metric_id, table in tables.items()]


def _metric(metric_id: str, table: Mapping[str, Any]) -> Metric:
    parts: dict[str, Any] = dict(table)
    parts["unit"] = Unit(table["unit"])
    for key in ("dimensions", "inputs", "fixed"):
        parts[key] = tuple(table.get(key, ()))
    for key in ("measures", "flow"):
        parts[key] = {name: Measure(**measure) for name, measure in table.get(key, {}).items()}
    for key in ("durations", "nowcast"):
        parts[key] = Durations(**table[key]) if key in table else None
    parts["readings"] = {name: Durations(**reading) for name, reading in table.get("readings", {}).items()}
    return Metric(id=metric_id, **parts)


def _faults(metric_id: str, table: Mapping[str, Any]) -> Iterator[str]:
    known = {f.name for f in fields(Metric)} - {"id"}
    yield from (f"{metric_id}: unknown key {key!r}{_nearest(key, known)}" for key in table.keys() - known)
    for key in _TEXTS:
        missing = set(LANGUAGES) - set(table.get(key, {}))
        yield from (f"{metric_id}: {key}.{language} is missing" for language in sorted(missing))
    if table.get("unit") not in list(Unit):
        yield f"{metric_id}: unit must be one of {', '.join(Unit)}"
    parts = [*_measures(table, "measures"), *_measures(table, "flow"), *_durations(table)]
    for name, part, kind in parts:
        yield from _part_faults(f"{metric_id}.{name}", part, kind, table)
    for key in ("numerator", "denominator", "sample"):
        yield from _formula_faults(metric_id, key, table)


def _measures(table: Mapping[str, Any], key: str) -> list[tuple[str, Mapping[str, Any], type]]:
    return [(f"{key}.{name}", part, Measure) for name, part in table.get(key, {}).items()]


def _durations(table: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any], type]]:
    single = [(key, table[key], Durations) for key in ("durations", "nowcast") if key in table]
    return single + [(f"readings.{name}", part, Durations) for name, part in table.get("readings", {}).items()]


def _part_faults(place: str, part: Mapping[str, Any], kind: type, table: Mapping[str, Any]) -> Iterator[str]:
    known = {f.name for f in fields(kind)}
    unknown = part.keys() - known
    yield from (f"{place}: unknown key {key!r}{_nearest(key, known)}" for key in unknown)
    fact = part.get("fact", "")
    if fact not in load_facts():
        yield f"{place}: unknown fact {fact!r}{_nearest(fact, load_facts())}"
        return
    yield from (f"{place}: {key} holds a \", write ' for text" for key, value in part.items() if '"' in str(value))
    if unknown:
        return
    for name in (*table.get("dimensions", ()), *table.get("fixed", ())):
        try:
            dimension(kind(**part), name)
        except BadInput:
            yield f"{place}: fact {fact} has no dimension {name!r}"


def _formula_faults(metric_id: str, key: str, table: Mapping[str, Any]) -> Iterator[str]:
    text = table.get(key, "")
    known = {*table.get("measures", {}), "margin"}
    try:
        used = formula.names(text) if text else set()
    except BadInput as fault:
        yield f"{metric_id}.{key}: {fault}"
        return
    yield from (f"{metric_id}.{key}: unknown measure {name!r}{_nearest(name, known)}" for name in used - known)


def _nearest(name: str, known: Any) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
