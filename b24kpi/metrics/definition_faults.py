"""What is wrong with a KPI's definition as it is written; whether SQLite agrees with it, `trial` finds out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from typing import Any

from b24kpi.errors import BadInput
from b24kpi.facts.definition import load_facts
from b24kpi.facts.figures import CONSTANTS
from b24kpi.locale import LANGUAGES
from b24kpi.metrics import analyses, formula
from b24kpi.metrics.compiler import dimension
from b24kpi.metrics.model import Durations, Further, Measure, Metric, Unit
from b24kpi.portal.entities import BY_NAME

_TEXTS = ("names", "helps", "formulas")
_LISTS = ("dimensions", "inputs", "fixed")
_CHOICES = {"unit": tuple(Unit), "better": ("up", "down"), "interval": ("", "wilson", "bootstrap")}

Part = tuple[str, Any, type[Measure] | type[Durations]]


def faults(metric_id: str, table: Any) -> Iterator[str]:
    """Every fault of one table of a catalogue file, in words."""
    if not isinstance(table, Mapping):
        yield f"{metric_id}: must be a table"
        return
    yield from _key_faults(metric_id, table, Metric, given={"id", "rule"})
    if wrong_types := list(_type_faults(metric_id, table, Metric)):
        yield from wrong_types
        return
    yield from _text_faults(metric_id, table)
    yield from _value_faults(metric_id, table)
    yield from _table_faults(metric_id, table)
    for name, part, kind in _parts(table):
        yield from _part_faults(f"{metric_id}.{name}", part, kind, _sliced(table))
    if not {"durations", "numerator", "analysis"} & table.keys():
        yield f"{metric_id}: numerator, durations or analysis is missing"
    if "analysis" in table and table["analysis"] not in analyses.names():
        yield f"{metric_id}: unknown analysis {table['analysis']!r}{nearest(str(table['analysis']), analyses.names())}"
    for key in ("numerator", "denominator", "sample", "required", "occurring"):
        yield from _formula_faults(metric_id, key, table, _formula_names(table))
    for name, part in _table(table, "further"):
        yield from _further_faults(f"{metric_id}.further.{name}", part, _formula_names(table))


def nearest(name: str, known: Iterable[str]) -> str:
    """A question that names what was probably meant; "" where nothing is near."""
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _key_faults(place: str, table: Mapping[str, Any], kind: type, *, given: set[str]) -> Iterator[str]:
    known = {f.name for f in fields(kind)} - given
    needed = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING} - given
    yield from (f"{place}: unknown key {key!r}{nearest(key, known)}" for key in table if key not in known)
    yield from (f"{place}: {key} is missing" for key in sorted(needed - table.keys() - {*_TEXTS}))


def _type_faults(place: str, table: Mapping[str, Any], kind: type) -> Iterator[str]:
    """Texts that are none, and tables of texts that hold something else; lists have a check of their own."""
    types = {f.name: f.type for f in fields(kind)}
    for key, value in table.items():
        expected = types.get(key)
        if expected is str and not isinstance(value, str):
            yield f"{place}: {key} must be a text"
        elif expected is bool and not isinstance(value, bool):
            yield f"{place}: {key} must be true or false"
        elif expected == Mapping[str, str] and isinstance(value, Mapping):
            yield from (
                f"{place}: {key}.{name} must be a text" for name, text in value.items() if type(text) is not str
            )
        elif key == "dimensions" and kind is not Metric and not isinstance(value, Mapping):
            yield f"{place}: dimensions must be a table"


def _text_faults(metric_id: str, table: Mapping[str, Any]) -> Iterator[str]:
    for key in _TEXTS:
        texts = table.get(key, {})
        missing = set(LANGUAGES) - set(texts if isinstance(texts, Mapping) else ())
        yield from (f"{metric_id}: {key}.{language} is missing" for language in sorted(missing))


def _value_faults(metric_id: str, table: Mapping[str, Any]) -> Iterator[str]:
    for key, allowed in _CHOICES.items():
        if key in table and table[key] not in allowed:
            yield f"{metric_id}: {key} must be one of {', '.join(filter(None, allowed))}"
    for key in _LISTS:
        if not isinstance(table.get(key, []), list):
            yield f"{metric_id}: {key} must be a list"
        elif not all(isinstance(name, str) for name in table.get(key, [])):
            yield f"{metric_id}: {key} must be a list of texts"
    known = {*BY_NAME, "cost", "plan"}
    unknown = (name for name in _list(table, "inputs") if name not in known)
    yield from (f"{metric_id}: unknown input {name!r}{nearest(str(name), known)}" for name in unknown)


def _table_faults(metric_id: str, table: Mapping[str, Any]) -> Iterator[str]:
    for key in ("measures", "flow", "attributed", "readings"):
        if not isinstance(table.get(key, {}), Mapping):
            yield f"{metric_id}: {key} must be a table"


def _parts(table: Mapping[str, Any]) -> list[Part]:
    groups = ("measures", "flow", "attributed")
    measures = [(f"{key}.{name}", part, Measure) for key in groups for name, part in _table(table, key)]
    single: list[Part] = [(key, table[key], Durations) for key in ("durations", "nowcast") if key in table]
    single += [("ripening", table["ripening"], Measure)] if "ripening" in table else []
    return [*measures, *single, *((f"readings.{name}", part, Durations) for name, part in _table(table, "readings"))]


def _part_faults(place: str, part: Any, kind: type[Measure] | type[Durations], sliced: list[str]) -> Iterator[str]:
    if not isinstance(part, Mapping):
        yield f"{place}: must be a table"
        return
    wrong_keys = [*_key_faults(place, part, kind, given=set()), *_type_faults(place, part, kind)]
    yield from wrong_keys
    fact, known = part.get("fact"), load_facts()
    if isinstance(fact, str) and fact not in known:
        yield f"{place}: unknown fact {fact!r}{nearest(str(fact), known)}"
    yield from (f"{place}: {key} holds a \", write ' for text" for key, value in part.items() if '"' in str(value))
    if isinstance(fact, str) and fact in known and not wrong_keys:
        yield from _dimension_faults(place, kind(**part), sliced)


def _dimension_faults(place: str, part: Measure | Durations, sliced: list[str]) -> Iterator[str]:
    known = {*load_facts()[part.fact].dimensions, *part.dimensions}
    for name in sliced:
        try:
            dimension(part, name)
        except BadInput:
            yield f"{place}: fact {part.fact} has no dimension {name!r}{nearest(name, known)}"


def _further_faults(place: str, part: Any, known: set[str]) -> Iterator[str]:
    if not isinstance(part, Mapping):
        yield f"{place}: must be a table"
        return
    yield from _key_faults(place, part, Further, given=set())
    if "unit" in part and part["unit"] not in _CHOICES["unit"]:
        yield f"{place}: unit must be one of {', '.join(_CHOICES['unit'])}"
    for key in ("numerator", "denominator"):
        yield from _formula_faults(place, key, part, known)


def _formula_names(table: Mapping[str, Any]) -> set[str]:
    return {name for name, _ in _table(table, "measures")} | CONSTANTS


def _formula_faults(place: str, key: str, table: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    text = table.get(key, "")
    try:
        used = formula.names(text) if text else set()
    except BadInput as fault:
        yield f"{place}.{key}: {fault}"
        return
    yield from (f"{place}.{key}: unknown measure {name!r}{nearest(name, known)}" for name in sorted(used - known))


def _sliced(table: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([*_list(table, "dimensions"), *_list(table, "fixed")]))


def _list(table: Mapping[str, Any], key: str) -> list[Any]:
    value = table.get(key, [])
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _table(table: Mapping[str, Any], key: str) -> list[tuple[str, Any]]:
    value = table.get(key, {})
    return list(value.items()) if isinstance(value, Mapping) else []
