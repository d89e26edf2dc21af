"""Durations of which some are not over yet: Kaplan-Meier, Aalen-Johansen, nearest rank. Exact, in fractions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, exp, log, sqrt

from tests.reference.results import Z

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Duration:
    """Seconds from a start to an end; `end` names how it ended ("won", "lost", "left") or is None while it goes on."""

    seconds: float
    end: str | None


@dataclass(frozen=True)
class Step:
    """The curve just after a time: share of survivors, its Greenwood sum (None at the end), share of winners."""

    time: float
    survivors: Fraction
    greenwood: float | None
    won: Fraction


def curve(durations: Sequence[Duration]) -> Iterator[Step]:
    """A step per distinct time at which something ended; who is censored at that very time is still at risk there."""
    survivors, won, greenwood = Fraction(1), Fraction(0), 0.0
    for time in sorted({each.seconds for each in durations if each.end is not None}):
        at_risk = sum(1 for each in durations if each.seconds >= time)
        ended = [each for each in durations if each.seconds == time and each.end is not None]
        won += survivors * Fraction(sum(1 for each in ended if each.end == "won"), at_risk)
        survivors *= Fraction(at_risk - len(ended), at_risk)
        if survivors:
            greenwood += len(ended) / (at_risk * (at_risk - len(ended)))
        yield Step(time, survivors, greenwood if survivors else None, won)


def quantile(steps: Sequence[Step], survivors: Fraction) -> float | None:
    """The smallest time at which no more than this share survives; None if the curve never comes down to it."""
    return next((step.time for step in steps if step.survivors <= survivors), None)


def interval(steps: Sequence[Step]) -> tuple[float | None, float | None]:
    """The 95 % log-log interval of the median; a bound that the curve does not settle is None.

    Where nobody survives the log-log band is undefined, and that step settles no bound.
    """
    bounds: list[float | None] = []
    for sign in (1, -1):
        bounds.append(next((s.time for s in steps if (band := _band(s, sign)) is not None and band <= 0.5), None))
    return bounds[0], bounds[1]


def band(step: Step) -> tuple[float | None, float | None]:
    """The 95 % log-log interval of the share that survives a step; none where nobody does."""
    return _band(step, 1), _band(step, -1)


def _band(step: Step, sign: int) -> float | None:
    if step.greenwood is None:
        return None
    share = float(step.survivors)
    return float(share ** exp(sign * Z * sqrt(step.greenwood) / -log(share)))


def mean(durations: Sequence[Duration]) -> Fraction | None:
    """The area under the curve up to the longest time seen; None while nothing has ended."""
    steps = list(curve(durations))
    if not steps:
        return None
    area, since, share = Fraction(0), Fraction(0), Fraction(1)
    for step in steps:
        area += share * (Fraction(step.time) - since)
        since, share = Fraction(step.time), step.survivors
    return area + share * (Fraction(max(each.seconds for each in durations)) - since)


def half_of_winners(steps: Sequence[Step]) -> float | None:
    """The smallest time by which half of those ever seen to win (Aalen-Johansen) have won; None without wins."""
    ever = steps[-1].won if steps else Fraction(0)
    return next((step.time for step in steps if step.won >= ever / 2), None) if ever else None


def nearest_rank_median(values: Sequence[float]) -> float | None:
    """The value at rank ceil(n / 2) of the sorted values; None without values."""
    return sorted(values)[ceil(len(values) / 2) - 1] if values else None
