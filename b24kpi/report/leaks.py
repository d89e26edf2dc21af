"""Where money leaks out of the funnel just now: each leak with its items, the most recoverable money first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine, check
from b24kpi.metrics.model import Query, Reason
from b24kpi.report.labels import Labels

COMPLETE = "complete"


@dataclass(frozen=True)
class Item:
    """A deal or lead that leaks.

    Attributes:
        kind: `deal` or `lead`; `number`: its id in the portal.
        by: dimension → value; `labels`: names of those that have one.
        age: seconds for which it has been where it is.
        causes: ids of messages, the first one weighs most.
        money: its amount in hundredths of the report currency, None where it has none yet.
        recoverable: what acting now is worth on average, in hundredths.
    """

    kind: str
    number: int
    by: Mapping[str, str]
    labels: Mapping[str, str]
    age: float
    causes: tuple[str, ...]
    money: int | None
    recoverable: Fraction


@dataclass(frozen=True)
class Leak:
    """One kind of leak.

    Attributes:
        metric: the KPI that counts it.
        checked: of how many open ones the items were found.
        reason: why nothing can be said, None if something can.
    """

    metric: str
    items: tuple[Item, ...] = ()
    checked: int = 0
    flags: tuple[str, ...] = ()
    reason: Reason | None = None

    @property
    def recoverable(self) -> Fraction:
        return sum((item.recoverable for item in self.items), Fraction(0))


@dataclass(frozen=True)
class Leaks:
    """All leaks as of one moment; money in hundredths of `currency`."""

    leaks: tuple[Leak, ...]
    where: Mapping[str, str]
    as_of: float
    time_zone: str
    currency: str
    coverage: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """The streams that the answer needs and that are not read to their end."""
        needed = {stream for leak in self.leaks for stream in find(leak.metric).inputs}
        return [stream for stream in self.coverage if stream in needed and self.coverage[stream] != COMPLETE]


Source = Callable[[Engine, Mapping[str, str], Labels], Leak]


def find_leaks(engine: Engine, where: Mapping[str, str], *, currency: str, language: str) -> Leaks:
    """What leaks as of the moment up to which the data reach.

    Raises:
        BadInput: a leak has no such dimension.
    """
    labels = Labels(engine.store, language)
    for metric in SOURCES:
        check(Query(find(metric), (), where=where))
    found = [_found(engine, metric, source, where, labels) for metric, source in SOURCES.items()]
    return Leaks(tuple(found), where, engine.as_of, engine.zone.key, currency, engine.coverage)


def _found(engine: Engine, metric: str, source: Source, where: Mapping[str, str], labels: Labels) -> Leak:
    reason = engine.unreadable(find(metric))
    return Leak(metric, reason=reason) if reason else source(engine, where, labels)


def _stuck_deals(engine: Engine, where: Mapping[str, str], labels: Labels) -> Leak:
    from b24kpi.metrics.stuck import StuckDeal, Stuckness  # scipy takes a second to load

    def item(deal: StuckDeal) -> Item:
        causes = tuple(f"analyses.cause.{cause}" for cause in deal.causes)
        recoverable = Fraction(deal.at_stake)
        return Item("deal", deal.deal_id, deal.by, labels.of(deal.by), deal.age, causes, deal.money, recoverable)

    checked, stuck = Stuckness(engine).judge(engine.as_of, where)
    flags = tuple(sorted({flag for deal in stuck for flag in deal.flags}))
    return Leak("stuck_deals", tuple(map(item, stuck)), checked, flags)


# KPI → what finds its items; a further leak is one entry.
SOURCES: dict[str, Source] = {"stuck_deals": _stuck_deals}
