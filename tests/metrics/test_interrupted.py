"""The break of a series, against regressions of its two sides by scipy."""

from math import sqrt
from random import Random

import pytest
from scipy import stats

from b24kpi.metrics.statistics.interrupted import Points, interruption


def spread(points: Points) -> tuple[float, float, float, float]:
    """Intercept, slope, sum of squared residuals and of squared distances of the times from their mean."""
    times, values = zip(*points, strict=True)
    line = stats.linregress(times, values)
    errors = sum((value - line.intercept - line.slope * time) ** 2 for time, value in points)
    return line.intercept, line.slope, errors, sum((time - mean_time(points)) ** 2 for time in times)


def mean_time(points: Points) -> float:
    return sum(time for time, _ in points) / len(points)


def test_level_and_slope_are_those_of_two_regressions() -> None:
    """A regression with a break is one of each side; their residuals are pooled, with four degrees of freedom spent."""
    rng = Random(1)
    before = [(float(time), 5 + 0.3 * time + rng.gauss(0, 1)) for time in range(-15, -2)]
    after = [(float(time), 9 + 0.8 * time + rng.gauss(0, 1)) for time in range(10)]
    found = interruption(before, after)
    (start, old, errors, width), (level, new, more_errors, more_width) = spread(before), spread(after)
    freedom = len(before) + len(after) - 4
    reach = stats.t.ppf(0.975, freedom) * sqrt((errors + more_errors) / freedom * (1 / width + 1 / more_width))
    assert found is not None
    assert (found.level, found.slope) == pytest.approx((level - start, new - old))
    assert (found.slope_low, found.slope_high) == pytest.approx((new - old - reach, new - old + reach))
    ends = sum(1 / len(side) + mean_time(side) ** 2 / span for side, span in ((before, width), (after, more_width)))
    reach = stats.t.ppf(0.975, freedom) * sqrt((errors + more_errors) / freedom * ends)
    assert (found.level_low, found.level_high) == pytest.approx((level - start - reach, level - start + reach))


def test_an_exact_break_is_found_exactly() -> None:
    """Straight lines before and after: up by 4, and by 2 more each month."""
    found = interruption([(-t, 10.0 + t * -1) for t in range(1, 8)], [(t, 14.0 + 3 * t) for t in range(7)])
    assert found is not None
    assert (found.level, found.slope) == pytest.approx((4, 2))


def test_too_few_points_make_no_course() -> None:
    """Five on a side are not enough."""
    line = [(float(time), 1.0) for time in range(10)]
    assert interruption([(-t - 1, v) for t, v in line[:5]], line) is None
    assert interruption([(-t - 1, v) for t, v in line], line[:5]) is None
