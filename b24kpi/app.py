"""The composition root: the only place that knows the concrete parts and joins them.

`Answers` is what can be asked of the cache; `App` adds what changes something: the cache, the portal.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from b24kpi.answers import Answers
from b24kpi.cache import context, user_fields
from b24kpi.cache.as_of import note_knowledge, present_knowledge
from b24kpi.cache.journal import recorded
from b24kpi.cache.published import publish
from b24kpi.clock import SYSTEM_CLOCK, Clock
from b24kpi.facts.definition import load_facts
from b24kpi.imports import import_costs, import_plans
from b24kpi.lazy import lazy
from b24kpi.metrics.catalogue import Catalogue
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.presets import find_preset
from b24kpi.report.bottlenecks import Bottlenecks
from b24kpi.report.build import Ask
from b24kpi.report.cohorts import CohortAsk, CohortTable
from b24kpi.report.explain import Explanation, Row
from b24kpi.report.leaks import Leaks
from b24kpi.report.published import publications
from b24kpi.report.restated import Restatement
from b24kpi.report.why import Change, WhyAsk
from b24kpi.report.wording import Wording
from b24kpi.settings import ReportSettings, Settings
from b24kpi.settings import user_fields as wanted_fields
from b24kpi.settings_checks import slice_names

if TYPE_CHECKING:
    from b24kpi.cache.sync import Progress, Sync, SyncResult
    from b24kpi.checkup import CheckLine, CheckResult
    from b24kpi.portal.bulk import BulkSource
    from b24kpi.portal.client import Portal
    from b24kpi.portal.entities import Entity
    from b24kpi.portal.ledger import FileLedger
    from b24kpi.portal.user_fields import UserField
    from b24kpi.sinks import NamedReport, PushResult, Sink

__all__ = [
    "App",
    "Ask",
    "Bottlenecks",
    "Change",
    "CheckLine",
    "CheckResult",
    "CohortAsk",
    "CohortTable",
    "Explanation",
    "Leaks",
    "Progress",
    "PushResult",
    "Restatement",
    "Row",
    "WhyAsk",
    "open_app",
]


class App(Answers):
    """Everything that a command can ask for. The portal and its libraries are loaded only by what needs them."""

    def __init__(self, settings: Settings, *, clock: Clock, stop: Callable[[], bool] | None, language: str) -> None:
        super().__init__(settings, language=language)
        self._clock = clock
        self._stop = stop

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if "portal" in self.__dict__:
            self.portal.close()
        if (bulk := self.__dict__.get("_bulk")) is not None:
            bulk.close()
        if "_ledger" in self.__dict__:
            self._ledger.close()
        self._store.close()

    @lazy
    def portal(self) -> "Portal":
        """The portal of the settings, connected at first use."""
        from b24kpi.connection import access_of
        from b24kpi.portal.client import Portal

        access, plan = access_of(self.settings), self.settings.portal.plan
        return Portal(access, clock=self._clock, plan=plan, stop=self._stop, ledger=self._ledger)

    @lazy
    def _ledger(self) -> "FileLedger":
        """What the portal's limits leave us, shared by all processes that work on this cache."""
        from b24kpi.portal.ledger import FileLedger

        return FileLedger(Path(f"{self.settings.cache.path}.budget"), self._clock)

    @lazy
    def _bulk(self) -> "BulkSource | None":
        """The BI connector, where the settings have a key for it."""
        from b24kpi.portal.bulk import BulkSource
        from b24kpi.portal.secret import Secret

        key = self.settings.portal.bi_key.get_secret_value().strip()
        return BulkSource(self.portal.access, Secret(key)) if key else None

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
            BadInput: no way to a portal, an unknown stream, or a cache of another portal.
            PortalError: the portal cannot be reached at all.
            CacheError: another run is at work on this cache.
        """
        from b24kpi.cache.streams import chosen
        from b24kpi.cache.upkeep import Upkeep

        streams = chosen(only)
        with self._turn.taken("sync"), recorded(self._journal, self._clock, "sync") as run:
            asked = self.portal.requests
            context.bind(self._store, self.portal.access.host, self.portal.access.member_id)
            context.learn(self._store, self.portal)
            entities = user_fields.extend(streams, self._learn_user_fields())
            result = self._reading(progress).run(entities, full=full)
            if not only:
                self._follow_events(entities, result)
            upkeep = Upkeep(self._store, self.portal, self._clock, result)
            upkeep.run(entities, full=full, compare=compare, confirmed=confirmed)
            user_fields.settle(self._store)
            self.__dict__.pop("catalogue", None)
            result.requests = self.portal.requests - asked + result.bulk_requests
            context.snapshot_rates(self._store, self._journal.as_of() or self._clock.now(), self.zone)
            self._import_files()
            self._facts.refresh(load_facts() if self.settings.portal.client_id else ())  # pages show them all
            note_knowledge(self._store)
            self._close_months(complete=result.complete)
            run.update(
                requests=result.requests, rows=result.rows, state="complete" if result.complete else "incomplete"
            )
        return result

    def _reading(self, progress: "Progress | None") -> "Sync":
        """A run over the streams, in bulk where it can be."""
        from b24kpi.cache.sync import Sync

        parts = (self._store, self.portal, self._clock)
        return Sync(*parts, progress=progress, stop=self._stop, language=self.language, bulk=self._bulk)

    def push(self, *, dry_run: bool = False) -> "list[PushResult]":
        """Reports of the settings → their sinks."""
        with self._turn.taken("push"), recorded(self._journal, self._clock, "push"):
            self._facts.refresh()
            return [self._deliver(sink, reports, dry_run=dry_run) for sink, reports in self._deliveries()]

    def check(self) -> "CheckResult":
        """What the portal lets us do."""
        from b24kpi.checkup import Checkup
        from b24kpi.sinks import PERMISSIONS

        wanted, figures = wanted_fields(self.settings), self.figures
        parts = (self.portal, self._store, self._clock, self.language, wanted, self._catalogue, figures, self._bulk)
        used = {name for report in self.settings.report for name in report.sinks}
        return Checkup(*parts, {PERMISSIONS[name]: f'sinks = ["{name}"]' for name in used & PERMISSIONS.keys()}).run()

    def import_costs(self, path: Path) -> int:
        """Costs into the cache, in place of those that were there. Returns their number.

        Raises:
            BadInput: any row is wrong; nothing is changed then.
        """
        self._require_synced()
        with self._turn.taken("costs import"):
            count = import_costs(self._store, path)
            self._facts.refresh()
        return count

    def import_plans(self, path: Path) -> int:
        """Plans into the cache, in place of those that were there. Returns their number.

        Raises:
            BadInput: any row is wrong; nothing is changed then.
        """
        self._require_synced()
        with self._turn.taken("plans import"):
            count = import_plans(self._store, path)
            self._facts.refresh()
        return count

    def _import_files(self) -> None:
        """Costs and plans of the settings, in place of those that were there."""
        if self.settings.marketing.costs is not None:
            import_costs(self._store, self.settings.marketing.costs)
        if self.settings.plan.file is not None:
            import_plans(self._store, self.settings.plan.file)

    def _follow_events(self, entities: "Sequence[Entity]", result: "SyncResult") -> None:
        """What the portal's queue tells, which only applications have."""
        from b24kpi.cache.events import OfflineEvents

        if self.portal.access.member_id:
            OfflineEvents(self._store, self.portal, self._clock, entities, result).run()

    def _learn_user_fields(self) -> "list[UserField]":
        """What the portal says of the user fields of the settings; each gets its column."""
        from b24kpi.portal.user_fields import read_user_fields

        fields = read_user_fields(self.portal, wanted_fields(self.settings))
        user_fields.keep(self._store, fields)
        return fields

    def _close_months(self, *, complete: bool) -> None:
        """What people are paid by is kept once a month is closed; not by half of the rows."""
        figures, known = self.figures, present_knowledge(self._store)
        if not complete or known is None or not figures.motivation.versions:
            return
        from b24kpi.report.closing import closed_months

        engine = Engine(self._store, self.zone, known.as_of, self.coverage(), figures, self.catalogue)
        publish(self._store, closed_months(engine, self.currency, known, self._clock.now()))

    def _deliveries(self) -> "Iterator[tuple[Sink, list[NamedReport]]]":
        from b24kpi.sinks import SINKS, Surroundings

        around = Surroundings(self._store, self.settings.portal.public_url)
        for name, factory in SINKS.items():
            wanted = [each for each in self.settings.report if name in each.sinks]
            reports = [self._told(each) if name == "digest" else self._named(each) for each in wanted]
            if reports:
                yield factory(self.portal, language=self.language, stop=self._stop, around=around), reports

    def _named(self, settings: ReportSettings) -> "NamedReport":
        from b24kpi.sinks import NamedReport

        self._require_read(name for text in settings.by for name in slice_names(text))
        report = self.report(*_asks(settings, self.catalogue))
        return NamedReport(settings.name, report, self._titles)

    @property
    def _titles(self) -> dict[str, str]:
        return {metric.id: metric.names[self.language] for metric in self.metrics()}

    def _told(self, settings: ReportSettings) -> "NamedReport":
        """Of a report what people are told today."""
        from b24kpi.digests import digest_of

        wording = Wording(self.language, self.currency, self._titles, self.dimension_names())
        with self._engine() as engine:
            return digest_of(engine, self.settings, settings, wording, self._clock.now())

    def _deliver(self, sink: "Sink", reports: "list[NamedReport]", *, dry_run: bool) -> "PushResult":
        """Reports into a sink; what has left the house is kept."""
        result, known = sink.push(reports, dry_run=dry_run), present_knowledge(self._store)
        if known is not None and result.has_told and not dry_run:
            for named in reports:
                given = (named.name, named.report), self.catalogue, self.figures, known, self._clock.now()
                publish(self._store, publications(*given))
        return result


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
