"""(cache, query) → values: runs the compiled statements, divides last, says why a value is missing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from b24kpi.cache.store import Store
from b24kpi.errors import BadInput
from b24kpi.metrics import formula
from b24kpi.metrics.compiler import Statement, sum_statement
from b24kpi.metrics.model import Measure, Metric, Number, Query, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.statistics.intervals import wilson

Key = tuple[str, ...]
Cell = tuple[int, Key]  # period position, dimension values

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Engine:
    """Computes values from the facts of one cache.

    Attributes:
        as_of: epoch seconds up to which the cache is complete; what is open then is cut off there.
        coverage: stream → `complete` or why not.
        margin: share of sales that is margin.
    """

    store: Store
    zone: ZoneInfo
    as_of: float
    coverage: Mapping[str, str] = field(default_factory=dict)
    margin: Fraction = Fraction(1)

    def values(self, query: Query) -> list[Value]:
        """One value for each period and combination, sorted by period and combination.

        Without dimensions every period has its value; with them the combinations that occur in any of the periods.

        Raises:
            BadInput: the metric has no such dimension or mode.
        """
        check(query)
        by = (*query.metric.fixed, *(name for name in query.by if name not in query.metric.fixed))
        set_periods(self.store, query.periods)
        if query.metric.durations:
            from b24kpi.metrics.durations import duration_values  # scipy takes a second to load

            return duration_values(self, query, by)
        return self._sums(query, by)

    def moment(self, day: date) -> float:
        """The beginning of a local day, epoch seconds."""
        return datetime.combine(day, time(), self.zone).timestamp()

    def unreadable(self, metric: Metric) -> Reason | None:
        """Why nothing can be said: a stream that the metric needs was refused or never read."""
        states = [self.coverage.get(stream, "complete") for stream in metric.inputs if stream != "cost"]
        if "no_permission" in states:
            return Reason.NO_PERMISSION
        return Reason.NOT_LOADED if "not_loaded" in states else None

    def rows(self, statement: Statement, width: int) -> Iterable[tuple[Cell, tuple[Any, ...]]]:
        """Rows of a statement as (period and combination, columns)."""
        for row in self.store.query(statement.sql, statement.params):
            key = tuple("" if value is None else str(value) for value in row[1 : 1 + width])
            yield (row[0], key), row[1 + width :]

    def _sums(self, query: Query, by: Key) -> list[Value]:
        metric = query.metric
        measures = metric.flow if query.mode == "flow" and metric.flow else metric.measures
        sums: dict[Cell, dict[str, Fraction]] = defaultdict(dict)
        flags: dict[Cell, set[str]] = defaultdict(set)
        for name, measure in measures.items():
            statement = sum_statement(measure, by, query.where)
            for cell, (total, *marks) in self.rows(statement, len(by)):
                sums[cell][name] = Fraction(total or 0)
                flags[cell] |= {flag for flag, mark in zip(statement.columns[1:], marks, strict=True) if mark}
        keys = _keys(sums, by, self.grid(metric, by, query.where))
        nowcasts = self._nowcasts(query, by) if metric.nowcast and query.mode == "cohort" else {}
        return [
            self._ratio(query, period, dict(zip(by, key, strict=True)), sums[position, key], flags[position, key], nowcasts.get((position, key)))
            for position, period in enumerate(query.periods)
            for key in keys
        ]

    def grid(self, metric: Metric, by: Key, where: Mapping[str, str]) -> list[Key]:
        """Stages that are always in the rows of a stage metric, in the order of their pipelines."""
        if by != metric.fixed or not by:
            return []
        stages = self.store.query(
            "SELECT category_id, stage_id FROM fact_stage WHERE is_live = 1 AND semantic = 'P' ORDER BY category_id, rank"
        )
        keys = [(str(category), stage) for category, stage in stages]
        return [k for k in keys if all(dict(zip(by, k, strict=True)).get(name, value) == value for name, value in where.items())]

    def _nowcasts(self, query: Query, by: Key) -> dict[Cell, tuple[bool, float | None]]:
        from b24kpi.metrics.maturity import nowcasts  # scipy takes a second to load

        return nowcasts(self, query, by)

    def _ratio(
        self,
        query: Query,
        period: Period,
        by: Mapping[str, str],
        sums: Mapping[str, Fraction],
        flags: set[str],
        nowcast: tuple[bool, float | None] | None,
    ) -> Value:
        metric = query.metric
        measures = metric.flow if query.mode == "flow" and metric.flow else metric.measures
        known = {name: sums.get(name, Fraction(0)) for name in measures} | {"margin": self.margin}
        above = formula.evaluate(metric.numerator, known)
        below = formula.evaluate(metric.denominator, known) if metric.denominator else None
        reason = self.unreadable(metric) or _reason(metric, known, below)
        value = None if reason else _value(above if below is None else above / below, metric.unit)
        sample = int(formula.evaluate(metric.sample, known)) if metric.sample else int(above if below is None else below)
        low = high = None
        if metric.interval and query.mode == "cohort" and value is not None and below:
            low, high = wilson(int(above), int(below))
        young, forecast = nowcast or (False, None)
        return Value(
            metric=metric.id,
            period=period,
            by=by,
            value=value,
            unit=metric.unit,
            numerator=_amount(metric.numerator, measures, above),
            denominator=None if below is None else _amount(metric.denominator, measures, below),
            n=sample,
            low=low,
            high=high,
            reason=reason,
            flags=tuple(sorted(flags | ({"immature"} if young else set()))),
            extra={"nowcast": forecast} if young else {},
        )


def check(query: Query) -> None:
    """Refuse what the metric cannot answer.

    Raises:
        BadInput: unknown dimension of this metric, or it has no such mode.
    """
    allowed = {*query.metric.dimensions, *query.metric.fixed}
    for name in (*query.by, *query.where):
        if name not in allowed:
            known = ", ".join(sorted(allowed))
            raise BadInput("metrics.not_sliced", metric=query.metric.id, dimension=name, known=known)
    if query.mode == "flow" and not query.metric.flow:
        raise BadInput("metrics.no_mode", metric=query.metric.id, mode=query.mode)


def set_periods(store: Store, periods: Sequence[Period]) -> None:
    """Fill the temporary table that every statement joins."""
    store.db.execute("CREATE TEMP TABLE IF NOT EXISTS period (position INTEGER PRIMARY KEY, from_day INTEGER, to_day INTEGER)")
    store.db.execute("DELETE FROM period")
    store.db.conn.executemany(
        "INSERT INTO period VALUES (?, ?, ?)",
        [(position, as_number(p.start), as_number(p.end)) for position, p in enumerate(periods)],
    )


def as_number(day: date) -> int:
    """A date as facts hold it: YYYYMMDD."""
    return day.year * 10_000 + day.month * 100 + day.day


def _keys(cells: Iterable[Cell], by: Key, grid: list[Key]) -> list[Key]:
    if not by:
        return [()]
    return sorted({key for _, key in cells} | set(grid))


def _reason(metric: Metric, known: Mapping[str, Fraction], below: Fraction | None) -> Reason | None:
    if metric.required and not known[metric.required]:
        return Reason.NOT_CONFIGURED
    return Reason.NO_EVENTS if below == 0 else None


def _value(exact: Fraction, unit: Unit) -> Number:
    if unit is Unit.MONEY:
        return as_money(exact)
    return int(exact) if unit is Unit.COUNT else float(exact)


def as_money(hundredths: Fraction) -> Decimal:
    """Exact hundredths → currency units, half to even."""
    return (Decimal(round(hundredths)) * CENT).quantize(CENT)


def _amount(text: str, measures: Mapping[str, Measure], exact: Fraction) -> Number:
    """A side of a ratio in its own unit: money where its measures are money."""
    is_money = any("money" in measures[name].add for name in formula.names(text) if name in measures)
    return as_money(exact) if is_money else int(exact)
