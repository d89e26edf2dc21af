"""Where money leaks out of the funnel just now: each leak with its items, the most recoverable money first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.compiler import row_statement
from b24kpi.metrics.engine import Engine, check
from b24kpi.metrics.model import Query, Reason
from b24kpi.metrics.period import Grain, Period
from b24kpi.report.grounds import Grounds, grounds_of
from b24kpi.report.labels import Labels


@dataclass(frozen=True)
class Item:
    """A deal, lead or customer that leaks.

    Attributes:
        kind: `deal`, `lead`, `contact` or `company`; `number`: its id in the portal.
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
        checked: of how many open deals, or inquiries of the last days, the items were found.
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
    """All leaks as of one moment; money in hundredths of the report currency.

    Attributes:
        left_out: those that know nothing of a dimension of `where`.
    """

    leaks: tuple[Leak, ...]
    where: Mapping[str, str]
    grounds: Grounds
    left_out: tuple[str, ...] = ()


Source = Callable[[Engine, Mapping[str, str], Labels], Leak]


def find_leaks(engine: Engine, where: Mapping[str, str], *, currency: str, language: str) -> Leaks:
    """What leaks as of the moment up to which the data reach; a leak that cannot be filtered so is left out.

    Raises:
        BadInput: no leak has such a dimension.
    """
    labels = Labels(engine.store, language)
    fitting = [metric for metric in SOURCES if where.keys() <= {*find(metric).dimensions}]
    if not fitting:
        check(Query(find(next(iter(SOURCES))), (), where=where))
    found = [_found(engine, metric, SOURCES[metric], where, labels) for metric in fitting]
    left_out = tuple(metric for metric in SOURCES if metric not in fitting)
    grounds = grounds_of(engine, currency, [leak.metric for leak in found])
    return Leaks(tuple(found), where, grounds, left_out)


def _found(engine: Engine, metric: str, source: Source, where: Mapping[str, str], labels: Labels) -> Leak:
    reason = engine.unreadable(find(metric))
    return Leak(metric, reason=reason) if reason else source(engine, where, labels)


def _stuck_deals(engine: Engine, where: Mapping[str, str], labels: Labels) -> Leak:
    from b24kpi.metrics.stuck_list import StuckDeal, list_stuck  # numpy takes a tenth of a second to load

    def item(deal: StuckDeal) -> Item:
        causes = tuple(f"analyses.cause.{cause}" for cause in deal.causes)
        recoverable = Fraction(deal.at_stake)
        return Item("deal", deal.deal_id, deal.by, labels.of(deal.by), deal.age, causes, deal.money, recoverable)

    checked, stuck = list_stuck(engine, engine.as_of, where)
    flags = tuple(sorted({flag for deal in stuck for flag in deal.flags}))
    return Leak("stuck_deals", tuple(map(item, stuck)), checked, flags)


def _lost_requests(engine: Engine, where: Mapping[str, str], labels: Labels) -> Leak:
    """Inquiries of the last days that nobody has answered, each worth what others of its source have brought."""
    from b24kpi.metrics.analyses.lost_requests import worths

    metric, window = find("lost_requests"), recent(engine)
    worth = worths(engine, (window,))[window]
    engine.set_periods(metric, (window,))
    statement = row_statement(metric.measures["lost"], where)
    rows = list(engine.store.dicts(statement.sql, statement.params))
    items = []
    for row in rows:
        if row["is_in"]:
            kind, number = _subject(row)
            by = {name: str(row[column] or "") for name, column in _OF_REQUESTS.items()}
            age, causes = engine.as_of - row["asked_at"], ("analyses.cause.unanswered",)
            brings = worth.of(by["source"]) or Fraction(0)
            items.append(Item(kind, number, by, labels.of(by), age, causes, None, brings))
    items.sort(key=lambda item: (-item.recoverable, item.age))
    flags = () if all(worth.of(item.by["source"]) is not None for item in items) else ("worth_unknown",)
    return Leak("lost_requests", tuple(items), len(rows), flags)


def recent(engine: Engine) -> Period:
    """The days of which lost requests are worth a call; today is the last of them."""
    tomorrow = datetime.fromtimestamp(engine.as_of, engine.zone).date() + timedelta(days=1)
    return Period(tomorrow - timedelta(days=RECENT_DAYS), tomorrow, Grain.MONTH)


def _subject(row: Mapping[str, Any]) -> tuple[str, int]:
    """What a person opens to answer: the lead or deal of the inquiry, else who asked."""
    for kind in ("lead", "deal"):
        if row[f"{kind}_id"]:
            return kind, row[f"{kind}_id"]
    kind, _, number = row["party"].partition(":")
    return kind, int(number)


RECENT_DAYS = 30
_OF_REQUESTS = {"source": "source_id", "channel": "channel", "manager": "manager_id"}
# KPI → what finds its items; a further leak is one entry.
SOURCES: dict[str, Source] = {"stuck_deals": _stuck_deals, "lost_requests": _lost_requests}
