"""The rows behind one number: each with why it is in, and the near misses with why they are out."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from b24kpi.errors import BadInput
from b24kpi.locale import text
from b24kpi.metrics import analyses
from b24kpi.metrics.compiler import row_statement, slice_conditions
from b24kpi.metrics.dimensions import with_dimensions
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Measure, Metric, Query, Unit
from b24kpi.metrics.parts import adds_of, parts_of
from b24kpi.metrics.period import Period
from b24kpi.metrics.ratios import as_money
from b24kpi.report.bottlenecks import FATES
from b24kpi.report.build import Ask, compose
from b24kpi.report.model import Entry
from b24kpi.report.row_words import known_part, part_name
from b24kpi.report.rows import iso_moment
from b24kpi.report.wording import Wording

# Columns of facts that people can read, in the order in which they are shown.
SHOWN = (
    "deal_id", "lead_id", "customer", "state_before", "state", "number", "place",
    "category_id", "stage_id", "outcome", "fate", "status_id", "manager_id",
    "source_id", "kind", "source", "campaign", "created_day", "began_day", "touched_day", "entered_day", "visit_day",
    "reached_day", "advanced_day",
    "closed_day", "won_day", "acquired_day", "joined_day", "left_day", "back_day", "gone_day", "day", "money",
    "party", "channel", "direction", "asked_at", "answered_at", "conversation", "seconds", "touches",
    "product", "quantity", "user_id", "metric",
    "activity_id", "call_id", "task_id", "origin", "origin_id", "given", "score",
    "actual", "planned",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A row of a fact; `why` says in the reader's language what makes it count or not."""

    cells: Mapping[str, Any]
    why: str


@dataclass(frozen=True)
class Explanation:
    """A value, the rows that add up to it, and those that nearly counted.

    Attributes:
        columns: the cells that the rows have, in order; `part` names the sum, `adds` what the row adds to it.
        total: the sums of the included rows and how the value is made of them, in words.
    """

    value: Entry
    columns: tuple[str, ...]
    included: list[Row]
    near_misses: list[Row]
    total: str


_WORD, _OPERATOR = re.compile(r"[a-z_]+"), re.compile(r" [-+*/] ")
_IDS = ("deal_id", "lead_id", "visit", "rank", "position", "id", "origin", "origin_id", "metric")
# Keys of facts that are no rows of deals or leads; of inquiries the party and the number.
_OWN_IDS = ("party", "number", "activity_id", "call_id", "task_id")


def explain(
    engine: Engine, metric: Metric, period: Period, where: Mapping[str, str], *, currency: str, language: str
) -> Explanation:
    """Take a number apart.

    Raises:
        BadInput: the metric has no such dimension, there is nothing of that, or the period had not begun at the moment
            asked for.
    """
    ask = Ask((metric.id,), period.grain, period.start, period.end, where=where)
    report = compose(engine, [ask], currency=currency, language=language)
    entry = next((e for e in report.entries if e.value.period == period and _matches(e, where)), None)
    if entry is None:
        if engine.is_past and period.start > datetime.fromtimestamp(engine.as_of, engine.zone).date():
            moment = iso_moment(engine.as_of, engine.zone.key)
            raise BadInput("report.not_begun", period=period.label, as_of=moment)
        raise BadInput("metrics.no_value", metric=metric.id, period=period.label)
    engine.set_periods(metric, (period,))
    rows = list(_analysed(engine, Query(metric, (period,), (), where), entry) if metric.analysis else ())
    rows = rows or list(_measured(engine, metric, where))
    columns = ("part", *_columns(rows), "adds")
    included = [_row(name, row, columns, language) for name, row in rows if row["is_in"]]
    misses = [_row(name, row, columns, language) for name, row in _unique(rows)]
    return Explanation(entry, columns, included, misses, _total(metric, rows, currency, language))


def _analysed(engine: Engine, query: Query, entry: Entry) -> Iterator[tuple[str, dict[str, Any]]]:
    """What an analysis itself names as the rows behind a value, each as (part, row)."""
    for part, row in analyses.rows(query.metric.analysis, engine, query, entry.value.by):
        yield part, {"is_in": 1, "adds": 1, "condition": ""} | row


