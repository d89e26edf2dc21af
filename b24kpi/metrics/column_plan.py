"""(what is wanted of a fact's rows) → SQL that tells it of all of them at once, each column as one text; pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from b24kpi.facts.definition import load_facts
from b24kpi.metrics.compiler import dimension, slice_conditions
from b24kpi.metrics.wanted import Wanted

NOTHING = -(2**62)  # stands for NULL in a text of numbers
MARKS_A_NUMBER = 33
DAY_BITS = 27  # of a number hold the number after a day as YYYYMMDD, or 0 for none; above them are marks
_MOST_PACKED = 16  # marks below a number, which leave it twenty bits


@dataclass(frozen=True)
class Plan:
    """What one statement reads for all that is wanted: SQL of numbers, of marks, which become bits, of dimensions.

    Attributes:
        whole: dimensions whose values are whole numbers; of those in `dimensions` nothing is known.
        is_packed: whether the first of them is told with the day, above the first marks: one text less.
        is_parted: whether the other dimensions, columns of texts, stand between separators; else in JSON.
        days: first and end of the days by which all rows are found; None where that is not one day, or of all time.
    """

    fact: str
    numbers: tuple[str, ...]
    marks: tuple[str, ...]
    whole: tuple[str, ...]
    dimensions: tuple[str, ...]
    condition: str
    is_packed: bool
    days: tuple[int, int] | None
    is_parted: bool

    @property
    def day(self) -> str:
        """SQL of the day of the first that is wanted."""
        return self.numbers[0]

    @property
    def packed_bits(self) -> int:
        """Bits below the dimension that is told with the day; 0 where none is."""
        return DAY_BITS + min(len(self.marks), MARKS_A_NUMBER) if self.is_packed else 0

    @property
    def picked(self) -> list[str]:
        """Texts of whole columns: the day with the first marks, the other numbers, more marks, then dimensions."""
        day, *others = self.numbers
        first, *further = (
            self.marks[begin : begin + MARKS_A_NUMBER] for begin in range(0, len(self.marks) or 1, MARKS_A_NUMBER)
        )
        bits, apart = self.packed_bits, self.whole[1:] if self.is_packed else self.whole
        packed = [f"COALESCE({self.whole[0]}, {none_above(bits)}) * {1 << bits}"] if bits else []
        numbers = [
            " + ".join([f"COALESCE({day} + 1, 0)", *_bits(first, DAY_BITS), *packed]),
            *(f"COALESCE({number}, {NOTHING})" for number in others),
            *(" + ".join(_bits(share)) for share in further),
            *(f"COALESCE({dimension}, {NOTHING})" for dimension in apart),
        ]
        texts = "GROUP_CONCAT(COALESCE({}, ''), CHAR(31))" if self.is_parted else "JSON_GROUP_ARRAY({})"
        return [
            *(f"GROUP_CONCAT({number})" for number in numbers),
            *(texts.format(dimension) for dimension in self.dimensions),
        ]


def none_above(bits: int) -> int:
    """What stands for NULL above so many bits of a number: no number lies below it."""
    return -(1 << 63 - bits)


def _bits(marks: Sequence[str], first: int = 0) -> list[str]:
    """SQL of marks as bits of a number, from the first one up."""
    return [f"CASE WHEN {mark} THEN {1 << place} ELSE 0 END" for place, mark in enumerate(marks, first)]


def planned(wanted: Sequence[Wanted], where: Mapping[str, str], *, all_through: bool) -> Plan:
    """What one statement reads for them all, which are of one fact.

    Args:
        all_through: read the table in its own order, since an index would lead to most of its rows.
    """
    columns = load_facts()[wanted[0].part.fact].whole_numbers
    dimensions = _once(dimension(each.part, name) for each in wanted for name in each.by)
    whole = tuple(sql for sql in dimensions if sql.removeprefix("f.") in columns)
    marks = _once(sql for each in wanted for sql in (*(mark_of(each, where) if len(wanted) > 1 else ()), *each.marks))
    return Plan(
        wanted[0].part.fact,
        _once(sql for each in wanted for sql in (day_of(each), *numbers_of(each))),
        marks,
        whole,
        tuple(sql for sql in dimensions if sql.removeprefix("f.") not in columns),
        " OR ".join(f"({_rows_of(each, where, all_through=all_through)})" for each in _by_day(wanted)),
        is_packed=bool(whole) and len(marks) <= _MOST_PACKED,
        days=_common_days(wanted),
        is_parted=all(sql.removeprefix("f.").isidentifier() for sql in dimensions),
    )


def _by_day(wanted: Sequence[Wanted]) -> list[list[Wanted]]:
    """So that an index on a day is gone through once for all that look at it."""
    groups: dict[str, list[Wanted]] = defaultdict(list)
    for each in wanted:
        groups[day_of(each)].append(each)
    return list(groups.values())


def _common_days(wanted: Sequence[Wanted]) -> tuple[int, int] | None:
    firsts = [first for first, _ in (each.days for each in wanted) if first]
    if len(firsts) < len(wanted) or len(_by_day(wanted)) > 1:
        return None
    return min(firsts), max(end for _, end in (each.days for each in wanted))


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def day_of(wanted: Wanted) -> str:
    """SQL of the day by which rows are found."""
    return f"f.{wanted.part.time}"


def numbers_of(wanted: Wanted) -> tuple[str, ...]:
    """SQL of its numbers."""
    return (*wanted.numbers, *([wanted.lasting.sql] if wanted.lasting else []))


def _rows_of(group: Sequence[Wanted], where: Mapping[str, str], *, all_through: bool) -> str:
    """SQL of the rows that any of them looks at; they have one day, and either all or none look at all time."""
    firsts = [first for first, _ in (each.days for each in group) if first is not None]
    # Of a table without row ids SQLite takes an index all the same, unless the column has a sign before it.
    day = f"{'+' if all_through else ''}{day_of(group[0])}"
    bounds = [f"{day} < {max(end for _, end in (each.days for each in group))}"]
    bounds += [f"{day} >= {min(firsts)}"] if firsts else []
    marks = _once(mark for each in group for mark in mark_of(each, where) or [""])
    return " AND ".join([*bounds, *([f"({' OR '.join(marks)})"] if all(marks) else [])])


def mark_of(wanted: Wanted, where: Mapping[str, str]) -> list[str]:
    """What tells its rows from others of the same days."""
    terms = [*slice_conditions(wanted.part, where), *wanted.conditions]
    return [" AND ".join(f"({term})" for term in terms) if len(terms) > 1 else terms[0]] if terms else []
