"""What people have to give so that a KPI can be computed: figures of the settings, and files."""

from collections.abc import Mapping
from fractions import Fraction

from b24kpi.facts.figures import CONSTANTS
from b24kpi.locale import text
from b24kpi.metrics import formula
from b24kpi.metrics.model import Metric, Reason
from b24kpi.portal.entities import BY_NAME


def needed_figures(metric: Metric) -> tuple[str, ...]:
    """Names of the figures in its formulas, then of its inputs that no portal has."""
    texts = filter(None, (metric.numerator, metric.denominator, metric.required))
    used = set().union(*map(formula.names, texts)) & CONSTANTS
    return (*sorted(used), *(name for name in metric.inputs if name not in BY_NAME))


def not_given(metric: Metric, constants: Mapping[str, Fraction | None]) -> Reason | None:
    """Why a KPI without sums says nothing: a figure that it requires was not given."""
    used = formula.names(metric.required) if metric.required else frozenset()
    return Reason.NOT_CONFIGURED if any(name in constants and constants[name] is None for name in used) else None


def figure_text(name: str, language: str) -> str:
    """What a figure is and where it is given; its name where nothing more is said of it."""
    try:
        return text(f"metrics.figure.{name}", language)
    except KeyError:
        return name
