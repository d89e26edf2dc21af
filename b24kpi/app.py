"""The composition root: the only place that knows the concrete parts and joins them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from b24kpi.cache import context
from b24kpi.cache.journal import Journal
from b24kpi.cache.lock import exclusive
from b24kpi.cache.store import Store
from b24kpi.clock import SYSTEM_CLOCK, Clock
from b24kpi.errors import BadInput, CacheError, Interrupted
from b24kpi.facts.figures import Figures
from b24kpi.facts.refresh import are_built, refresh
from b24kpi.imports import import_costs, import_plans
from b24kpi.metrics.catalogue import find, load
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Metric
from b24kpi.metrics.period import Period
from b24kpi.report.build import Ask, compose
from b24kpi.report.explain import Explanation, Row, explain
from b24kpi.report.model import Report
from b24kpi.report.why import Change, WhyAsk, diagnose
from b24kpi.settings import ReportSettings, Settings, require_webhook

if TYPE_CHECKING:
    from b24kpi.cache.sync import Progress, SyncResult
    from b24kpi.checkup import CheckLine, CheckResult
    from b24kpi.portal.client import Portal
    from b24kpi.portal.entities import Entity
    from b24kpi.portal.ledger import FileLedger
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
        self._store = Store(settings.cache.path)
        self._journal = Journal(self._store)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if "portal" in self.__dict__:
            self.portal.close()
        if "_ledger" in self.__dict__:
            self._ledger.close()
        self._store.close()

    @cached_property
    def portal(self) -> "Portal":
        """The portal of the settings, connected at first use."""
        from b24kpi.portal.auth import Webhook
        from b24kpi.portal.client import Portal

        webhook = Webhook.parse(require_webhook(self.settings))
        plan = self.settings.portal.plan
        return Portal(webhook, clock=self._clock, plan=plan, stop=self._stop, ledger=self._ledger)

    @cached_property
    def _ledger(self) -> "FileLedger":
        """What the portal's limits leave us, shared by all processes that work on this cache."""
        from b24kpi.portal.ledger import FileLedger

        return FileLedger(Path(f"{self.settings.cache.path}.budget"), self._clock)

    @property
    def currency(self) -> str:
        return context.currency(self._store, self.settings.portal.currency)

    def sync(
        self,
        *,
        full: bool = False,
        only: Sequence[str] = (),
        compare: bool = False,
        confirmed: bool = False,
        progress: "Progress | None" = None,
    ) -> "SyncResult":
        """Portal → cache, and the facts that hang on what changed.

        Args:
            compare: look for rows that vanished from the portal, whether or not it is time to; `full` does so as well.
            confirmed: rows that vanished are deleted, even where it rather looks like lost rights.

        Raises:
            BadInput: no webhook, an unknown stream, or a cache of another portal.
            PortalError: the portal cannot be reached at all.
            CacheError: another run is at work on this cache.
        """
        from b24kpi.cache.sync import Sync
        from b24kpi.cache.upkeep import Upkeep

        entities = _streams(only)
        with exclusive(self.settings.cache.path), self._run("sync") as run:
            asked = self.portal.requests
            context.bind(self._store, self.portal.webhook.host)
            context.learn(self._store, self.portal)
            sync = Sync(
                self._store, self.portal, self._clock, progress=progress, stop=self._stop, language=self.language
            )
            result = sync.run(entities, full=full)
            upkeep = Upkeep(self._store, self.portal, self._clock, result)
            upkeep.run(entities, full=full, compare=compare, confirmed=confirmed)
            result.requests = self.portal.requests - asked
            context.snapshot_rates(self._store, self._journal.as_of() or self._clock.now(), self.zone)
            if self.settings.marketing.costs is not None:
                import_costs(self._store, self.settings.marketing.costs)
            if self.settings.plan.file is not None:
                import_plans(self._store, self.settings.plan.file)
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
        return compose(self._engine(), asks, currency=self.currency, language=self.language)

    def explain(self, metric: str, period: Period, where: Mapping[str, str]) -> Explanation:
        """The rows behind one number."""
        return explain(self._engine(), find(metric), period, where, currency=self.currency, language=self.language)

    def why(self, ask: WhyAsk) -> Change:
        """What brought the change of a number between two periods.

        Raises:
            CacheError: nothing has been synced yet.
            BadInput: a metric, dimension or pair of periods that cannot be compared.
        """
        return diagnose(self._engine(), ask, currency=self.currency, language=self.language)

    def push(self, *, dry_run: bool = False) -> "list[PushResult]":
        """Reports of the settings → their sinks."""
        with exclusive(self.settings.cache.path), self._run("push"):
            self._refresh_facts()
            return [sink.push(reports, dry_run=dry_run) for sink, reports in self._deliveries()]

    def check(self) -> "CheckResult":
        """What the portal lets us do."""
        from b24kpi.checkup import Checkup

        return Checkup(self.portal, self._store, self._clock, self.language).run()

    def import_costs(self, path: Path) -> int:
        """Marketing costs into the cache, in place of those that were there. Returns their number.

        Raises:
            BadInput: any row is wrong; nothing is changed then.
        """
        self._require_synced()
        with exclusive(self.settings.cache.path):
            count = import_costs(self._store, path)
            self._refresh_facts()
        return count

    def import_plans(self, path: Path) -> int:
        """Plans into the cache, in place of those that were there. Returns their number.

        Raises:
            BadInput: any row is wrong; nothing is changed then.
        """
        self._require_synced()
        with exclusive(self.settings.cache.path):
            count = import_plans(self._store, path)
            self._refresh_facts()
        return count

    def coverage(self) -> dict[str, str]:
        return self._journal.coverage()

    def metrics(self) -> tuple[Metric, ...]:
        return load()

    @property
    def zone(self) -> ZoneInfo:
        """Where days begin and end."""
        return context.time_zone(self._store, self.settings.portal.time_zone)

    @property
    def _figures(self) -> Figures:
        margin, base_days = Fraction(self.settings.marketing.margin), self.settings.customers.base_days
        return Figures(margin, base_days, self.settings.results.point)

    def _engine(self) -> Engine:
        as_of = self._require_synced()
        self._catch_up()
        return Engine(self._store, self.zone, as_of, self.coverage(), self._figures)

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

    def _deliveries(self) -> "Iterator[tuple[Sink, list[NamedReport]]]":
        from b24kpi.sinks import SINKS

        for name, factory in SINKS.items():
            reports = [self._named(each) for each in self.settings.report if name in each.sinks]
            if reports:
                yield factory(self.portal, language=self.language, stop=self._stop), reports

    def _named(self, settings: ReportSettings) -> "NamedReport":
        from b24kpi.sinks import NamedReport

        report = self.report(*_asks(settings))
        titles = {metric.id: metric.names[self.language] for metric in load()}
        return NamedReport(settings.name, report, titles)

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
    """
    return App(settings, clock=clock, stop=stop, language=language)


def _asks(settings: ReportSettings) -> list[Ask]:
    """A report of the settings as questions: each metric by each slice that it has."""
    asks = []
    for text in settings.by:
        by = tuple(name.strip() for name in text.split(",") if name.strip())
        for metric in map(find, settings.metrics):
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
