"""Marketing money that was lost: on campaigns that cannot have paid, and on junk leads.

A campaign is losing where even the upper end of what its leads may bring stays below its cost: the upper Wilson bound
of their conversion × leads × the average order of the campaign, or of all together where it won nothing. Fewer than 30
leads are not judged. A cost without campaign stands for the leads of its source whose campaign has no cost of its own.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.maturity import nowcasts
from b24kpi.metrics.model import Query, Reason, Value
from b24kpi.metrics.ratios import ENOUGH, as_money, sums
from b24kpi.metrics.statistics.intervals import wilson

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

PAIR = ("source", "utm_campaign")
READINGS = ("spend", "losing", "junk", "unjudged")


@dataclass
class Campaign:
    """What a campaign cost and brought in a period; money in hundredths."""

    spend: int = 0
    leads: int = 0
    customers: int = 0
    junk: int = 0
    sales: int = 0
    orders: int = 0

    def is_losing(self, average: Fraction | None) -> bool | None:
        """Whether it cannot have paid; None where that cannot be judged.

        Args:
            average: the average order of all campaigns together.
        """
        order = Fraction(self.sales, self.orders) if self.orders else average
        if self.leads < ENOUGH or order is None:
            return None
        return wilson(self.customers, self.leads)[1] * self.leads * float(order) < self.spend

    def wasted(self, average: Fraction | None) -> dict[str, Fraction]:
        """Its cost, and the parts of it that are wasted or cannot be judged."""
        verdict, spend = self.is_losing(average), Fraction(self.spend)
        return {
            "spend": spend,
            "losing": spend if verdict else Fraction(0),
            "junk": spend * Fraction(self.junk, self.leads) if self.leads and not verdict else Fraction(0),
            "unjudged": spend if verdict is None else Fraction(0),
        }


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """Money wasted in each period, by source and campaign of the costs."""
    unreadable = engine.unreadable(query.metric)
    books = [_Book() for _ in query.periods]
    _read(engine, query, books)
    found: dict[Cell, list[Campaign]] = defaultdict(list)
    for position, book in enumerate(books):
        for pair, campaign in book.campaigns.items():
            own = dict(zip(PAIR, pair, strict=True))
            if all(own[name] == value for name, value in query.where.items()):
                found[position, tuple(own[name] for name in by)].append(campaign)
    return [
        _value(query, (position, key), by, found.get((position, key), []), books[position], unreadable)
        for key in engine.keys(query, by, tuple(found))
        for position in range(len(query.periods))
    ]


@dataclass
class _Book:
    """A period: its campaigns by source and campaign of their cost; all that was won; flags of the rows behind."""

    campaigns: dict[tuple[str, str], Campaign] = field(default_factory=dict)
    sales: int = 0
    orders: int = 0
    flags: set[str] = field(default_factory=set)

    @property
    def average(self) -> Fraction | None:
        return Fraction(self.sales, self.orders) if self.orders else None

    def of(self, source: str, name: str) -> Campaign:
        """The campaign that pays for what came so; one that is forgotten where nothing does."""
        own = self.campaigns.get((source, name))
        return own or self.campaigns.get((source, ""), Campaign())


def _read(engine: "Engine", query: Query, books: Sequence[_Book]) -> None:
    for (position, (source, name)), spend in _sums(engine, query, "spend", PAIR, books):
        if spend:
            books[position].campaigns[source, name] = Campaign(spend=spend)
    for (position, (source, name)), leads in _sums(engine, query, "leads", PAIR, books):
        books[position].of(source, name).leads += leads
    for (position, (source, name)), leads in _sums(engine, query, "junk", PAIR, books):
        books[position].of(source, name).junk += leads
    for (position, (source, name)), customers in _sums(engine, query, "customers", PAIR, books):
        books[position].of(source, name).customers += customers
    for (position, (source, name)), sales in _sums(engine, query, "sales", PAIR, books):
        books[position].of(source, name).sales += sales
        books[position].sales += sales
    for (position, (source, name)), orders in _sums(engine, query, "orders", PAIR, books):
        books[position].of(source, name).orders += orders
        books[position].orders += orders
    for position, _ in nowcasts(engine, Query(query.metric, query.periods), ()):
        books[position].flags |= {"immature"}


def _sums(engine: "Engine", query: Query, name: str, by: "Key", books: Sequence[_Book]) -> "Iterator[tuple[Cell, int]]":
    """A measure's sums, of everything: what is asked for is picked later, when campaigns have found their costs."""
    everything = Query(query.metric, query.periods)
    for (position, key), found in sums(engine, {name: query.metric.measures[name]}, everything, by).items():
        books[position].flags |= found.flags
        yield (position, key), int(found.sums[name])


def _value(
    query: Query, cell: "Cell", by: "Key", campaigns: Sequence[Campaign], book: _Book, unreadable: Reason | None
) -> Value:
    position, key = cell
    parts = [campaign.wasted(book.average) for campaign in campaigns]
    told = {name: sum((part[name] for part in parts), Fraction(0)) for name in READINGS}
    reason = unreadable or (None if told["spend"] else Reason.NOT_CONFIGURED)
    return Value(
        metric=query.metric.id,
        period=query.periods[position],
        by=dict(zip(by, key, strict=True)),
        value=None if reason else as_money(told["losing"] + told["junk"]),
        unit=query.metric.unit,
        n=sum(campaign.leads for campaign in campaigns),
        reason=reason,
        flags=tuple(sorted(book.flags)) if campaigns else (),
        extra={name: None if reason else as_money(amount) for name, amount in told.items()},
    )
