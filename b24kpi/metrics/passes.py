"""Many sums in few passes: measures that look at the same rows are summed side by side, for every slicing asked for.

Four ways lead to the same numbers:

* `array_sums`, where a row and a period meet by comparisons of days alone, of rows that are read at once for all that
  looks at the fact (`readings`): the quickest, once numpy has been loaded;
* one slicing: the fact meets the periods once for all measures;
* several slicings: the same by all their dimensions at once, kept aside, and rolled up to each of them;
* `_alike`: measures of all time would meet most rows in every period. No comparison `<` or `>=` with an edge of a
  period can tell days apart that lie between the same two edges, so rows are summed by the edge at or before their
  days first, and only these sums meet the periods.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from b24kpi.facts.definition import load_facts
from b24kpi.metrics.compiler import (
    Statement,
    dimension,
    flags_of,
    slice_conditions,
    sum_statement,
    told,
    total_of,
    within,
)
from b24kpi.metrics.model import Measure
from b24kpi.metrics.readings import Readings
from b24kpi.metrics.terms import compared_days, comparisons, further_terms, is_alike, only_compares

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key


class Sum(NamedTuple):
    """What was found for one measure in one cell; `flags` are those that any of its rows has."""

    total: int | Fraction
    flags: frozenset[str]


Sums = Mapping[tuple[str, "Key"], Mapping["Cell", Sum]]  # (name of the measure, slicing) → its cells


def name_of(measure: Measure) -> str:
    """The same for measures that are the same, of whatever metric."""
    return repr(measure)


@dataclass(frozen=True)
class Frame:
    """Measures that look at the same rows, so that one pass does for all of them, and how they are sliced."""

    measures: tuple[Measure, ...]
    slicings: tuple["Key", ...]

    @property
    def is_plain(self) -> bool:
        """Whether arrays can sum it."""
        return all(only_compares(measure) and not measure.distinct for measure in self.measures)


def frames(asked: "Iterable[tuple[Measure, Key]]") -> list[Frame]:
    """What is asked for, by the rows that it looks at."""
    groups: dict[str, list[tuple[Measure, Key]]] = defaultdict(list)
    for measure, by in asked:
        groups[_frame(measure)].append((measure, by))
    return [
        Frame(
            tuple({name_of(measure): measure for measure, _ in pairs}.values()),
            tuple(dict.fromkeys(by for _, by in pairs)),
        )
        for pairs in groups.values()
    ]


def all_sums(
    engine: "Engine", asked: "Iterable[tuple[Measure, Key]]", where: Mapping[str, str], readings: Readings | None = None
) -> Sums:
    """Every measure by its slicing, over the periods that the engine has set; cells without rows are absent.

    Args:
        readings: rows as arrays, for what they can sum; without them SQLite sums.
    """
    found: dict[tuple[str, Key], Mapping[Cell, Sum]] = {}
    for frame in frames(asked):
        for by, cells in _cells(engine, frame, where, readings):
            found |= {(name_of(measure), by): each for measure, each in zip(frame.measures, cells, strict=True)}
    return found


def _cells(
    engine: "Engine", frame: Frame, where: Mapping[str, str], readings: Readings | None
) -> "Iterator[tuple[Key, Sequence[Mapping[Cell, Sum]]]]":
    """For each slicing the cells of each measure of a frame."""
    if readings and frame.is_plain:
        from b24kpi.metrics.array_sums import array_sums  # numpy takes a tenth of a second to load

        found = array_sums(engine, frame.measures, frame.slicings, readings)
        if found is not None:
            yield from found.items()
            return
    for by, statement in _statements(engine, frame.measures, frame.slicings, where):
        yield by, _read(engine, frame.measures, by, statement)


def _frame(measure: Measure) -> str:
    """The same for measures of one frame."""
    if measure.distinct or (measure.to_date and not is_alike(measure)):
        return name_of(measure)
    return repr((measure.fact, measure.time, measure.to_date, measure.previous, sorted(measure.dimensions.items())))


def _statements(
    engine: "Engine", measures: Sequence[Measure], slicings: "Sequence[Key]", where: Mapping[str, str]
) -> "Iterator[tuple[Key, Statement]]":
    """A statement for each slicing, to be read before the next is asked for."""
    first = measures[0]
    if first.distinct or first.to_date:
        for by in slicings:
            yield by, _alike(measures, by, where) if is_alike(first) else sum_statement(first, by, where)
    elif len(slicings) == 1:
        yield slicings[0], _direct(measures, slicings[0], where)
    else:
        every = tuple(dict.fromkeys(name for by in slicings for name in by))
        whole = _direct(measures, every, where)
        engine.store.db.conn.execute(f"CREATE TEMP TABLE pass AS {whole.sql}", whole.params)
        for by in slicings:
            yield by, _rolled_up(whole, by)
        engine.store.db.execute("DROP TABLE temp.pass")


def _read(engine: "Engine", measures: Sequence[Measure], by: "Key", statement: Statement) -> "list[Mapping[Cell, Sum]]":
    """Cells of each measure; its columns in the statement are the total, then its flags."""
    cells: list[dict[Cell, Sum]] = [{} for _ in measures]
    names = [flags_of(measure) for measure in measures]
    for cell, row in engine.rows(statement, len(by)):
        values = iter(row)
        for own, flags in zip(cells, names, strict=True):
            total, marks = next(values), {flag for flag in flags if next(values)}
            if total is not None:
                own[cell] = Sum(total if isinstance(total, int) else Fraction(total), frozenset(marks))
    return list(cells)


def _direct(measures: Sequence[Measure], by: "Key", where: Mapping[str, str]) -> Statement:
    """Sums of rows where each measure's own condition holds."""
    first = measures[0]
    picked = [
        column
        for place, measure in enumerate(measures)
        for column in _columns(place, measure, measure.where, measure.add, "f.{flag}")
    ]
    conditions = [within(first), *slice_conditions(first, where), *_shared_condition(measures)]
    source = f"period AS p CROSS JOIN {load_facts()[first.fact].table} AS f ON {' AND '.join(conditions)}"
    return _grouped(["p.position", *_keys(first, by)], picked, source, where)


