"""What can be asked of the cache: values, the rows behind them, what changed them. Nothing here needs the portal."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from b24kpi import installed
from b24kpi.cache import context, user_fields
from b24kpi.cache.as_of import earlier_knowledge, last_second
from b24kpi.cache.journal import Journal
from b24kpi.cache.lock import Turn
from b24kpi.cache.store import Store
from b24kpi.errors import CacheError
from b24kpi.fact_keeper import FactKeeper
from b24kpi.facts.figures import Figures
from b24kpi.facts.office_hours import office_hours
from b24kpi.given import figures_of
from b24kpi.lazy import lazy
from b24kpi.metrics.catalogue import Catalogue
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Metric
from b24kpi.metrics.past import past_engine
from b24kpi.metrics.period import Period
from b24kpi.report.build import Ask, compose
from b24kpi.report.explain import Explanation, explain
from b24kpi.report.labels import Labels
from b24kpi.report.model import Report
from b24kpi.report.restated import Restatement, publication_for, restatement
from b24kpi.report.why import Change, WhyAsk, diagnose
from b24kpi.settings import Settings

if TYPE_CHECKING:
    from b24kpi.report.bottlenecks import Bottlenecks
    from b24kpi.report.cohorts import CohortAsk, CohortTable
    from b24kpi.report.crm_effect import Effect
    from b24kpi.report.customer_outlook import CustomerOutlook
    from b24kpi.report.forecast import Forecast, ForecastAsk
    from b24kpi.report.leaks import Leaks
    from b24kpi.report.reconciliation import Reconciliation

Found = TypeVar("Found")


class Answers:
    """Answers out of the cache of the settings, in one language.

    Wherever a moment `as_of` is given, the answer is what one would have got then; of a date its end counts.
    """

    def __init__(self, settings: Settings, *, language: str) -> None:
        self.settings = settings
        self.language = language
        self._catalogue = installed.catalogue(settings)
        self._store = Store(settings.cache.path)
        self._journal = Journal(self._store)
        self._turn = Turn(settings.cache.path)
        self._facts = FactKeeper(self._store, self._turn, lambda: (self.zone, self.currency, self.figures))

    @property
    def zone(self) -> ZoneInfo:
        """Where days begin and end."""
        return context.time_zone(self._store, self.settings.portal.time_zone)

    @property
    def currency(self) -> str:
        """The report currency."""
        return context.currency(self._store, self.settings.portal.currency)

    @lazy
    def catalogue(self) -> Catalogue:
        """The KPIs, sliced also by the dimensions of the settings that are read already."""
        return self._attributed(self.settings.marketing.attribution)

    def metrics(self) -> tuple[Metric, ...]:
        """Every KPI that can be asked for."""
        return self.catalogue.metrics

    def dimension_names(self) -> dict[str, str]:
        """The user's own dimensions with their names for people."""
        return {each.name: each.label for each in self.catalogue.dimensions}

    @property
    def as_of(self) -> int:
        """The moment up to which the data reach, epoch seconds.

        Raises:
            CacheError: nothing has been synced yet.
        """
        return self._require_synced()

    @property
    def figures(self) -> Figures:
        """What people give, here or in the portal: costs, margins, working times and the like."""
        return figures_of(self.settings, office_hours(self._store))

    def names(self, dimension: str) -> Mapping[str, str]:
        """Value → name for people, of the values of a dimension that have one."""
        return Labels(self._store, self.language, self.catalogue.dimensions).all(dimension)

    def coverage(self) -> dict[str, str]:
        """Stream → `complete` or why not."""
        return self._journal.coverage()

    def report(self, *asks: Ask, as_of: date | None = None, attribution: str = "") -> Report:
        """Values.

        Args:
            attribution: another rule than that of the settings, see `metrics.attribution`.

        Raises:
            CacheError: nothing has been synced yet.
            BadInput: an unknown metric, dimension, mode or attribution.
        """
        self._require_read(name for ask in asks for name in (*ask.by, *ask.where))
        with self._engine(as_of, self._attributed(attribution)) as engine:
            return compose(engine, asks, currency=self.currency, language=self.language)

    def explain(
        self, metric: str, period: Period, where: Mapping[str, str], *, as_of: date | None = None, attribution: str = ""
    ) -> Explanation:
        """The rows behind one number.

        Raises:
            CacheError: nothing has been synced yet.
            BadInput: an unknown metric, dimension or attribution, or a period that had not begun.
        """
        self._require_read(where)
        catalogue = self._attributed(attribution)
        found = catalogue.find(metric)
        with self._engine(as_of, catalogue) as engine:
            return explain(engine, found, period, where, currency=self.currency, language=self.language)

    def why(self, ask: WhyAsk, *, as_of: date | None = None) -> Change:
        """What brought the change of a number between two periods.

        Raises:
            CacheError: nothing has been synced yet.
            BadInput: a metric, dimension or pair of periods that cannot be compared.
        """
        self._require_read((*ask.by, *ask.where))
        with self._engine(as_of) as engine:
            return diagnose(engine, ask, currency=self.currency, language=self.language)

    def restated(
        self, metric: str, period: Period, where: Mapping[str, str], *, as_of: date | None = None
    ) -> Restatement:
        """Why a published value is another one today, or was at a later moment than that of its publication.

        Raises:
            BadInput: it was not published, or is defined otherwise today.
        """
        found = self.catalogue.find(metric)
        with self._engine(as_of) as now:
            publication = publication_for(now, found, period, where, self.currency)
            with self._engine(datetime.fromtimestamp(publication.seen_until, UTC)) as then:
                return restatement(then, now, publication, found, period, where)

    def bottlenecks(self, period: Period | None, where: Mapping[str, str]) -> "Bottlenecks":
        """What becomes of the deals at each stage, and what a better conversion would bring; by default of a year.

        Raises:
            CacheError: nothing has been synced yet.
            BadInput: a dimension that the KPI does not have.
        """
        from b24kpi.report.bottlenecks import find_bottlenecks

        with self._engine() as engine:
            return find_bottlenecks(engine, period, where, currency=self.currency, language=self.language)

    def cohorts(self, ask: "CohortAsk") -> "CohortTable":
        """What those who began in one period have done since.

        Raises:
            CacheError: nothing has been synced yet.
            BadInput: a dimension that the cohorts do not have.
        """
        from b24kpi.report.cohorts import follow

        with self._engine() as engine:
            return follow(engine, ask, currency=self.currency, language=self.language)

    def leaks(self, where: Mapping[str, str]) -> "Leaks":
        """What does not move any more, and what acting on it is worth.

        Raises:
            CacheError: nothing has been synced yet.
            BadInput: a dimension that a leak does not have.
        """
        from b24kpi.report.leaks import find_leaks

        with self._engine() as engine:
            return find_leaks(engine, where, currency=self.currency, language=self.language)

    def forecast(self, ask: "ForecastAsk") -> "Forecast":
        """What sales will come to.

        Raises:
            CacheError: nothing has been synced yet.
            BadInput: a dimension that forecasts do not have.
        """
        from b24kpi.report.forecast import look_ahead  # statistics take a second to load

        with self._engine() as engine:
            return look_ahead(engine, ask, currency=self.currency, language=self.language)

    def customers_ahead(self, where: Mapping[str, str]) -> "CustomerOutlook":
        """What is to be expected of each customer; raises as `forecast` does."""
        from b24kpi.report.customer_outlook import customers_ahead

        with self._engine() as engine:
            return customers_ahead(engine, where, currency=self.currency)

    def crm_effect(self) -> "Effect":
        """What the CRM has changed, by the figures of the settings.

        Raises:
            CacheError: nothing has been synced yet.
        """
        from b24kpi.report.crm_effect import measure_effect  # numpy takes a while to load

        with self._engine() as engine:
            return measure_effect(engine, currency=self.currency)

    def reconcile(self, period: Period | None, where: Mapping[str, str]) -> "Reconciliation":
        """Bitrix24's own count of won deals beside ours, and why they differ; by default of the last complete month.

        Raises:
            CacheError: nothing has been synced yet.
            BadInput: a dimension that Bitrix24 does not know of deals.
        """
        from b24kpi.report.reconciliation import reconcile

        with self._engine() as engine:
            return reconcile(engine, period, where, currency=self.currency, language=self.language)

    def look(self, into: Callable[[Engine], Found]) -> Found:
        """Whatever is found in the facts, brought up to the rows, by what looks into them.

        Raises:
            CacheError: nothing has been synced yet.
            Whatever it raises itself.
        """
        with self._engine() as engine:
            return into(engine)

    def close(self) -> None:
        """End the use of the cache file."""
        self._store.close()

    @contextmanager
    def _engine(self, as_of: date | None = None, catalogue: Catalogue | None = None) -> Iterator[Engine]:
        present, catalogue = self._require_synced(), catalogue or self.catalogue
        known = None if as_of is None else earlier_knowledge(self._store, last_second(as_of, self.zone))
        if known is None:
            self._facts.catch_up()
            yield Engine(self._store, self.zone, present, self.coverage(), self.figures, catalogue)
            return
        with past_engine(self._store, known, self.zone, self.currency, self.figures, catalogue) as engine:
            yield engine

    def _attributed(self, rule: str) -> Catalogue:
        """The KPIs under a rule of attribution, "" for that of the settings."""
        if not rule:
            return self.catalogue
        read = user_fields.labels(self._store)
        return self._catalogue.sliced_by(installed.dimensions(self.settings, read)).attributed(rule)

    def _require_synced(self) -> int:
        as_of = self._journal.as_of()
        if as_of is None:
            raise CacheError("cache.empty", path=str(self.settings.cache.path))
        return as_of

    def _require_read(self, dimensions: Iterable[str]) -> None:
        """Refuse a dimension of the settings that no sync has come to yet."""
        read = {each.name for each in self.catalogue.dimensions}
        for name in dimensions:
            if name in self.settings.dimensions and name not in read:
                raise CacheError("user_fields.not_read", dimension=name)
