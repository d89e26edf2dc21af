"""(measure, what is asked) → SQL over facts; pure.

The statement joins the temporary table `period` (see `engine.set_periods`) with the fact, so that any periods, also
overlapping ones, are counted in one pass over an index on the day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from b24kpi.errors import BadInput
from b24kpi.facts.definition import Fact, load_facts
from b24kpi.metrics.model import Durations, Measure

# Dimensions that are looked up from a column instead of being one.
_DEPARTMENT = "(SELECT u.department_id FROM user AS u WHERE u.id = f.{column})"
_DERIVED = {
    "department": _DEPARTMENT,
    "point": f"(SELECT CASE g.basis WHEN 'pipeline' THEN f.category_id ELSE {_DEPARTMENT} END FROM fact_point AS g)",
    "customer_kind": (
        "(SELECT CASE WHEN p.number = 1 THEN 'new' ELSE 'repeat' END "
        "FROM fact_purchase AS p WHERE p.deal_id = f.{column})"
    ),
}


@dataclass(frozen=True)
class Statement:
    """SQL with named parameters; its rows are (period position, *dimension values, *columns)."""

    sql: str
    params: Mapping[str, str]
    columns: tuple[str, ...]


def sum_statement(measure: Measure, by: Sequence[str], where: Mapping[str, str]) -> Statement:
    """Columns: the sum, then the fact's flags (1 if any row has it); those of exchange rates only for money."""
    fact = load_facts()[measure.fact]
    total = total_of(measure, "", measure.add)
    picked = [f"{total} AS total", *(f"MAX(f.{flag}) AS {flag}" for flag in flags_of(measure))]
    return _statement(measure, fact, by, where, picked, grouped=True)


def total_of(measure: Measure, condition: str, add: str) -> str:
    """SQL of a measure's sum over the rows of a group where the condition holds; NULL where it never does."""
    if measure.distinct:
        return f"COUNT(DISTINCT f.{measure.distinct})"
    return f"SUM(CASE WHEN {condition} THEN {add} END)" if condition else f"SUM({add})"


def flags_of(measure: Measure) -> tuple[str, ...]:
    """The flags of the fact that say something of this sum."""
    flags = load_facts()[measure.fact].flags
    return tuple(flag for flag in flags if "money" in measure.add or not flag.startswith("fx_"))


def duration_statement(durations: Durations, by: Sequence[str], where: Mapping[str, str]) -> Statement:
    """One row per observation; columns: start, end, outcome."""
    fact = load_facts()[durations.fact]
    outcome = f"f.{durations.outcome}" if durations.outcome else "NULL"
    picked = [f"f.{durations.start} AS started", f"f.{durations.end} AS ended", f"{outcome} AS outcome"]
    return _statement(durations, fact, by, where, picked, grouped=False)


def adds_statement(measure: Measure, by: Sequence[str], where: Mapping[str, str]) -> Statement:
    """One row per row of the fact, or per different value of `distinct`; column: what it adds."""
    fact = load_facts()[measure.fact]
    group = f"f.{measure.distinct}" if measure.distinct else "f.rowid"
    plain = replace(measure, distinct="")
    statement = _statement(plain, fact, by, where, [f"SUM({measure.add}) AS adds"], grouped=True)
    return replace(statement, sql=f"{statement.sql}, {group}")


def row_statement(measure: Measure, where: Mapping[str, str]) -> Statement:
    """The fact's rows behind a sum: all columns, then `is_in` (1 if it counts) and `adds`."""
    fact = load_facts()[measure.fact]
    plain = replace(measure, add="1", distinct="", where="")
    condition = f"CASE WHEN {measure.where} THEN 1 ELSE 0 END" if measure.where else "1"
    picked = ["f.*", f"{condition} AS is_in", f"{measure.add} AS adds"]
    return _statement(plain, fact, (), where, picked, grouped=False)


def deal_statement(measure: Measure, by: Sequence[str], where: Mapping[str, str]) -> Statement:
    """What the deal `:deal_id` adds; columns: its rows that count, and their sum."""
    fact = load_facts()[measure.fact]
    picked = ["COUNT(*) AS counted", f"{total_of(measure, '', measure.add)} AS total"]
    return _statement(measure, fact, by, where, picked, grouped=True, further=["f.deal_id = :deal_id"])


def percentile_statement(measure: Measure) -> str:
    """What each row of all time adds, ascending."""
    condition = f" WHERE {measure.where}" if measure.where else ""
    return f"SELECT {measure.add} AS adds FROM {load_facts()[measure.fact].table} AS f{condition} ORDER BY 1"


def told(condition: str) -> str:
    """SQL that holds where the condition does, and keeps SQLite to an index on the day.

    It would make an index of its own for what is equal to something, of the whole fact, for want of knowing that the
    periods are few.
    """
    return f"CASE WHEN {condition} THEN 1 ELSE 0 END = 1"


def dimension(part: Measure | Durations, name: str) -> str:
    """SQL of a dimension's value in terms of the fact `f`.

    Raises:
        BadInput: the fact has no such dimension.
    """
    fact = load_facts()[part.fact]
    column = part.dimensions.get(name) or fact.dimensions.get(name)
    if column is None:
        raise BadInput("metrics.no_dimension", dimension=name, fact=part.fact)
    return column if column.startswith("(") else _DERIVED.get(name, "f.{column}").format(column=column)


def slice_conditions(part: Measure | Durations, where: Mapping[str, str]) -> list[str]:
    """SQL that holds for the rows of the fact `f` with these dimension values; the values are named parameters.

    Raises:
        BadInput: the fact has no such dimension.
    """
    return [f"COALESCE(CAST({dimension(part, name)} AS TEXT), '') = :{name}" for name in where]


def _statement(
    part: Measure | Durations,
    fact: Fact,
    by: Sequence[str],
    where: Mapping[str, str],
    picked: Sequence[str],
    *,
    grouped: bool,
    further: Sequence[str] = (),
) -> Statement:
    keys = [dimension(part, name) for name in by]
    conditions = [within(part)] + ([told(part.where)] if part.where else [])
    conditions += [*slice_conditions(part, where), *further]
    columns = ", ".join(["p.position", *(f"{key} AS by_{name}" for key, name in zip(keys, by, strict=True)), *picked])
    sql = f"SELECT {columns} FROM period AS p CROSS JOIN {fact.table} AS f ON {' AND '.join(conditions)}"
    if grouped:
        sql += " GROUP BY " + ", ".join(str(number) for number in range(1, len(by) + 2))
    return Statement(sql, dict(where), tuple(column.rsplit(" ", 1)[-1] for column in picked))


def within(part: Measure | Durations) -> str:
    """SQL that holds for the rows whose day lies where the part looks."""
    if isinstance(part, Measure) and part.to_date:
        return f"f.{part.time} < p.to_day"
    if isinstance(part, Measure) and part.previous:
        return f"f.{part.time} < p.from_day AND f.{part.time} >= p.before_day"
    return f"f.{part.time} < p.to_day AND f.{part.time} >= p.from_day"
