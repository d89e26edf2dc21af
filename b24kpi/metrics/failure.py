"""Which stage of a funnel broke in which week, and what its conversion did to the number of wins; pure.

A week is judged by the eight before it: too few entries by the Poisson distribution of their mean, too small a share of
those decided in the week by the binomial distribution of theirs. The change of wins between two cohorts is taken apart
by stages, since wins = entered × Π conversions holds exactly: additive LMDI, Shapley where a factor is 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from b24kpi.metrics.statistics.control import few, low_share
from b24kpi.metrics.statistics.decomposition import prices

TRAILING = 8  # weeks that a week is compared with
WEEK = timedelta(days=7)


class Break(StrEnum):
    """What left the band."""

    ENTRIES = "entries"
    PASSAGE = "passage"


@dataclass(frozen=True)
class Week:
    """What happened at a stage in a week: deals that came, those decided there, those of them that went on."""

    entries: int = 0
    decided: int = 0
    advanced: int = 0


QUIET = Week()


def broken(weeks: Mapping[date, Week], monday: date) -> tuple[Break, ...]:
    """What of a stage's week lies below the band of the eight weeks before; weeks without a row were quiet."""
    before = [weeks.get(monday - WEEK * number, QUIET) for number in range(1, TRAILING + 1)]
    now, found = weeks.get(monday, QUIET), []
    if few(now.entries, sum(week.entries for week in before) / TRAILING):
        found.append(Break.ENTRIES)
    decided = sum(week.decided for week in before)
    if decided and low_share(now.advanced, now.decided, sum(week.advanced for week in before) / decided):
        found.append(Break.PASSAGE)
    return tuple(found)


def stage_effects(before: Sequence[tuple[int, int]], after: Sequence[tuple[int, int]]) -> list[float]:
    """How many wins the change of each stage's conversion has brought, in the order of the stages.

    What is left of the change comes from the number of deals that entered. A conversion that is undefined on one side
    is taken to be what it is on the other.

    Args:
        before, after: (advanced, reached) of every stage; who advances reaches the next.
    """
    known = [(_entered(before), _entered(after)), *map(_both, before, after)]
    worth = prices(*zip(*known, strict=True))
    return [float(price * (now - then)) for price, (then, now) in list(zip(worth, known, strict=True))[1:]]


def _entered(stages: Sequence[tuple[int, int]]) -> Fraction:
    return Fraction(stages[0][1])


def _both(before: tuple[int, int], after: tuple[int, int]) -> tuple[Fraction, Fraction]:
    one, other = (Fraction(advanced, reached) if reached else None for advanced, reached in (before, after))
    return (
        one if one is not None else other or Fraction(0),
        other if other is not None else one or Fraction(0),
    )
