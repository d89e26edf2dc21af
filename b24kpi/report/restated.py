"""Why a published value is another one today: the deals, leads and customers whose facts differ from those of then."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from b24kpi.cache.published import Publication, slice_of
from b24kpi.errors import BadInput
from b24kpi.facts.definition import load_facts
from b24kpi.metrics.compiler import row_statement
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Metric, Query, Value
from b24kpi.metrics.parts import adds_of, parts_of
from b24kpi.metrics.period import Period
from b24kpi.report.explain import SHOWN, cell
from b24kpi.report.model import Published
from b24kpi.report.published import as_published, publications_of

Subject = tuple[str, Any]  # deal, lead, customer or cost, and its id
Row = dict[str, Any]

# What a row is about, by the first of these columns that it has, and the fact that tells most of it.
_SUBJECTS = {"deal_id": "deal", "lead_id": "lead", "customer": "customer", "id": "cost"}
_DETAILS = ("visit", "rank", "position", "joined_day")
_SPANS = ("entered_at", "left_at", "created_at", "closed_at", "won_at", "next_at", "lost_at")


@dataclass(frozen=True)
class Cause:
    """A subject whose facts differ.

    Attributes:
        kind: `deal`, `lead`, `customer` or `cost`.
        news: `new` and `deleted` where it is on one side only, `gone` where it is left out without having been
            deleted, else "".
        parts: part of the number → what the subject added to it then, and adds now; only those that moved, if any did.
        changes: column of its facts → its cell then, and now.
    """

    kind: str
    id: Any
    news: str
    parts: Mapping[str, tuple[Any, Any]]
    changes: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Restatement:
    """A published value and what became of it.

    Attributes:
        now: the value of today; recomputed: that of then, computed again with today's costs and figures.
        causes: those that weigh most first.
    """

    now: Value
    published: Published
    recomputed: Value
    causes: tuple[Cause, ...]
    time_zone: str


@dataclass
class _Side:
    """What one engine knows of the number's rows."""

    engine: Engine
    adds: dict[Subject, dict[str, Any]] = field(default_factory=dict)
    spans: dict[Subject, set[Any]] = field(default_factory=dict)


def publication_for(
    engine: Engine, metric: Metric, period: Period, where: Mapping[str, str], currency: str
) -> Publication:
    """The first publication of a value under its present definition.

    Raises:
        BadInput: there is none.
    """
    found = publications_of(engine, metric, currency).get((period.label, slice_of(where)))
    if found is None:
        wanted = ", ".join(f"{name}={value}" for name, value in where.items())
        raise BadInput("restated.not_published", metric=metric.id, period=period.label, slice=wanted or "—")
    return found


def restatement(
    past: Engine, present: Engine, publication: Publication, metric: Metric, period: Period, where: Mapping[str, str]
) -> Restatement:
    """Compare the rows behind a number on both sides."""
    recomputed, now = _value(past, metric, period, where), _value(present, metric, period, where)
    then, today = _side(past, metric, period, where), _side(present, metric, period, where)
    differing = [subject for subject in {*then.adds, *today.adds} if _differs(then, today, subject)]
    causes = [_cause(then, today, subject, metric) for subject in differing]
    return Restatement(
        now=now,
        published=as_published(publication, now.unit, present.zone),
        recomputed=recomputed,
        causes=tuple(sorted(causes, key=_weight)),
        time_zone=present.zone.key,
    )


def _value(engine: Engine, metric: Metric, period: Period, where: Mapping[str, str]) -> Value:
    found = engine.values(Query(metric, (period,), tuple(where), where))
    alike = (value for value in found if dict(value.by) == dict(where))
    empty = Value(metric.id, period, where, None, metric.unit)
    return next(alike, empty)


def _side(engine: Engine, metric: Metric, period: Period, where: Mapping[str, str]) -> _Side:
    side = _Side(engine)
    engine.set_periods(metric, (period,))
    for name, part in parts_of(metric).items():
        statement = row_statement(part, where)
        for row in engine.store.dicts(statement.sql, statement.params):
            if row["is_in"]:
                mine = side.adds.setdefault(_subject(row), {})
                mine[name] = mine.get(name, 0) + adds_of(part, row)
                if metric.durations:
                    side.spans.setdefault(_subject(row), set()).add(_span(row, engine))
    return side


def _subject(row: Row) -> Subject:
    column = next(name for name in _SUBJECTS if name in row)
    return _SUBJECTS[column], row[column]


def _span(row: Row, engine: Engine) -> tuple[Any, ...]:
    """Beginning and end, as far as they lie behind the engine's moment."""
    moments = (row.get(name) for name in _SPANS)
    return tuple(moment if moment is not None and moment <= engine.as_of else None for moment in moments)


def _differs(then: _Side, today: _Side, subject: Subject) -> bool:
    same = then.adds.get(subject) == today.adds.get(subject)
    return not same or then.spans.get(subject) != today.spans.get(subject)


def _cause(then: _Side, today: _Side, subject: Subject, metric: Metric) -> Cause:
    before, after = then.adds.get(subject, {}), today.adds.get(subject, {})
    parts = {name: (before.get(name, 0), after.get(name, 0)) for name in parts_of(metric)}
    kind, identifier = subject
    facts = sorted({part.fact for part in parts_of(metric).values()} | ({kind} & {"deal", "lead"}))
    changes: dict[str, tuple[Any, Any]] = {}
    for fact in facts:
        for name, pair in _changes(then.engine, today.engine, fact, subject):
            changes.setdefault(name, pair)
    ordered = {name: changes[name] for name in SHOWN if name in changes}
    moved = {name: pair for name, pair in parts.items() if pair[0] != pair[1]}
    present = {name: pair for name, pair in parts.items() if any(pair)}
    return Cause(kind, identifier, _news(then.engine, today.engine, subject), moved or present, ordered)


def _changes(then: Engine, today: Engine, fact: str, subject: Subject) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Columns that differ between the same rows of a fact."""
    before, after = _rows(then, fact, subject), _rows(today, fact, subject)
    for key in before.keys() & after.keys():
        for name in SHOWN:
            pair = before[key].get(name), after[key].get(name)
            if pair[0] != pair[1]:
                yield name, (cell(name, pair[0]), cell(name, pair[1]))


def _rows(engine: Engine, fact: str, subject: Subject) -> dict[tuple[Any, ...], Row]:
    kind, identifier = subject
    column = next(name for name, each in _SUBJECTS.items() if each == kind)
    if column not in load_facts()[fact].columns:
        return {}
    rows = engine.store.dicts(f"SELECT * FROM {load_facts()[fact].table} WHERE {column} = ?", (identifier,))
    return {tuple(row.get(name) for name in _DETAILS): row for row in rows}


def _news(then: Engine, today: Engine, subject: Subject) -> str:
    kind, identifier = subject
    fact = {"deal": "deal", "lead": "lead"}.get(kind)
    if fact is None:
        return ""
    before, after = _rows(then, fact, subject), _rows(today, fact, subject)
    if before and not after:
        gone = today.store.query(f"SELECT 1 FROM {kind} WHERE id = ? AND deleted_at IS NOT NULL", (identifier,))
        return "deleted" if gone else "gone"
    return "new" if after and not before else ""


def _weight(cause: Cause) -> tuple[Any, ...]:
    """What moves most comes first."""
    return (-max((abs(after - before) for before, after in cause.parts.values()), default=0), cause.kind, cause.id)
