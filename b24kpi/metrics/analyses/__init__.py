"""KPIs that are neither sums nor medians: one module each, with `values(engine, query, by)`, loaded when asked for.

A module may also have `rows(engine, query, by)`, which yields the rows behind the value of the query's only period
under these dimension values: (part, columns). `why` among the columns is the id of the message that says why it counts.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key
    from b24kpi.metrics.model import Query, Value

    Analysis = Callable[[Engine, Query, Key], list[Value]]


@cache
def names() -> frozenset[str]:
    """What a definition may name as its `analysis`."""
    return frozenset(module.name for module in iter_modules(__path__))


def find(name: str) -> "Analysis":
    """The function that computes one value for each period and combination of `by`, fixed dimensions first."""
    analysis: Analysis = import_module(f"{__name__}.{name}").values
    return analysis


def rows(name: str, engine: "Engine", query: "Query", by: Mapping[str, str]) -> Iterable[tuple[str, dict[str, Any]]]:
    """The rows that an analysis names as those behind a value; none where it leaves that to its measures."""
    module = import_module(f"{__name__}.{name}")
    return module.rows(engine, query, by) if hasattr(module, "rows") else ()
