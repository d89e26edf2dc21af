"""To which touch of marketing a win is put down: the first one unless people choose otherwise (kpi.md 2.5).

A metric may have, under `attributed`, measures that take the place of those of the same names under any other rule;
they look at facts that divide a win among its touches and have a row for each `rule`, such as `fact_attribution`.
"""

from dataclasses import replace

from b24kpi.errors import BadInput
from b24kpi.metrics.model import Measure, Metric
from b24kpi.problems import nearest

FIRST = "first"
RULES = (FIRST, "last", "linear", "position")
# Streams of the portal that touches come from, beside those that the first one does.
TOLD_BY = ("lead", "contact", "company", "activity")


def check_rule(rule: str) -> None:
    """
    Raises:
        BadInput: there is no such rule.
    """
    if rule not in RULES:
        raise BadInput("attribution.unknown", rule=rule, known=", ".join(RULES), nearest=nearest(rule, RULES))


def attributed(metric: Metric, rule: str) -> Metric:
    """The metric as it is counted under a rule; one that has nothing to do with attribution stays as it is.

    Raises:
        BadInput: there is no such rule.
    """
    check_rule(rule)
    if rule == FIRST or not metric.attributed:
        return metric
    parts = {name: _under(part, rule) for name, part in metric.attributed.items()}
    inputs = tuple(dict.fromkeys((*metric.inputs, *TOLD_BY)))
    return replace(metric, measures={**metric.measures, **parts}, inputs=inputs, rule=rule)


def _under(part: Measure, rule: str) -> Measure:
    condition = f"rule = '{rule}'"
    return replace(part, where=f"{condition} AND {part.where}" if part.where else condition)
