"""The composition root: the only place that knows the concrete parts and joins them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from b24kpi import installed
from b24kpi.cache import context, user_fields
from b24kpi.cache.costs import replace_costs
from b24kpi.cache.journal import Journal
from b24kpi.cache.lock import exclusive
from b24kpi.cache.store import Store
from b24kpi.clock import SYSTEM_CLOCK, Clock
from b24kpi.cost_file import read_costs
from b24kpi.errors import BadInput, CacheError, Interrupted
from b24kpi.facts.figures import Figures
from b24kpi.facts.refresh import are_built, refresh
from b24kpi.metrics.catalogue import Catalogue
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Metric
from b24kpi.metrics.period import Period
from b24kpi.metrics.presets import find_preset
from b24kpi.report.build import Ask, compose
from b24kpi.report.explain import Explanation, Row, explain
from b24kpi.report.model import Report
from b24kpi.report.why import Change, WhyAsk, diagnose
from b24kpi.settings import ReportSettings, Settings, require_webhook
from b24kpi.settings import user_fields as wanted_fields
from b24kpi.settings_checks import slice_names

if TYPE_CHECKING:
    from b24kpi.cache.sync import Progress, SyncResult
    from b24kpi.checkup import CheckLine, CheckResult
    from b24kpi.portal.client import Portal
    from b24kpi.portal.entities import Entity
    from b24kpi.portal.user_fields import UserField
    from b24kpi.sinks import NamedReport, PushResult, Sink

__all__ = [
    "App",
    "Ask",
    "Change",
    "CheckLine",
    "CheckResult",
    "Explanation",
    "Progress",
    "PushResult",
    "Row",
    "WhyAsk",
    "open_app",
]


class App:
    """Everything that a command can ask for. The portal and its libraries are loaded only by what needs them."""

    def __init__(self, settings: Settings, *, clock: Clock, stop: Callable[[], bool] | None, language: str) -> None:
        self.settings = settings
        self.language = language
        self._clock = clock
        self._stop = stop
        self._catalogue = installed.catalogue(settings)
        self._store = Store(settings.cache.path)
        self._journal = Journal(self._store)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if "portal" in self.__dict__:
            self.portal.close()
        self._store.close()

    @cached_property
    def portal(self) -> "Portal":
        """The portal of the settings, connected at first use."""
        from b24kpi.portal.auth import Webhook
        from b24kpi.portal.client import Portal

        webhook = Webhook.parse(require_webhook(self.settings))
        return Portal(webhook, clock=self._clock, plan=self.settings.portal.plan, stop=self._stop)

    @property
    def currency(self) -> str:
        return context.currency(self._store, self.settings.portal.currency)

    def sync(self, *, full: bool = False, only: Sequence[str] = (), progress: "Progress | None" = None) -> "SyncResult":
        """Portal → cache, and the facts that hang on what changed.

        Raises:
            BadInput: no webhook, an unknown stream, or a cache of another portal.
            PortalError: the portal cannot be reached at all.
            CacheError: another run is at work on this cache.
        """
        from b24kpi.cache.sync import Sync

        streams = _streams(only)
        with exclusive(self.settings.cache.path), self._run("sync") as run:
            asked = self.portal.requests
            context.bind(self._store, self.portal.webhook.host)
            context.learn(self._store, self.portal)
            entities = user_fields.extend(streams, self._learn_user_fields())
            sync = Sync(self._store, self.portal, self._clock, progress=progress, stop=self._stop)
            result = sync.run(entities, full=full)
            user_fields.settle(self._store)
            self.__dict__.pop("catalogue", None)
            result.requests = self.portal.requests - asked
            context.snapshot_rates(self._store, self._journal.as_of() or self._clock.now(), self.zone)
            if self.settings.marketing.costs is not None:
                self._replace_costs(self.settings.marketing.costs)
            self._refresh_facts()
            run.update(
                requests=result.requests, rows=result.rows, state="complete" if result.complete else "incomplete"
            )
        return result

    def report(self, *asks: Ask) -> Report:
        """Values from the cache.

        Raises:
            CacheError: nothing has been synced yet.
            BadInput: an unknown metric, dimension or mode.
        """
        self._require_read(name for ask in asks for name in (*ask.by, *ask.where))
        return compose(self._engine(), asks, currency=self.currency, language=self.language)

    def explain(self, metric: str, period: Period, where: Mapping[str, str]) -> Explanation:
        """The rows behind one number."""
        self._require_read(where)
        return explain(
            self._engine(), self.catalogue.find(metric), period, where, currency=self.currency, language=self.language
        )

    def why(self, ask: WhyAsk) -> Change:
        """What brought the change of a number between two periods.

        Raises:
            CacheError: nothing has been synced yet.
            BadInput: a metric, dimension or pair of periods that cannot be compared.
        """
        self._require_read((*ask.by, *ask.where))
        return diagnose(self._engine(), ask, currency=self.currency, language=self.language)

    def push(self, *, dry_run: bool = False) -> "list[PushResult]":
        """Reports of the settings → their sinks."""
        with exclusive(self.settings.cache.path), self._run("push"):
            self._refresh_facts()
            return [sink.push(reports, dry_run=dry_run) for sink, reports in self._deliveries()]

    def check(self) -> "CheckResult":
        """What the portal lets us do."""
        from b24kpi.checkup import Checkup, unset

        without = unset(self._engine()) if self._journal.as_of() is not None else ()
        wanted, figures = wanted_fields(self.settings), self._figures
        return Checkup(
            self.portal, self._store, self._clock, self.language, wanted, self._catalogue, figures, without
        ).run()

    def import_costs(self, path: Path) -> int:
        """Marketing costs into the cache, in place of those that were there. Returns their number.

        Raises:
            BadInput: any row is wrong; nothing is changed then.
        """
        self._require_synced()
        with exclusive(self.settings.cache.path):
            count = self._replace_costs(path)
            self._refresh_facts()
        return count

    def coverage(self) -> dict[str, str]:
        return self._journal.coverage()

    def metrics(self) -> tuple[Metric, ...]:
        return self.catalogue.metrics

    def dimension_names(self) -> dict[str, str]:
        """The user's own dimensions with their names for people."""
        return {each.name: each.label for each in self.catalogue.dimensions}

    @cached_property
    def catalogue(self) -> Catalogue:
        """The KPIs, sliced also by the dimensions of the settings that are read already."""
        read = user_fields.labels(self._store)
        return self._catalogue.sliced_by(installed.dimensions(self.settings, read))

    @property
    def zone(self) -> ZoneInfo:
        """Where days begin and end."""
        return context.time_zone(self._store, self.settings.portal.time_zone)

    @property
    def _figures(self) -> Figures:
        return Figures(Fraction(self.settings.marketing.margin), self.settings.customers.base_days)

    def _engine(self) -> Engine:
        as_of = self._require_synced()
        self._catch_up()
        return Engine(self._store, self.zone, as_of, self.coverage(), self._figures, self.catalogue)

    def _learn_user_fields(self) -> "list[UserField]":
        """What the portal says of the user fields of the settings; each gets its column."""
        from b24kpi.portal.user_fields import read_user_fields

        fields = read_user_fields(self.portal, wanted_fields(self.settings))
        user_fields.keep(self._store, fields)
        return fields

    def _require_read(self, dimensions: Iterable[str]) -> None:
        """Refuse a dimension of the settings that no sync has come to yet."""
        read = {each.name for each in self.catalogue.dimensions}
        for name in dimensions:
            if name in self.settings.dimensions and name not in read:
                raise CacheError("user_fields.not_read", dimension=name)

    def _require_synced(self) -> int:
        as_of = self._journal.as_of()
        if as_of is None:
            raise CacheError("cache.empty", path=str(self.settings.cache.path))
        return as_of

    def _catch_up(self) -> None:
        """Facts lag behind the rows where a run was cut off; a run that is at work now brings them up itself."""
        try:
            with exclusive(self.settings.cache.path):
                self._refresh_facts()
        except CacheError:
            if not are_built(self._store):
                raise

    def _refresh_facts(self) -> None:
        refresh(self._store, self.zone, self.currency, self._figures)

    def _replace_costs(self, path: Path) -> int:
        sources, currencies = self._known("status", "status_id", "SOURCE"), self._known("currency", "currency")
        costs = read_costs(path, sources=sources, currencies=currencies)
        replace_costs(self._store, costs)
        return len(costs)

    def _deliveries(self) -> "Iterator[tuple[Sink, list[NamedReport]]]":
        from b24kpi.sinks import SINKS

        for name, factory in SINKS.items():
            reports = [self._named(each) for each in self.settings.report if name in each.sinks]
            if reports:
                yield factory(self.portal, language=self.language, stop=self._stop), reports

    def _named(self, settings: ReportSettings) -> "NamedReport":
        from b24kpi.sinks import NamedReport

        self._require_read(name for text in settings.by for name in slice_names(text))
        report = self.report(*_asks(settings, self.catalogue))
        titles = {metric.id: metric.names[self.language] for metric in self.metrics()}
        return NamedReport(settings.name, report, titles)

    def _known(self, table: str, column: str, entity_id: str = "") -> set[str]:
        where = f" AND entity_id = '{entity_id}'" if entity_id else ""
        return {row[0] for row in self._store.query(f"SELECT {column} FROM {table} WHERE deleted_at IS NULL{where}")}

    @contextmanager
    def _run(self, kind: str) -> "Iterator[dict[str, object]]":
        """A line of the journal for a run, however it ends."""
        run = self._journal.start_run(kind, self._clock.now())
        outcome: dict[str, object] = {"requests": 0, "rows": 0, "state": "failed"}
        try:
            yield outcome
            if outcome["state"] == "failed":
                outcome["state"] = "complete"
        except Interrupted:
            outcome["state"] = "interrupted"
            raise
        finally:
            self._journal.finish_run(run, now=self._clock.now(), **outcome)  # type: ignore[arg-type]


def open_app(
    settings: Settings, *, clock: Clock = SYSTEM_CLOCK, stop: Callable[[], bool] | None = None, language: str
) -> App:
    """The application over its settings; a context manager.

    Raises:
        CacheError: the cache file is not usable.
        BadInput: a KPI of the user's own is wrong.
    """
    return App(settings, clock=clock, stop=stop, language=language)


def _asks(settings: ReportSettings, catalogue: Catalogue) -> list[Ask]:
    """A report of the settings as questions: each metric by each slice that it has."""
    asks = []
    names = settings.metrics or find_preset(settings.preset).metrics
    for text in settings.by:
        by = tuple(slice_names(text))
        for metric in map(catalogue.find, names):
            if set(by) <= {*metric.dimensions, *metric.fixed}:
                asks.append(Ask((metric.id,), settings.period, by=by, count=settings.periods))
    return asks


def _streams(only: Sequence[str]) -> "list[Entity]":
    from b24kpi.portal.entities import BY_NAME, ENTITIES
    from b24kpi.problems import nearest

    for name in only:
        if name not in BY_NAME:
            raise BadInput("cache.unknown_stream", stream=name, nearest=nearest(name, BY_NAME))
    return [entity for entity in ENTITIES if not only or entity.name in only]
