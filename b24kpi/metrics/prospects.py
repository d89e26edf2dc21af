"""Where the sales of a period are to come from, as of a moment: wins so far, open deals, business yet to come.

What was not known at the moment is left out: later wins and moves, and deals that were created after it. A deal that
was closed more than once counts by its last close, as everywhere.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.lazy import lazy
from b24kpi.metrics.compiler import dimension, slice_conditions
from b24kpi.metrics.dimensions import with_dimensions
from b24kpi.metrics.model import Measure, Query
from b24kpi.metrics.open_deals import OpenDeal, OpenDeals, column
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.series import SEASON, earlier, first_whole, is_complete, run_up_to, steps_between, today
from b24kpi.metrics.statistics.simulation import Prospects
from b24kpi.metrics.statistics.smoothing import smooth

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

Array = NDArray[Any]

LEAST = 12  # periods of new business from which more can be expected
LONGEST = {Grain.WEEK: 156}  # periods of new business that are looked at, three seasons or more
USUAL_LONGEST = 60
DEALS = Measure("deal", "closed_day")


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
    """Won deals in the order of their wins: moments of creation and win, money in hundredths."""

    created: Array
    closed: Array
    money: Array

    def between(self, start: float, end: float) -> slice:
        return slice(*np.searchsorted(self.closed, (start, end), side="left").tolist())


class Book:
    """Every deal with its stays, read once, and what they let expect."""

    def __init__(self, engine: "Engine", query: Query, by: "Key") -> None:
        self._engine, self._grain = engine, query.periods[0].grain
        deals = with_dimensions(DEALS, engine.catalogue.dimensions)
        keys = [f", COALESCE(CAST({dimension(deals, name)} AS TEXT), '')" for name in by]
        condition = " AND ".join(slice_conditions(deals, query.where)) or "1"
        rows = engine.store.query(
            f"SELECT f.deal_id, f.created_at, f.closed_at, f.outcome = 'won', f.money, {condition}{''.join(keys)} "
            "FROM fact_deal AS f ORDER BY f.deal_id",
            dict(query.where),
        )
        self.ids: list[int] = [row[0] for row in rows]
        self._slices: list[Key | None] = [tuple(row[6:]) if row[5] else None for row in rows]
        self._created, self._closed, self.money = column(rows, 1), column(rows, 2), column(rows, 4)
        self._is_won = column(rows, 3) == 1
        self._wins: dict[Key, _Wins] = {}

    @property
    def keys(self) -> "list[Key]":
        """The combinations of dimensions that occur."""
        return sorted({key for key in self._slices if key is not None})

    def cut(self, period: Period) -> Cut:
        """From where a period is looked at: now, or for one that is over the last second before it."""
        engine = self._engine
        if is_complete(engine, period):
            return Cut(engine.moment(period.start) - 1, period, 0.0)
        present = Period.containing(today(engine), period.grain)
        return Cut(engine.as_of, present, engine.as_of - (engine.moment(present.start) - 1))

    def is_known_at(self, cut: Cut) -> bool:
        """Whether any deal was there by then, and all that were open have a chance."""
        return bool((self._created <= cut.moment).any()) and self._open.at(cut.moment) is not None

    def open_deals(self, cut: Cut, key: "Key") -> list[OpenDeal]:
        """The deals of a combination that were open at the cut; none where their chances are not known."""
        return [deal for deal in self._open.at(cut.moment) or () if self._slices[deal.place] == key]

    def prospects(self, period: Period, cut: Cut, key: "Key", least: int = LEAST) -> Prospects:
        """What the period is made of; of deals yet to come nothing, where there are too few periods to tell by."""
        deals = self.open_deals(cut, key)
        begin, end = (self._engine.moment(day) - 1 - cut.moment for day in (period.start, period.end))
        chances = [deal.curve.won_by(end) - (deal.curve.won_by(begin) if begin > 0 else 0.0) for deal in deals]
        amounts = self.money[[deal.place for deal in deals]] if deals else np.empty(0)
        new, errors = self._new_business(period, cut, key, least)
        return Prospects(self._won(period, key, cut.moment), amounts, np.array(chances), new, errors)

    def won(self, period: Period, cut: Cut) -> list[int]:
        """Places of the deals of the query that were won in the period by the cut, in the order of their ids."""
        start, end = self._engine.moment(period.start), min(self._engine.moment(period.end), cut.moment + 1)
        inside = self._is_won & (self._closed >= start) & (self._closed < end)
        return [place for place in np.flatnonzero(inside).tolist() if self._slices[place] is not None]

    def actual(self, period: Period, key: "Key") -> float:
        """Sales of the period as they came, in hundredths."""
        return self._won(period, key, self._engine.as_of)

    def _won(self, period: Period, key: "Key", until: float) -> float:
        wins = self._wins_of(key)
        end = min(self._engine.moment(period.end), until + 1)
        return float(wins.money[wins.between(self._engine.moment(period.start), end)].sum())

    def _new_business(self, period: Period, cut: Cut, key: "Key", least: int) -> tuple[float | None, Array | None]:
        """What to expect of deals that were not there at the cut, and by how much such expectations have missed.

        The same was to be expected of each period before, from a moment as far ahead of it.
        """
        ahead = steps_between(cut.present, period)
        run = self._run(cut.present.previous, ahead)
        if len(run) < least or len(run) <= ahead + 1:
            return None, None
        outlook = smooth([self._came_late(each, ahead, cut.elapsed, key) for each in run], SEASON[self._grain])
        return outlook.expected(ahead + 1), outlook.errors(ahead + 1)

    def _run(self, last: Period, ahead: int) -> list[Period]:
        """The periods whose new business is known, so many periods ahead."""
        if self._first is None or last < self._first:
            return []
        longest = LONGEST.get(self._grain, USUAL_LONGEST)
        return run_up_to(last, min(longest, steps_between(self._first, last) + 1 - ahead))

    @lazy
    def _first(self) -> Period | None:
        return first_whole(self._engine, self._grain)

    def _came_late(self, period: Period, ahead: int, elapsed: float, key: "Key") -> float:
        """Sales of a period out of deals that were created after the moment that corresponds to the cut."""
        wins = self._wins_of(key)
        inside = wins.between(self._engine.moment(period.start), self._engine.moment(period.end))
        is_late = wins.created[inside] > self._engine.moment(earlier(period, ahead).start) - 1 + elapsed
        return float(wins.money[inside][is_late].sum())

    def _wins_of(self, key: "Key") -> _Wins:
        if key not in self._wins:
            mine = [place for place, each in enumerate(self._slices) if each == key and self._is_won[place]]
            mine.sort(key=lambda place: self._closed[place])
            self._wins[key] = _Wins(self._created[mine], self._closed[mine], self.money[mine])
        return self._wins[key]

    @lazy
    def _open(self) -> OpenDeals:
        places = {deal_id: place for place, deal_id in enumerate(self.ids)}
        return OpenDeals(self._engine, places, self._closed, self._is_won)
