"""What is expected of a period: sales_forecast, and plan_realism where nobody has planned anything.

Plain loops over deals; chances by the product-limit formula written out, smoothing by trying every weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.reference import slices
from tests.reference.deals import Stay
from tests.reference.periods import Period, local_day, midnight
from tests.reference.results import Result
from tests.reference.runs import SEASON, back, distance, following, grain_of, holding, indices
from tests.reference.slices import Key
from tests.reference.world import Deal, World

By = Sequence[str]
Curve = list[tuple[float, float]]  # time, share won by then
DAY = 86400
AGES = (0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 545, 730)
ENOUGH_STAYS, TWO_YEARS = 10, 730 * DAY
ENOUGH_PERIODS = 12
DIMENSIONS = frozenset({"pipeline", "manager", "department", "source"})


@dataclass(frozen=True)
class Case:
    """A deal that was open at a moment: its stay, and what it would have to look like."""

    deal: Deal
    stay: Stay
    age: float


class Foresight:
    """Values of sales_forecast, period by period."""

    def __init__(self, world: World, by: By) -> None:
        slices.check(by, DIMENSIONS)
        self._world = world
        self._keys = {deal.id: slices.of_deal(world, deal, close_of(deal) or world.as_of, by) for deal in world.deals}
        self._always: list[Key] = [] if by else [()]
        self._known: dict[float, list[tuple[Case, Curve]] | None] = {}

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        """A result for every period and every combination of which there is a deal."""
        keys = sorted({*self._keys.values(), *self._always})
        return {(period.label, key): self._judge(period, key) for period in periods for key in keys}

    def nothing(self) -> Result:
        """The result where there is no deal."""
        return Result(None, reason="insufficient_data")

    def _judge(self, period: Period, key: Key) -> Result:
        world = self._world
        today = local_day(world.as_of, world.zone)
        is_over = period.end <= today
        cut = midnight(period.start, world.zone) - 1 if is_over else world.as_of
        present = period if is_over else holding(today, grain_of(period.label))
        begun = 0.0 if is_over else cut - (midnight(present.start, world.zone) - 1)
        if not any(deal.row["date_create"] <= cut for deal in world.deals):
            return self.nothing()
        pipeline = self._pipeline(period, cut, key)
        if pipeline is None:
            return self.nothing()
        count, expected = pipeline
        won, new = self._won(period, cut, key), self._new(period, cut, present, begun, key)
        parts = {"won_so_far": won, "open_deals": expected, "new_business": new}
        extra: dict[str, Any] = {
            name: None if part is None else Fraction(_cents(part), 100) for name, part in parts.items()
        }
        flags = [*(["foreseen"] if is_over else []), *(["pipeline_only"] if new is None else [])]
        return Result(Fraction(_cents(won + expected + (new or 0.0))), n=count, extra=extra | {"flags": flags})

    def _won(self, period: Period, cut: float, key: Key) -> float:
        return float(sum(deal.money for deal, at in self._wins(key) if at <= cut and self._inside(at, period)))

    def _inside(self, moment: float, period: Period) -> bool:
        return period.holds(self._world.day(moment))

    def _wins(self, key: Key) -> list[tuple[Deal, float]]:
        return [(deal, at) for deal, at in self._world.won() if self._keys[deal.id] == key]

    def _pipeline(self, period: Period, cut: float, key: Key) -> tuple[int, float] | None:
        """How many deals were open and what is expected of them; None where one of them has no chance to read."""
        count, total = 0, 0.0
        start = midnight(period.start, self._world.zone) - 1 - cut
        end = midnight(period.end, self._world.zone) - 1 - cut
        cases = self._cases(cut)
        if cases is None:
            return None
        for case, curve in cases:
            if self._keys[case.deal.id] == key:
                count += 1
                total += case.deal.money * (_by(curve, end) - (_by(curve, start) if start > 0 else 0.0))
        return count, total

    def _cases(self, cut: float) -> list[tuple[Case, Curve]] | None:
        """What was open at a moment with its chances; None where one of them has no chance to read."""
        if cut not in self._known:
            found = [(case, self._curve(case, cut)) for case in self._open(cut)]
            whole = [(case, curve) for case, curve in found if curve is not None]
            self._known[cut] = whole if len(whole) == len(found) else None
        return self._known[cut]

    def _open(self, cut: float) -> list[Case]:
        found = []
        for deal, stay in self._world.stays():
            closed = close_of(deal)
            if stay.start <= cut and (stay.end is None or stay.end > cut) and (closed is None or closed > cut):
                found.append(Case(deal, stay, cut - stay.start))
        return found

    def _curve(self, case: Case, cut: float) -> Curve | None:
        """Of earlier stays that got older than this one: of the stage, the pipeline, all."""
        same_stage = [s for s in self._recent(cut) if _place(s[1]) == _place(case.stay)]
        same_pipeline = [s for s in self._recent(cut) if s[1].category == case.stay.category]
        for group in (same_stage, same_pipeline, self._recent(cut)):
            for age in sorted((age for age in AGES if age * DAY <= case.age), reverse=True):
                older = [(d, s) for d, s in group if _until(s.end, cut) - s.start > age * DAY]
                if len(older) >= ENOUGH_STAYS:
                    return _winning([_observed(d, s, cut, age) for d, s in older])
        return None

    def _recent(self, cut: float) -> list[tuple[Deal, Stay]]:
        return [(d, s) for d, s in self._world.stays() if cut - TWO_YEARS < s.start <= cut]

    def _new(self, period: Period, cut: float, present: Period, begun: float, key: Key) -> float | None:
        """What to expect of deals that were not there at the cut."""
        world, ahead = self._world, distance(present, period)
        oldest = min(deal.row["date_create"] for deal in world.deals)
        first = following(holding(world.day(oldest), grain_of(period.label)))
        longest = 156 if grain_of(period.label) == "week" else 60
        run: list[Period] = []
        each = present.previous
        while len(run) < longest and back(each, ahead).start >= first.start:
            run.insert(0, each)
            each = each.previous
        if len(run) < ENOUGH_PERIODS or len(run) <= ahead + 1:
            return None
        series = []
        for each in run:
            known_from = midnight(back(each, ahead).start, world.zone) - 1 + begun
            late = [
                d.money for d, at in self._wins(key) if self._inside(at, each) and d.row["date_create"] > known_from
            ]
            series.append(float(sum(late)))
        return _continued(series, SEASON[grain_of(period.label)], ahead + 1)


class Unplanned(Foresight):
    """plan_realism over rows of the portal alone, which hold no plans."""

    def nothing(self) -> Result:
        """There is no plan."""
        return Result(None, reason="not_configured")

    def _judge(self, period: Period, key: Key) -> Result:
        return self.nothing()


def sales_forecast(world: World, by: By) -> Foresight:
    """Wins so far, open deals by their chances, new business as in earlier periods."""
    return Foresight(world, by)


def plan_realism(world: World, by: By) -> Foresight:
    """Null without plans."""
    return Unplanned(world, by)


def _continued(series: list[float], season: int, step: int) -> float:
    """Exponential smoothing by the best of 19 weights, times the season where it has been seen twice."""
    factors = indices(series, season) if season > 1 and len(series) >= 2 * season else [1.0]
    plain = [value / f if (f := factors[place % len(factors)]) > 0 else 0.0 for place, value in enumerate(series)]
    tried = []
    for twentieths in range(1, 20):
        level, loss = plain[0], 0.0
        for value in plain[1:]:
            loss += (value - level) ** 2
            level += twentieths / 20 * (value - level)
        tried.append((loss, level))
    least = min(loss for loss, _ in tried)
    level = next(level for loss, level in tried if loss <= least * (1 + 1e-9))
    return level * factors[(len(series) + step - 1) % len(factors)]


def _cents(hundredths: float) -> int:
    return round(Fraction(round(hundredths * 1000), 1000))


def _winning(observed: list[tuple[float, str]]) -> Curve:
    """Share won by each time; who is watched no longer than a time is still at risk at it."""
    curve, surviving, won = [], 1.0, 0.0
    for time in sorted({seconds for seconds, _ in observed}):
        at_risk = sum(1 for seconds, _ in observed if seconds >= time)
        wins = sum(1 for seconds, end in observed if seconds == time and end == "won")
        others = sum(1 for seconds, end in observed if seconds == time and end == "lost")
        won += surviving * wins / at_risk
        surviving *= 1 - (wins + others) / at_risk
        curve.append((time, won))
    return curve


def _by(curve: Curve, seconds: float) -> float:
    return max((won for time, won in curve if time <= seconds), default=0.0)


def _observed(deal: Deal, stay: Stay, cut: float, age: int) -> tuple[float, str]:
    closed = close_of(deal)
    is_over = closed is not None and closed <= cut
    watched = max(0.0, (closed if is_over and closed is not None else cut) - stay.start)
    return watched - age * DAY, ("won" if deal.life.outcome == "S" else "lost") if is_over else ""


def _until(end: float | None, cut: float) -> float:
    return cut if end is None else min(end, cut)


def _place(stay: Stay) -> tuple[int, str]:
    return stay.category, stay.stage


def close_of(deal: Deal) -> float | None:
    """When a deal was won or lost."""
    return deal.life.closed_at if deal.life.outcome in ("S", "F") else None
