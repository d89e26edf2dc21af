"""What a condition says of the periods: the terms that compare a day of the row with an edge, and the rest."""

import re
from dataclasses import dataclass

from b24kpi.metrics.model import Measure

EDGES = ("before_day", "from_day", "to_day", "end_day", "ripe_day")  # columns of `period` that are first days
_OF_PERIODS = re.compile(rf"\b(?:{'|'.join(EDGES)}|from_number|end_number|p\.\w+)\b")
_NOW = re.compile(r"\bnow_at\b")  # the same for all periods
_COMPARISON = re.compile(rf"(\w+) (<|>=) ({'|'.join(EDGES)})")


@dataclass(frozen=True)
class Comparison:
    """`day`, a column of the fact, `<` or `>=` an `edge` of the period."""

    day: str
    sign: str
    edge: str

    def __str__(self) -> str:
        return f"{self.day} {self.sign} {self.edge}"


def comparisons(measure: Measure) -> list[Comparison]:
    """The terms that compare with edges."""
    matches = [_COMPARISON.fullmatch(term) for term in _terms(measure)]
    return [Comparison(*match.groups()) for match in matches if match]


def further_terms(measure: Measure) -> list[str]:
    """All other terms."""
    return [term for term in _terms(measure) if not _COMPARISON.fullmatch(term)]


def compared_days(measure: Measure) -> set[str]:
    """The days of rows that are compared with edges, that of the measure included."""
    return {each.day for each in comparisons(measure)} | {measure.time}


def only_compares(measure: Measure) -> bool:
    """Whether nothing that tells periods apart plays a part but these comparisons, all of which have to hold."""
    rest = [measure.add, *further_terms(measure)]
    return not any(_OF_PERIODS.search(text) for text in rest) and (
        "OR" not in measure.where or not comparisons(measure)
    )


def is_alike(measure: Measure) -> bool:
    """Whether, in a sum of all time, days that lie between the same edges are all one to the measure."""
    is_plain = not set(re.findall(r"\w+", measure.add)) & compared_days(measure)
    is_plain = is_plain and not any(_NOW.search(text) for text in (measure.add, measure.where))
    return (
        measure.to_date and not measure.distinct and is_plain and "OR" not in measure.where and only_compares(measure)
    )


def with_moment(sql: str) -> str:
    """SQL that reads `now_at` of the periods from a parameter of this name."""
    return _NOW.sub(":now_at", sql)


def _terms(measure: Measure) -> list[str]:
    return [term.strip() for term in measure.where.split(" AND ")] if measure.where else []
