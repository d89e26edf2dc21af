"""What people have to give so that a KPI can be computed: figures of the settings, and files."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from sqlite_utils.utils import sqlite3

from b24kpi.cache.store import Store
from b24kpi.errors import CacheError
from b24kpi.facts.definition import load_facts
from b24kpi.facts.figures import CONSTANTS, Figures
from b24kpi.facts.mapped_rows import is_read
from b24kpi.locale import text
from b24kpi.metrics import formula
from b24kpi.metrics.model import Measure, Metric, Reason, Value
from b24kpi.portal.entities import BY_NAME


def needed_figures(metric: Metric) -> tuple[str, ...]:
    """Names of the figures in its formulas, then of its inputs that no portal has."""
    used = _formula_names(metric.numerator, metric.denominator, metric.required)
    return (*used, *(name for name in metric.inputs if name not in BY_NAME))


def unmet(metric: Metric, figures: Figures, store: Store) -> tuple[str, ...]:
    """What nobody gave and the KPI cannot do without: names of figures, and of the tables of files.

    Told by the settings and by whether there are such rows at all, without computing anything. What has no name of its
    own, such as costs of one kind, is told by the metric's id.
    """
    found = [name for name in _formula_names(metric.numerator, metric.denominator) if figures.constants[name] is None]
    found += [
        name for name in metric.inputs if name not in BY_NAME and not store.query(f"SELECT 1 FROM {name} LIMIT 1")
    ]
    if metric.required and not found and not formula.evaluate(metric.required, _known(metric, figures, store)):
        names = _formula_names(metric.required)
        found += [name for name in names if figures.constants[name] is None] or [metric.id]
    return tuple(found)


def _formula_names(*texts: str) -> list[str]:
    used: set[str] = set().union(*map(formula.names, filter(None, texts)))
    return sorted(used & CONSTANTS)


def _known(metric: Metric, figures: Figures, store: Store) -> Mapping[str, Fraction | int]:
    """Figures that are given, and 1 for each measure that has any row."""
    given = {name: figure or 0 for name, figure in figures.constants.items()}
    wanted = formula.names(metric.required)
    return given | {name: _has_rows(part, store) for name, part in metric.measures.items() if name in wanted}


def _has_rows(measure: Measure, store: Store) -> int:
    table = load_facts()[measure.fact].table
    condition = f" WHERE {measure.where}" if measure.where else ""
    try:
        return len(store.query(f"SELECT 1 FROM {table} AS f{condition} LIMIT 1"))
    except sqlite3.OperationalError:  # there is no fact before the first sync
        return 0
    except CacheError:  # nor can it be made while a run is at work: then nothing is said to be missing
        return 1


def not_given(metric: Metric, constants: Mapping[str, Fraction | None]) -> Reason | None:
    """Why a KPI without sums says nothing: a figure that it requires was not given."""
    return lacking((metric.required,), constants)


def lacking(formulas: Iterable[str], constants: Mapping[str, Fraction | None]) -> Reason | None:
    """Why nothing can be computed by formulas, of which some may be "": one of them names a figure that nobody gave."""
    used = {name for text in formulas if text for name in formula.names(text)}
    return Reason.NOT_CONFIGURED if any(name in constants and constants[name] is None for name in used) else None


def not_read(store: Store, *fields: str) -> Reason | None:
    """Why nothing can be said by user fields: the settings name one that no sync has come to yet."""
    return None if all(is_read(store, field) for field in fields if field) else Reason.NOT_LOADED


def unless(reason: Reason | None, value: Value) -> Value:
    """The value, or nothing for that reason."""
    return value if reason is None else replace(value, value=None, low=None, high=None, reason=reason)


def figure_text(name: str, language: str) -> str:
    """What a figure is and where it is given; its name where nothing more is said of it."""
    try:
        return text(f"metrics.figure.{name}", language)
    except KeyError:
        return name
