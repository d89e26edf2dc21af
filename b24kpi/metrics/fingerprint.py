"""What decides how a KPI is computed, as a digest: values of different digests are not compared with each other."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

from b24kpi.facts.definition import load_facts
from b24kpi.facts.figures import Figures
from b24kpi.metrics.model import Metric


def fingerprint(metric: Metric, figures: Figures, *, currency: str, time_zone: str) -> str:
    """The digest of a metric's definition and of its facts', of what people gave, of the currency and the zone.

    Names and explanations play no part.
    """
    bare = replace(metric, names={}, helps={}, formulas={})
    facts = (load_facts()[name] for name in sorted(_facts(metric)))
    parts = [repr(bare), repr(figures), currency, time_zone, *(fact.create + fact.fill for fact in facts)]
    return sha256("\n".join(parts).encode()).hexdigest()


def _facts(metric: Metric) -> set[str]:
    """The facts that the metric looks at, and those that they are made of."""
    found: set[str] = set()
    waiting = list(_named(metric))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += load_facts()[name].needs
    return found


def _named(metric: Metric) -> Iterator[str]:
    single = (metric.durations, metric.nowcast, metric.ripening)
    for part in (*metric.measures.values(), *metric.flow.values(), *metric.readings.values(), *single):
        if part is not None:
            yield part.fact
