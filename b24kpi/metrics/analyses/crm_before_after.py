"""How KPIs of a period differ from those before the CRM, each as a share of what it was."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from b24kpi.facts.crm_figures import COMPARED
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.compiler import row_statement
from b24kpi.metrics.crm_comparison import Comparison, compare, history_from
from b24kpi.metrics.crm_windows import Span, counterpart, first_month, learnt_from, today
from b24kpi.metrics.model import Metric, Query, Reason, Unit, Value
from b24kpi.metrics.parts import adds_of, parts_of
from b24kpi.metrics.period import Grain, Period

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

MONTHLY = (Grain.MONTH, Grain.QUARTER, Grain.YEAR)


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """For each compared KPI and period the relative change; the figures themselves are further readings."""
    wanted = [name for name in COMPARED if query.where.get("kpi", name) == name]
    refused = {period: _refusal(engine, period) for period in query.periods}
    asked = [period for period in query.periods if refused[period] is None]
    found = []
    for name in wanted:
        compared = dict(zip(asked, _comparisons(engine, name, asked), strict=True))
        found += [_value(query, period, name, compared.get(period), refused[period]) for period in query.periods]
    return found


def rows(engine: "Engine", query: Query, by: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of both sides, each under its side and its part: `after.won`. A figure of the settings has none."""
    period, metric = query.periods[0], find(by["kpi"])
    if _refusal(engine, period) is not None:
        return
    after = Span(period.start, period.end)
    go_live = engine.figures.crm.go_live or date.max
    before = counterpart(after, go_live, first_month(engine)).span
    is_given = metric.id in engine.figures.crm.baseline
    yield from _rows(engine, metric, after, "after", "analyses.why.after")
    if before is not None and not is_given:
        yield from _rows(engine, metric, before, "before", "analyses.why.before")


def _rows(engine: "Engine", metric: Metric, span: Span, side: str, why: str) -> Iterator[tuple[str, dict[str, Any]]]:
    engine.set_periods(metric, (span.whole,))
    for name, part in parts_of(metric).items():
        statement = row_statement(part, {})
        for row in engine.store.dicts(statement.sql, statement.params):
            if row["is_in"]:
                yield f"{side}.{name}", row | {"adds": adds_of(part, row), "why": why}


def _refusal(engine: "Engine", period: Period) -> Reason | None:
    """Why a period is not compared: no first day known, before the CRM, people still learning, or not over."""
    crm = engine.figures.crm
    if crm.go_live is None:
        return Reason.NOT_CONFIGURED
    if period.grain not in MONTHLY:
        return Reason.INSUFFICIENT_DATA
    if period.end <= crm.go_live:
        return Reason.NO_EVENTS
    is_over = period.end <= today(engine) and period.start >= learnt_from(crm.go_live, crm.adaptation_days)
    return None if is_over else Reason.NOT_MATURE


def _comparisons(engine: "Engine", name: str, periods: Sequence[Period]) -> list[Comparison]:
    first, go_live = first_month(engine), engine.figures.crm.go_live or date.max
    spans = [Span(period.start, period.end) for period in periods]
    pairs = [(span, counterpart(span, go_live, first)) for span in spans]
    return compare(engine, name, pairs, history_from(engine))


def _value(query: Query, period: Period, name: str, found: Comparison | None, refused: Reason | None) -> Value:
    blank = Value(query.metric.id, period, {"kpi": name}, None, Unit.RATIO, reason=refused)
    if found is None:
        return blank
    change = found.relative(found.difference)
    return replace(
        blank,
        value=change,
        low=found.relative(found.low),
        high=found.relative(found.high),
        n=found.n,
        reason=found.reason or (Reason.NO_EVENTS if change is None else None),
        flags=found.flags,
        extra={"before": found.before, "after": found.after, "difference": found.difference},
        units=dict.fromkeys(("before", "after", "difference"), found.unit),
    )
