"""What the rows of a measure add, one by one: for medians, which no sum tells."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.compiler import adds_statement
from b24kpi.metrics.model import Measure, Query

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key


def adds(engine: "Engine", measure: Measure, query: Query, by: "Key") -> "Mapping[Cell, list[int]]":
    """Cell → what each row (each different value of `distinct`) adds."""
    found: dict[Cell, list[int]] = defaultdict(list)
    for cell, (number,) in engine.rows(adds_statement(measure, by, query.where), len(by)):
        found[cell].append(number)
    return found


def median(numbers: Sequence[int]) -> Fraction | None:
    """The middle one, or the mean of the two in the middle; None where there are none."""
    if not numbers:
        return None
    ordered, half = sorted(numbers), len(numbers) // 2
    return Fraction(ordered[half] if len(numbers) % 2 else Fraction(ordered[half - 1] + ordered[half], 2))
