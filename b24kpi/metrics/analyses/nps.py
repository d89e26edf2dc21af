"""The net promoter score with its interval: a difference of two shares of the same customers.

The variance of one answer that counts +1, 0 or -1 is p + d - (p - d)², p and d the shares of promoters and detractors.
"""

from dataclasses import replace
from math import sqrt
from typing import TYPE_CHECKING

from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.needs import not_read, unless
from b24kpi.metrics.ratios import ENOUGH, SMALL_SAMPLE, ratio_values
from b24kpi.metrics.statistics.intervals import Z95

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The score from -100 to 100; few answers are flagged."""
    mapped = engine.figures.mapped
    unread = not_read(engine.store, mapped.nps_field, mapped.nps_date_field)
    return [unless(unread, _with_interval(value)) for value in ratio_values(engine, query, by)]


def _with_interval(value: Value) -> Value:
    promoters, detractors = value.extra["promoters"], value.extra["detractors"]
    if value.reason is not None or promoters is None or detractors is None:
        return value
    low, high = interval(float(promoters), float(detractors), value.n)
    flags = {*value.flags, *((SMALL_SAMPLE,) if value.n < ENOUGH else ())}
    return replace(value, low=low, high=high, flags=tuple(sorted(flags)))


def interval(promoters: float, detractors: float, answers: int) -> tuple[float, float]:
    """The 95 % interval of the score, of shares of so many answers.

    >>> [round(bound, 1) for bound in interval(0.60, 0.15, 100)]
    [30.5, 59.5]
    """
    difference = promoters - detractors
    reach = Z95 * sqrt((promoters + detractors - difference**2) / answers)
    return max(-100.0, 100 * (difference - reach)), min(100.0, 100 * (difference + reach))
