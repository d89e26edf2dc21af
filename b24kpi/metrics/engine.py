"""(cache, query) → values. Sums and ratios are made in `ratios`, medians in `durations`, the rest in `analyses`."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from b24kpi.cache.store import Store
from b24kpi.errors import BadInput
from b24kpi.facts.figures import Figures
from b24kpi.facts.functions import as_number
from b24kpi.metrics import analyses
from b24kpi.metrics.by_two import values_by_two
from b24kpi.metrics.catalogue import Catalogue, standard
from b24kpi.metrics.compiler import Statement, percentile_statement
from b24kpi.metrics.model import Metric, Query, Reason, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.shared import Shared

DEFAULTS = Figures()

PRESENT_FIELD = "present_field"  # an earlier moment is sliced by what a user field holds now
BUCKETS = tuple("1234567")  # of the working time until an answer, see fact_response
Kept = TypeVar("Kept")
Key = tuple[str, ...]  # dimension values in the order asked for
Cell = tuple[int, Key]  # position of the period, dimension values


@dataclass(frozen=True)
class Engine:
    """Computes values from the facts of one cache.

    Attributes:
        as_of: epoch seconds up to which the cache is complete; what is open then is cut off there.
        coverage: stream → `complete` or why not.
        figures: what people gave, the same as when the facts were made.
        catalogue: the KPIs that can be asked for by id.
        is_past: the facts are those of an earlier moment than the cache's; nothing later is asked of them.
        flags: what every value carries besides its own.
    """

    store: Store
    zone: ZoneInfo
    as_of: float
    coverage: Mapping[str, str] = field(default_factory=dict)
    figures: Figures = DEFAULTS
    catalogue: Catalogue = field(default_factory=standard)
    is_past: bool = False
    flags: tuple[str, ...] = ()
    _kept: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def values(self, query: Query) -> list[Value]:
        """One value for each period and combination, in the order of combinations and periods.

        Without dimensions every period has its value; with them the combinations that occur in any of the periods.

        Raises:
            BadInput: the metric has no such dimension or mode.
        """
        return self.all_values((query,))[0]

    def all_values(self, queries: Sequence[Query]) -> list[list[Value]]:
        """The values of each query; what queries have in common is read from the facts once.

        Raises:
            BadInput: a metric has no such dimension or mode.
        """
        for query in queries:
            check(query)
        found = values_by_two(self, queries, self._by_one)
        return self._by_one(queries) if found is None else found

    def _by_one(self, queries: Sequence[Query]) -> list[list[Value]]:
        """Their values, found in this process."""
        found: dict[int, list[Value]] = {}
        for places in _alike(queries):
            group = [queries[place] for place in places]
            self.set_periods(group[0].metric, group[0].periods)
            shared = Shared(self, group)
            found |= {place: self._flagged(queries[place], self._answer(queries[place], shared)) for place in places}
        return [found[place] for place in range(len(queries))]

    def _flagged(self, query: Query, values: list[Value]) -> list[Value]:
        own = {each.name for each in self.catalogue.dimensions} if self.is_past else set()
        flags = {*self.flags, *((PRESENT_FIELD,) if own & {*query.by, *query.where} else ())}
        flags |= {f"attributed_{query.metric.rule}"} if query.metric.rule else set()
        if not flags:
            return values
        return [replace(value, flags=tuple(sorted({*value.flags, *flags}))) for value in values]

    def _answer(self, query: Query, shared: Shared) -> list[Value]:
        by = query.slicing
        if query.metric.analysis:
            return analyses.values(self, query, by, shared)
        if query.metric.durations:
            from b24kpi.metrics.durations import duration_values  # numpy takes a tenth of a second to load

            return duration_values(self, query, by, shared)
        from b24kpi.metrics.comparison import ranked
        from b24kpi.metrics.ratios import ratio_values

        values = ratio_values(self, query, by, shared)
        if query.metric.interval == "bootstrap":
            from b24kpi.metrics.money_means import with_spread  # as above

            return with_spread(self, query, by, values, shared)
        return ranked(query, values)

    def once(self, name: Hashable, make: Callable[[], Kept]) -> Kept:
        """What analyses have made of the facts is there for all that ask for the same: it is made at the first time."""
        if name not in self._kept:
            self._kept[name] = make()
        found: Kept = self._kept[name]
        return found

    def set_periods(self, metric: Metric | None, periods: Sequence[Period]) -> None:
        """Make the periods known to the statements of a metric; none is known further than `as_of`.

        Without a metric to statements that ask nothing of ripeness.
        """
        tomorrow = datetime.fromtimestamp(self.as_of, self.zone).date() + timedelta(days=1)
        set_periods(self.store, periods, tomorrow, self._ripe_after(metric), self.as_of)

    def _ripe_after(self, metric: Metric | None) -> int | None:
        """The age in days, by the nearest rank, that 90 % of the metric's `ripening` do not exceed."""
        if metric is None or metric.ripening is None:
            return None
        days = self.store.query(percentile_statement(metric.ripening))
        return int(days[-(-9 * len(days) // 10) - 1][0]) if days else None

    def moment(self, day: date) -> float:
        """The beginning of a local day, epoch seconds."""
        return datetime.combine(day, time(), self.zone).timestamp()

    def unreadable(self, metric: Metric) -> Reason | None:
        """Why nothing can be said: a stream that the metric needs was refused or never read."""
        states = {self.coverage.get(stream, "complete") for stream in metric.inputs}
        return next((reason for reason in (Reason.NO_PERMISSION, Reason.NOT_LOADED) if reason in states), None)

    def rows(self, statement: Statement, width: int) -> Iterable[tuple[Cell, tuple[Any, ...]]]:
        """Rows of a statement as (period and combination, columns)."""
        for row in self.store.query(statement.sql, statement.params):
            key = tuple("" if value is None else str(value) for value in row[1 : 1 + width])
            yield (row[0], key), row[1 + width :]

    def keys(self, query: Query, by: Key, cells: Iterable[Cell]) -> list[Key]:
        """The combinations that get a value in every period: those that occur, or are the only one asked for, and all
        that a metric always has."""
        if not by:
            return [()]
        found = {key for _, key in cells}
        if by == query.metric.fixed:
            found.update(self._grid(query))
            found.update([tuple(query.where[name] for name in by)] if set(by) <= query.where.keys() else ())
        return sorted(found)

    def _grid(self, query: Query) -> list[Key]:
        """Every stage of a stage metric, every bucket of one by response time."""
        if query.metric.fixed == ("response_bucket",):
            grid = [{"response_bucket": bucket} for bucket in BUCKETS]
        elif "stage" not in query.metric.fixed:
            return []
        else:
            live = "SELECT category_id, stage_id FROM fact_stage WHERE is_live = 1 AND semantic = 'P'"
            grid = [{"pipeline": str(category), "stage": stage} for category, stage in self.store.query(live)]
        wanted = query.where.items()
        return [tuple(each.values()) for each in grid if all(each.get(name, value) == value for name, value in wanted)]


def _alike(queries: Sequence[Query]) -> list[list[int]]:
    """Places of the queries that can share: of the same rows and periods. Ripeness is a metric's own.

    An analysis may set periods of its own and stays alone, unless it says what it looks at.
    """
    groups: dict[str, list[int]] = {}
    for place, query in enumerate(queries):
        metric = query.metric
        is_own = bool(metric.ripening or (metric.analysis and not analyses.shares(metric.analysis)))
        groups.setdefault(repr((query.periods, query.where, place if is_own else "")), []).append(place)
    return list(groups.values())


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


_PERIOD = (
    "position INTEGER PRIMARY KEY, before_day INTEGER, from_day INTEGER, to_day INTEGER, end_day INTEGER, "
    "ripe_day INTEGER, from_number INTEGER, end_number INTEGER, now_at INTEGER"
)


def set_periods(
    store: Store,
    periods: Sequence[Period],
    until: date = date.max,
    ripe_after: int | None = None,
    now: float | None = None,
) -> None:
    """Fill the temporary table that every statement joins.

    Its columns are days as YYYYMMDD, ends excluded: `from_day` and `to_day`; `before_day`, at which the period before
    begins; `end_day`, the end so far; `ripe_day`, before which what is ripe at `end_day` began. `…_number` are days
    counted one by one. `now_at` is the moment up to which all is known, the same for every period. All first days are
    in `period_edge` too, and the day 0 before all others.

    Args:
        until: the first day of which nothing is known yet.
        ripe_after: the age in days from which a case is ripe; None leaves `ripe_day` empty.
        now: epoch seconds; None leaves `now_at` empty.
    """
    store.db.execute(f"CREATE TEMP TABLE IF NOT EXISTS period ({_PERIOD})")
    store.db.execute("DELETE FROM period")
    store.db.execute("CREATE TEMP TABLE IF NOT EXISTS period_edge (day INTEGER PRIMARY KEY)")
    store.db.execute("DELETE FROM period_edge")
    moment = None if now is None else int(now)
    rows = [(place, *_days(period, min(period.end, until), ripe_after), moment) for place, period in enumerate(periods)]
    store.db.conn.executemany("INSERT INTO period VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    edges = {0} | {day for row in rows for day in row[1:6] if day is not None}
    store.db.conn.executemany("INSERT INTO period_edge VALUES (?)", ((day,) for day in edges))


def _days(period: Period, end: date, ripe_after: int | None) -> tuple[int | None, ...]:
    ripe = None if ripe_after is None else as_number(end - timedelta(days=ripe_after))
    days = map(as_number, (period.previous.start, period.start, period.end, end))
    return (*days, ripe, period.start.toordinal(), end.toordinal())
