"""KPIs that are neither sums nor medians: one module each, with `values(engine, query, by)`, loaded when asked for."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

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
