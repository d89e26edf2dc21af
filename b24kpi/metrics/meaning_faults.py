"""What is wrong with a KPI's definition although each of its parts is well written: units, shares, fan-out.

Fan-out is when a value of one thing is added once for each of several rows that belong to it: the amount of a deal for
each of its stages. A sum over a fact therefore adds the row's own columns, or what is looked up by the row's own key.
"""

import re
from collections.abc import Iterator, Mapping

from b24kpi.facts.definition import load_facts
from b24kpi.facts.figures import CONSTANTS
from b24kpi.metrics import formula
from b24kpi.metrics.model import Measure, Metric, Unit

_ID = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
_LOOKUP = re.compile(r"\bselect\b", re.IGNORECASE)


def meaning_faults(metric: Metric) -> Iterator[str]:
    """Every such fault of a definition that can be read."""
    if not _ID.fullmatch(metric.id):
        yield f"{metric.id}: an id is made of lower-case Latin letters, digits and _, and begins with a letter"
    yield from (f"{metric.id}.measures.{name}: {name} is a figure of the settings, name the measure otherwise"
                for name in sorted(CONSTANTS & metric.measures.keys()))  # fmt: skip
    yield from _shape_faults(metric)
    for key, measures in (("measures", metric.measures), ("flow", metric.flow)):
        for name, measure in measures.items():
            yield from (f"{metric.id}.{key}.{name}: {fault}" for fault in _fan_out(measure))
    if not metric.analysis and metric.numerator:
        yield from _unit_faults(metric)
        yield from _share_faults(metric)


def _shape_faults(metric: Metric) -> Iterator[str]:
    if metric.durations and metric.measures:
        yield f"{metric.id}: durations and measures exclude each other: a KPI is a median or a sum"
    if metric.durations and metric.unit not in (Unit.DURATION, Unit.RATIO):
        yield f"{metric.id}: durations give a time, so the unit is duration (or ratio, for the share that goes on)"
    if metric.interval == "wilson" and metric.unit is not Unit.RATIO:
        yield f"{metric.id}: an interval of this kind belongs to a ratio"
    if metric.interval == "bootstrap" and not _is_mean_of_money(metric):
        yield f"{metric.id}: an interval of this kind belongs to a mean of money: one measure over another"
    if metric.flow and metric.flow.keys() != metric.measures.keys():
        yield f"{metric.id}: flow needs the same measures as the other reading: {', '.join(sorted(metric.measures))}"
    if not {*metric.fixed} <= {*metric.dimensions}:
        yield f"{metric.id}: what is fixed must be among the dimensions"


def _is_mean_of_money(metric: Metric) -> bool:
    is_plain = {metric.numerator, metric.denominator} <= metric.measures.keys()
    return metric.unit is Unit.MONEY and is_plain and not metric.analysis


def _fan_out(measure: Measure) -> Iterator[str]:
    """Lookups whose rows are told apart by less than the row's whole key come once for each of several rows."""
    fact = load_facts()[measure.fact]
    if not _LOOKUP.search(measure.add):
        return
    used = set(re.findall(r"\bf\.(\w+)", measure.add))
    if not fact.key or not {*fact.key} <= used:
        key = " and ".join(f"f.{column}" for column in fact.key) or "a key"
        yield (
            f"add looks up a value for each row of {fact.name} ({fact.grain}), so that it is added several times; "
            f"look it up by {key}, or take a fact with one row for each such value"
        )


def _unit_faults(metric: Metric) -> Iterator[str]:
    above, below = (_is_money(text, metric.measures) for text in (metric.numerator, metric.denominator))
    if below and not above:
        yield f"{metric.id}: the denominator is money and the numerator is not"
    elif (above and not below) != (metric.unit is Unit.MONEY):
        right = "money" if above and not below else "count, ratio or number"
        yield f"{metric.id}: what the measures add has the unit {right}, not {metric.unit}"


def _is_money(text: str, measures: Mapping[str, Measure]) -> bool:
    return bool(text) and any("money" in measures[name].add for name in formula.names(text) if name in measures)


def _share_faults(metric: Metric) -> Iterator[str]:
    """An interval of a share needs cases of which some are counted: rows of one fact on both sides."""
    used = formula.names(metric.numerator) | (formula.names(metric.denominator) if metric.denominator else set())
    facts = sorted({metric.measures[name].fact for name in used if name in metric.measures})
    if metric.interval and not metric.denominator:
        yield f"{metric.id}: an interval needs a denominator"
    elif metric.interval and len(facts) > 1:
        yield f"{metric.id}: an interval needs both sides to count rows of one fact, not of {' and '.join(facts)}"
