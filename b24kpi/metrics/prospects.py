"""Where the sales of a period are to come from, as of a moment: wins so far, open deals, business yet to come.

What was not known at the moment is left out: later wins and moves, and deals that were created after it. A deal that
was closed more than once counts by its last close, as everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.lazy import lazy
from b24kpi.metrics.columns import parted
from b24kpi.metrics.courses import Deals, never, read_deals
from b24kpi.metrics.deal_keys import keys_of_deals
from b24kpi.metrics.known_stays import in_order
from b24kpi.metrics.model import Query
from b24kpi.metrics.open_deals import OpenDeals, open_book
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.series import SEASON, earlier, first_after, is_complete, run_up_to, steps_between, today
from b24kpi.metrics.statistics.simulation import Prospects
from b24kpi.metrics.statistics.smoothing import Outlook, smooth

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

Array = NDArray[Any]

LEAST = 12  # periods of new business from which more can be expected
LONGEST = {Grain.WEEK: 156}  # periods of new business that are looked at, three seasons or more
USUAL_LONGEST = 60


@dataclass(frozen=True)
class Cut:
    """A moment from which a period is looked at: what happened until then, epoch seconds, is known.

    Attributes:
        present: the period in which the moment lies, or which begins just after it.
        elapsed: seconds of it that are over.
    """

    moment: float
    present: Period
    elapsed: float


@dataclass(frozen=True)
class _Wins:
    """Won deals in the order of their wins: moments of creation and win, money in hundredths, combinations.

    Attributes:
        places: of the deals among all.
    """

    places: Array
    created: Array
    closed: Array
    money: Array
    codes: Array

    def between(self, start: float, end: float) -> slice:
        return slice(*np.searchsorted(self.closed, (start, end), side="left").tolist())


class Book:
    """Every deal with its stays, and what they let expect; money is in hundredths.

    Attributes:
        keys: the combinations of dimensions that occur, in order.
        ids, money: of all deals.
    """

    def __init__(self, engine: "Engine", query: Query, by: "Key") -> None:
        self._engine, self._grain = engine, query.periods[0].grain
        deals, keys = read_deals(engine), keys_of_deals(engine, by, query.where)
        self.ids, self.money, self._deals = deals.ids, deals.money, deals
        self.keys, self._codes = sorted(keys.keys), keys.codes
        self._code_of: dict[Key, int] = {key: code for code, key in enumerate(keys.keys)}
        self._open = open_book(engine)
        self._shares: dict[float, Mapping[int, Array]] = {}
        self._sums: dict[tuple[float, float], Array] = {}
        self._late: dict[tuple[Period, float], Array] = {}
        self._outlooks: dict[tuple[Period, Period, float], list[Outlook]] = {}
        self._moments: dict[date, float] = {}
        self._cuts: dict[Period, Cut] = {}

    def cut(self, period: Period) -> Cut:
        """From where a period is looked at: now, or for one that is over the last second before it."""
        if period not in self._cuts:
            self._cuts[period] = self._cut(period)
        return self._cuts[period]

    def _cut(self, period: Period) -> Cut:
        engine = self._engine
        if is_complete(engine, period):
            return Cut(engine.moment(period.start) - 1, period, 0.0)
        present = Period.containing(today(engine), period.grain)
        return Cut(engine.as_of, present, engine.as_of - (engine.moment(present.start) - 1))

    def is_known_at(self, cut: Cut) -> bool:
        """Whether any deal was there by then, and all that were open have a chance."""
        return self._oldest <= cut.moment and self._open.at(cut.moment) is not None

    @lazy
    def _oldest(self) -> float:
        return float(self._deals.created.min(initial=never(self._deals.created)))

    def open_deals(self, cut: Cut, key: "Key") -> tuple[OpenDeals, Array]:
        """The deals that were open at the cut, and the places among them of those of a combination.

        Raises:
            ValueError: their chances are not known.
        """
        found = self._open.at(cut.moment)
        if found is None:
            raise ValueError("chances are not known")
        if cut.moment not in self._shares:
            codes = self._codes[found.places]
            own = np.flatnonzero(codes >= 0)
            order, parts = parted(codes[own], max(len(self.keys), 1))
            self._shares[cut.moment] = {code: own[order[part]] for code, part in parts}
        code = self._code_of.get(key)
        return found, self._shares[cut.moment].get(-1 if code is None else code, np.empty(0, dtype=np.int64))

    def prospects(self, period: Period, cut: Cut, key: "Key", least: int = LEAST) -> Prospects:
        """What the period is made of; of deals yet to come nothing, where there are too few periods to tell by."""
        begin, end = (self._moment(day) - 1 - cut.moment for day in (period.start, period.end))
        deals, rows = self.open_deals(cut, key)
        new, errors = self._new_business(period, cut, key, least)
        return Prospects(
            self._won(period, key, cut.moment),
            self.money[deals.places[rows]],
            deals.chances(begin, end)[rows],
            new,
            errors,
        )

    def won(self, period: Period, cut: Cut) -> list[int]:
        """Places of the deals of the query that were won in the period by the cut, in the order of their ids."""
        start, end = self._engine.moment(period.start), min(self._engine.moment(period.end), cut.moment + 1)
        inside = self._deals.is_won & (self._deals.closed >= start) & (self._deals.closed < end) & (self._codes >= 0)
        places: list[int] = np.flatnonzero(inside).tolist()
        return places

    def actual(self, period: Period, key: "Key") -> float:
        """Sales of the period as they came, in hundredths."""
        return self._won(period, key, self._engine.as_of)

    def _won(self, period: Period, key: "Key", until: float) -> float:
        start, end = self._moment(period.start), min(self._moment(period.end), until + 1)
        if (start, end) not in self._sums:
            self._sums[start, end] = self._summed(self._wins.between(start, end))
        return self._at(self._sums[start, end], key)

    def _new_business(self, period: Period, cut: Cut, key: "Key", least: int) -> tuple[float | None, Array | None]:
        """What to expect of deals that were not there at the cut, and by how much such expectations have missed.

        The same was to be expected of each period before, from a moment as far ahead of it.
        """
        name, ahead = (cut.present, period, cut.elapsed), steps_between(cut.present, period)
        if name not in self._outlooks:
            self._outlooks[name] = self._look_out(cut, ahead)
        found = self._outlooks[name]
        length = len(found[0].plain) if found else 0
        if length < least or length <= ahead + 1:
            return None, None
        outlook = found[self._code_of.get(key, -1)]
        return outlook.expected(ahead + 1), outlook.errors(ahead + 1)

    def _look_out(self, cut: Cut, ahead: int) -> list[Outlook]:
        """Of each combination, and in the end of one without any sales; nothing where no period is known."""
        run = self._run(cut.present.previous, ahead)
        if not run:
            return []
        sums = np.array([self._came_late(period, ahead, cut.elapsed) for period in run])
        return smooth(np.append(sums.T, np.zeros((1, len(run))), axis=0), SEASON[self._grain])

    def _came_late(self, period: Period, ahead: int, elapsed: float) -> Array:
        """Sales in a period of each combination out of deals created after the moment so far ahead of it."""
        since = self._moment(earlier(period, ahead).start) - 1 + elapsed
        if (period, since) not in self._late:
            inside = self._wins.between(self._moment(period.start), self._moment(period.end))
            self._late[period, since] = self._summed(inside, self._wins.created[inside] > since)
        return self._late[period, since]

    def _run(self, last: Period, ahead: int) -> list[Period]:
        """The periods whose new business is known, so many periods ahead."""
        if self._first is None or last < self._first:
            return []
        longest = LONGEST.get(self._grain, USUAL_LONGEST)
        return run_up_to(last, min(longest, steps_between(self._first, last) + 1 - ahead))

    @lazy
    def _first(self) -> Period | None:
        return (
            None if self._oldest == never(self._deals.created) else first_after(self._engine, self._oldest, self._grain)
        )

    def _summed(self, wins: slice, which: Array | None = None) -> Array:
        """Sums of money, one for each combination."""
        codes, money = self._wins.codes[wins], self._wins.money[wins]
        return np.bincount(codes, money if which is None else money * which, minlength=len(self.keys))

    def _at(self, sums: Array, key: "Key") -> float:
        code = self._code_of.get(key)
        return 0.0 if code is None else float(sums[code])

    def _moment(self, day: date) -> float:
        if day not in self._moments:
            self._moments[day] = self._engine.moment(day)
        return self._moments[day]

    @lazy
    def _wins(self) -> _Wins:
        every = self._engine.once(_Wins, lambda: _won_deals(self._deals))
        codes = self._codes[every.places]
        if (codes >= 0).all():
            return replace(every, codes=codes)
        (own,) = (codes >= 0).nonzero()
        return _Wins(every.places[own], every.created[own], every.closed[own], every.money[own], codes[own])


def _won_deals(deals: Deals) -> _Wins:
    """Those of all deals, of no combinations yet."""
    places = np.flatnonzero(deals.is_won)
    places = in_order(deals.closed[places], places)[1]
    created, closed = (column[places].astype(float) for column in (deals.created, deals.closed))
    return _Wins(places, created, closed, deals.money[places], places[:0])


def book_of(engine: "Engine", query: Query, by: "Key") -> Book:
    """That of a query; questions for other periods of the same length share it."""
    name = Book, query.periods[0].grain, by, tuple(sorted(query.where.items()))
    return engine.once(name, lambda: Book(engine, query, by))