def _measured(engine: Engine, metric: Metric, where: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of the metric's measures or durations, each as (part, row)."""
    yield from ((name, row) for name, part in parts_of(metric).items() for row in _rows(engine, part, where))
    yield from (("reopened", row) for row in _reopened(engine, metric, where))


def _matches(entry: Entry, where: Mapping[str, str]) -> bool:
    return all(entry.value.by.get(name, value) == value for name, value in where.items())


def _rows(engine: Engine, part: Measure, where: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    statement = row_statement(part, where)
    for row in engine.store.dicts(statement.sql, statement.params):
        yield row | {"condition": part.where, "adds": adds_of(part, row)}


def _reopened(engine: Engine, metric: Metric, where: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Deals that reached a winning stage in the period and are won no more, or on another day."""
    winning = [part for part in metric.measures.values() if "outcome = 'won'" in part.where]
    if not winning:
        return
    plain = with_dimensions(Measure("deal", "closed_day"), engine.catalogue.dimensions)
    part = winning[0] if winning[0].fact == "deal" else plain
    yield from engine.store.dicts(
        "SELECT DISTINCT p.position, f.*, 0 AS is_in, 0 AS adds, 'reopened' AS condition FROM period AS p "
        "JOIN fact_stay AS s ON s.entered_day >= p.from_day AND s.entered_day < p.to_day AND s.semantic = 'S' "
        "JOIN fact_deal AS f ON f.deal_id = s.deal_id AND (f.outcome <> 'won' OR f.closed_at > s.entered_at)"
        + "".join(f" AND {condition}" for condition in slice_conditions(part, where)),
        dict(where),
    )


def _unique(rows: list[tuple[str, dict[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows that count in no part, once each."""
    counted = {_identity(row) for _, row in rows if row["is_in"]}
    seen = set()
    for name, row in rows:
        identity = _identity(row)
        if not row["is_in"] and identity not in counted and identity not in seen:
            seen.add(identity)
            yield name, row


def _identity(row: Mapping[str, Any]) -> tuple[Any, ...]:
    own = () if row.get("customer") else _OWN_IDS
    return tuple(row.get(name) for name in (*_IDS, *own))


def _columns(rows: list[tuple[str, dict[str, Any]]]) -> list[str]:
    present = {name for _, row in rows for name in row}
    return [name for name in SHOWN if name in present]


def _row(part: str, row: Mapping[str, Any], columns: tuple[str, ...], language: str) -> Row:
    cells = {name: cell(name, row[name]) for name in columns if name in row} | {"part": part}
    return Row(cells, _why(part, row, language))


def cell(name: str, value: Any) -> Any:
    """A column of a fact as people read it: money in currency units, days and moments as ISO texts."""
    if name == "money" and value is not None:
        return as_money(Fraction(value))
    if name == "day" or name.endswith("_day"):
        return f"{value // 10_000}-{value // 100 % 100:02}-{value % 100:02}" if value else ""
    if name.endswith("_at") and value:
        return datetime.fromtimestamp(value, UTC).isoformat()
    return "" if value is None else value


def _why(part: str, row: Mapping[str, Any], language: str) -> str:
    if part == "reopened":
        return text("metrics.why.reopened", language)
    if "why" in row:
        return text(row["why"], language, part=part)
    condition, name = row["condition"], known_part(part, language)
    if not condition:
        return text("metrics.why.in_period", language, part=name or part)
    if name:
        return text("metrics.why.named" if row["is_in"] else "metrics.why.not_named", language, part=name)
    return text(
        "metrics.why.condition" if row["is_in"] else "metrics.why.out", language, part=part, condition=condition
    )


def _total(metric: Metric, rows: list[tuple[str, dict[str, Any]]], currency: str, language: str) -> str:
    wording = Wording(language, currency)
    totals = _totals(rows) if not metric.measures else {}
    for name, part in metric.measures.items():
        mine = [row for key, row in rows if key == name and row["is_in"]]
        distinct = {row[part.distinct] for row in mine} - {None} if part.distinct else ()
        totals[name] = len(distinct) if part.distinct else sum(row["adds"] for row in mine)
    names = _distinct_names(totals, language)
    sums = [f"{names[part]} = {_amount(total, wording)}" for part, total in totals.items()]
    made = _worded(metric, names) or metric.formulas[language]
    return "; ".join([*sums, *_balance(rows, language), text("metrics.why.formula", language, formula=made)])


def _amount(total: Any, wording: Wording) -> str:
    if isinstance(total, Decimal):
        return wording.number(total, Unit.MONEY)
    return wording.number(total, Unit.COUNT if total == int(total) else Unit.NUMBER)


def _distinct_names(parts: Iterable[str], language: str) -> dict[str, str]:
    """Part → what it is called, its own name where two would be called alike."""
    names = {part: part_name(part, language) for part in parts}
    often = Counter(names.values())
    return {part: name if often[name] == 1 else part for part, name in names.items()}


def _worded(metric: Metric, names: Mapping[str, str]) -> str:
    """The formula of a KPI with the names of its parts; "" where it has none."""
    sides = [
        _WORD.sub(lambda word: names.get(word[0], word[0]), side)
        for side in (metric.numerator, metric.denominator)
        if side
    ]
    return " / ".join(f"({side})" if len(sides) > 1 and _OPERATOR.search(side) else side for side in sides)


def _totals(rows: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """What the rows of each part add up to."""
    found: dict[str, Any] = {}
    for part, row in rows:
        if row["is_in"]:
            found[part] = found.get(part, 0) + row["adds"]
    return found


def _balance(rows: list[tuple[str, dict[str, Any]]], language: str) -> Iterator[str]:
    """What became of all that reached a stage, where that is what the rows tell (kpi.md G17)."""
    fates = Counter(row["fate"] for part, row in rows if part == "reached" and row["is_in"] and "fate" in row)
    if fates:
        counts = {fate: fates[fate] for fate in FATES}
        yield text("analyses.balance", language, reached=fates.total(), **counts)
