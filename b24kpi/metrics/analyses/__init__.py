"""KPIs that are neither sums nor medians: one module each, with `values(engine, query, by)`, loaded when asked for.

A module may also have `rows(engine, query, by)`, which yields the rows behind the value of the query's only period
under these dimension values: (part, columns). `why` among the columns is the id of the message that says why it counts.

One that asks for sums and durations of the query's own periods may have `looks_at(query)`, which tells of which parts,
by which dimensions. They are then read together with what other queries ask, and are had from the `Shared` that
`values` gets as its fourth argument.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key
    from b24kpi.metrics.model import Durations, Measure, Query, Value
    from b24kpi.metrics.shared import Shared

    Part = tuple[Measure | Durations, Key]

# Those that take long and live off the arrays of all deals, see `metrics.courses`: in a big question another process
# answers them than the rest, see `metrics.by_two`. Told here, since to load them takes as long as a process to start.
OF_COURSES = frozenset(("plan_attainment", "sales_forecast", "stuck_deals"))
COURSES = ("course", "course_stay", "course_activity")  # the facts of those arrays


@cache
def names() -> frozenset[str]:
    """What a definition may name as its `analysis`."""
    return frozenset(module.name for module in iter_modules(__path__))


def shares(name: str) -> bool:
    """Whether it can be asked together with other queries of the same rows and periods."""
    return hasattr(_module(name), "looks_at")


def looks_at(query: "Query") -> "list[Part]":
    """The parts, and by which dimensions, that the analysis of a query has from a `Shared`; none if it needs none."""
    return list(_module(query.metric.analysis).looks_at(query)) if shares(query.metric.analysis) else []


def values(engine: "Engine", query: "Query", by: "Key", shared: "Shared") -> "list[Value]":
    """One value for each period and combination of `by`, fixed dimensions first."""
    module = _module(query.metric.analysis)
    further = (shared,) if shares(query.metric.analysis) else ()
    found: list[Value] = module.values(engine, query, by, *further)
    return found


def rows(name: str, engine: "Engine", query: "Query", by: Mapping[str, str]) -> Iterable[tuple[str, dict[str, Any]]]:
    """The rows that an analysis names as those behind a value; none where it leaves that to its measures."""
    module = _module(name)
    return module.rows(engine, query, by) if hasattr(module, "rows") else ()


def _module(name: str) -> Any:
    return import_module(f"{__name__}.{name}")
