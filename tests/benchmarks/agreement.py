"""Whether another engine's answers are ours."""

from math import isclose

from tests.benchmarks.questions import Answers


def differences(ours: Answers, theirs: Answers) -> list[str]:
    """What differs, cell by cell: a cell that one of them has not stands for empty sums."""
    return [
        f"{name} {cell}: {mine} is not {other}"
        for name in ours
        for cell in sorted({*ours[name], *theirs[name]})
        if not _same(mine := ours[name].get(cell, []), other := theirs[name].get(cell, []))
    ]


def _same(mine: list[float], other: list[float]) -> bool:
    width = max(len(mine), len(other))
    one, two = (side or [0.0] * width for side in (mine, other))
    return len(one) == len(two) and all(map(isclose, one, two))