def _shared_condition(measures: Sequence[Measure]) -> list[str]:
    """Rows that no measure counts need not be looked at."""
    conditions = list(dict.fromkeys(measure.where for measure in measures))
    return [told(" OR ".join(f"({condition})" for condition in conditions))] if all(conditions) else []


def _rolled_up(whole: Statement, by: "Key") -> Statement:
    picked = [f"{'SUM' if column.endswith('_total') else 'MAX'}({column}) AS {column}" for column in whole.columns]
    return _grouped(["f.position", *(f"f.by_{name}" for name in by)], picked, "temp.pass AS f", {})


def _alike(measures: Sequence[Measure], by: "Key", where: Mapping[str, str]) -> Statement:
    """First by the edges at or before the days of a row, then by the periods."""
    first, days = measures[0], sorted({day for measure in measures for day in compared_days(measure)})
    keys = [f"(SELECT MAX(e.day) FROM period_edge AS e WHERE e.day <= f.{day}) AS {day}" for day in days]
    inner, outer = [], []
    for place, measure in enumerate(measures):
        inner += _columns(place, measure, " AND ".join(further_terms(measure)), measure.add, "f.{flag}")
        edges = " AND ".join(f"f.{each}" for each in comparisons(measure))
        outer += _columns(place, measure, edges, f"f.m{place}_total", f"f.m{place}_{{flag}}")
    conditions = [f"f.{first.time} < (SELECT MAX(p.to_day) FROM period AS p)", *slice_conditions(first, where)]
    for term in comparisons(first):
        if all(term in comparisons(measure) for measure in measures):
            utmost = "MAX" if term.sign == "<" else "MIN"
            conditions.append(f"f.{term.day} {term.sign} (SELECT {utmost}(p.{term.edge}) FROM period AS p)")
    rows = f"{load_facts()[first.fact].table} AS f WHERE {' AND '.join(conditions)}"
    summed = _grouped([*keys, *_keys(first, by)], inner, rows, where)
    source = f"period AS p CROSS JOIN alike AS f ON {within(first)}"
    whole = _grouped(["p.position", *(f"f.by_{name}" for name in by)], outer, source, where)
    return Statement(f"WITH alike AS MATERIALIZED ({summed.sql}) {whole.sql}", where, whole.columns)


def _columns(place: int, measure: Measure, condition: str, add: str, flag: str) -> list[str]:
    """The total of a measure and its flags, of the rows where the condition holds."""
    picked = [f"{total_of(measure, condition, add)} AS m{place}_total"]
    for name in flags_of(measure):
        value = flag.format(flag=name)
        picked.append(f"MAX({f'CASE WHEN {condition} THEN {value} END' if condition else value}) AS m{place}_{name}")
    return picked


def _keys(measure: Measure, by: "Key") -> list[str]:
    return [f"{dimension(measure, name)} AS by_{name}" for name in by]


def _grouped(keys: Sequence[str], picked: Sequence[str], source: str, params: Mapping[str, Any]) -> Statement:
    numbers = ", ".join(str(number) for number in range(1, len(keys) + 1))
    sql = f"SELECT {', '.join((*keys, *picked))} FROM {source} GROUP BY {numbers}"
    return Statement(sql, dict(params), tuple(column.rsplit(" ", 1)[-1] for column in picked))
