"""A trial of KPI definitions on an empty cache, where SQLite itself says what it does not know.

It takes a tenth of a second, so it is for the catalogues of users and for tests, not for every start.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlite_utils.utils import sqlite3

from b24kpi.cache.store import Store
from b24kpi.errors import BadInput
from b24kpi.facts.definition import load_facts
from b24kpi.facts.refresh import make_when_named, refresh
from b24kpi.metrics.compiler import Statement, duration_statement, row_statement, sum_statement
from b24kpi.metrics.definition_faults import nearest
from b24kpi.metrics.dimensions import FieldDimension, sliced
from b24kpi.metrics.engine import set_periods
from b24kpi.metrics.model import Durations, Measure, Metric

_UNKNOWN = "no such column: "


def try_out(metrics: Sequence[Metric], place: str) -> None:
    """Have SQLite plan each part of each metric, whole and by each dimension.

    Raises:
        BadInput: its message lists every part that SQLite refuses, with the nearest column of its fact.
    """
    if faults := trial_faults(metrics):
        raise BadInput("metrics.bad_definition", place=place, faults="; ".join(faults))


def trial_faults(metrics: Sequence[Metric], dimensions: Sequence[FieldDimension] = ()) -> list[str]:
    """What SQLite refuses of each metric, sliced by the user's own dimensions too."""
    with Store(":memory:") as store:
        for table, column in {(each.stream, each.column) for each in dimensions}:
            store.db.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT")
        make_when_named(store, lambda facts: refresh(store, ZoneInfo("UTC"), "", wanted=facts))
        set_periods(store, ())
        return [fault for metric in metrics for fault in _faults(store, sliced(metric, dimensions))]


def statements(metric: Metric, by: Sequence[str]) -> Iterator[tuple[str, Measure | Durations, Statement]]:
    """Every statement that the metric comes down to, sliced and filtered by `by`: (part's name, part, statement)."""
    where = dict.fromkeys(by, "")
    groups = {"measures": metric.measures, "flow": metric.flow, "attributed": metric.attributed}
    for key, measures in groups.items():
        for name, measure in measures.items():
            yield f"{key}.{name}", measure, sum_statement(measure, by, where)
            yield f"{key}.{name}", measure, row_statement(measure, where)
    if metric.ripening:
        yield "ripening", metric.ripening, sum_statement(metric.ripening, by, where)
    single = {"durations": metric.durations, "nowcast": metric.nowcast}
    readings = {f"readings.{name}": part for name, part in metric.readings.items()}
    for name, durations in (single | readings).items():
        if durations:
            yield name, durations, duration_statement(durations, by, where)


def _faults(store: Store, metric: Metric) -> Iterator[str]:
    refused = set()
    for by in ((), *((name,) for name in dict.fromkeys((*metric.fixed, *metric.dimensions)))):
        for name, part, statement in statements(metric, by):
            problem = _problem(store, part, statement)
            if problem and (name, problem) not in refused:
                refused.add((name, problem))
                yield f"{metric.id}.{name}: {problem}"


def _problem(store: Store, part: Measure | Durations, statement: Statement) -> str:
    """What SQLite has against a statement; "" if nothing."""
    try:
        store.query(f"EXPLAIN {statement.sql}", statement.params)
    except sqlite3.Error as error:
        return _with_hint(store, part, error)
    return ""


def _with_hint(store: Store, part: Measure | Durations, error: Any) -> str:
    problem = str(error)
    if not problem.startswith(_UNKNOWN):
        return problem
    known = store.db.table(load_facts()[part.fact].table).columns_dict
    return problem + nearest(problem.removeprefix(_UNKNOWN).removeprefix("f."), known)
