"""What decides how a KPI is computed, as a digest: values of different digests are not compared with each other."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

from b24kpi.facts.definition import load_facts, with_needs
from b24kpi.facts.figures import NO_MOTIVATION, Figures
from b24kpi.metrics.model import Durations, Measure, Metric


def fingerprint(metric: Metric, figures: Figures, *, currency: str, time_zone: str) -> str:
    """The digest of a metric's definition and of its facts', of what people gave, of the currency and the zone.

    Names, explanations, and dimensions that a user adds play no part.
    """
    parts = dict(_parts(metric))
    bare = replace(metric, names={}, helps={}, formulas={}, dimensions=(), **_NO_PARTS)
    facts = (load_facts()[name] for name in sorted(with_needs(part.fact for part in parts.values())))
    texts = [repr(bare), *(f"{name} {_bare(part)!r}" for name, part in parts.items())]
    texts += [
        repr(_figures_of(metric, figures)),
        currency,
        time_zone,
        *("".join((fact.create, *fact.scratch, *fact.steps, fact.fill)) for fact in facts),
    ]
    return sha256("\n".join(texts).encode()).hexdigest()


def _figures_of(metric: Metric, figures: Figures) -> Figures:
    """The scheme of bonuses decides about the base of bonuses alone, and changes more often than other figures."""
    return figures if "motivation_scheme" in metric.required else replace(figures, motivation=NO_MOTIVATION)


_NO_PARTS: dict[str, Any] = {"measures": {}, "flow": {}, "attributed": {}, "readings": {}} | dict.fromkeys(
    ("durations", "nowcast", "ripening")
)


def _parts(metric: Metric) -> Iterator[tuple[str, Measure | Durations]]:
    """Everything that the metric looks at, by its place in the definition."""
    for group, parts in (("measures", metric.measures), ("flow", metric.flow), ("readings", metric.readings)):
        yield from ((f"{group}.{name}", part) for name, part in parts.items())
    for name, single in (("durations", metric.durations), ("nowcast", metric.nowcast), ("ripening", metric.ripening)):
        if single is not None:
            yield name, single


def _bare(part: Measure | Durations) -> Measure | Durations:
    """Only with the dimensions that are columns of its fact."""
    own = {name: column for name, column in part.dimensions.items() if column.isidentifier()}
    return replace(part, dimensions=own)
