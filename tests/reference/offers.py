"""The uplift of personal offers, customer by customer and day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import sqrt
from typing import Any

from tests.reference import slices
from tests.reference.contacts import lead_party
from tests.reference.customer_states import EVENING_BEFORE, Buyer, _buyers, _state
from tests.reference.durations import of_first
from tests.reference.periods import Period
from tests.reference.ratings import _moment, _place
from tests.reference.results import Result, Z
from tests.reference.slices import Key
from tests.reference.world import Purchase, World

By = Sequence[str]
Case = tuple[date, str, bool, bool]  # day, state, had an offer, bought in time


@dataclass(frozen=True)
class Trial:
    """A metric that compares customers with each other anew for each day of offers."""

    world: World
    by: By
    lives: Sequence[tuple[Key, str, Buyer]]
    offers: dict[str, set[date]]
    held_out: set[str] | None

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        """Every key that has any customer to compare has a result in every period."""
        found = {p: self._cases(p) for p in periods}
        keys = {key for cases in found.values() for key, _ in cases} if self.by else {()}
        return {
            (p.label, key): self._judge([case for own, case in cases if own == key], p)
            for p, cases in found.items()
            for key in keys
        }

    def nothing(self) -> Result:
        """Without any offer."""
        return self._judge([], None)

    @property
    def _length(self) -> timedelta:
        return timedelta(days=self.world.mapped.get("offer_days", 90))

    def _days(self, period: Period | None) -> list[date]:
        today = self.world.day(self.world.as_of)
        days = {day for mine in self.offers.values() for day in mine}
        return sorted(day for day in days if period is not None and period.holds(day) and day <= today)

    def _is_over(self, day: date) -> bool:
        return day + self._length <= self.world.day(self.world.as_of)

    def _cases(self, period: Period) -> list[tuple[Key, Case]]:
        found = []
        everybody = [buyer for _, _, buyer in self.lives]
        for day in filter(self._is_over, self._days(period)):
            for key, customer, buyer in self.lives:
                mine = self.offers.get(customer, set())
                near = any(abs(other - day) < self._length for other in mine)
                is_other = not near and (self.held_out is None or customer in self.held_out)
                if buyer.until(day - EVENING_BEFORE).bought and (day in mine or is_other):
                    state = _state(everybody, buyer, day - EVENING_BEFORE)
                    again = any(day <= when < day + self._length for when, _ in buyer.bought)
                    box = tuple(state if part == "\0" else part for part in key)
                    found.append((box, (day, state, day in mine, again)))
        return found

    def _judge(self, cases: list[Case], period: Period | None) -> Result:
        if not self.world.mapped.get("offer_field"):
            names = ("offered", "offered_again", "others", "others_again")
            return Result(None, reason="not_configured", extra=dict.fromkeys(names))
        offered, others = ([again for *_, had, again in cases if had == side] for side in (True, False))
        extra = {"offered": len(offered), "offered_again": _share(offered)}
        extra |= {"others": len(others), "others_again": _share(others)}
        young = [day for day in self._days(period) if not self._is_over(day)]
        strata = [_stratum(cases, place) for place in sorted({case[:2] for case in cases})]
        told = [each for each in strata if each[1] and each[3]]
        if not told:
            reason = "insufficient_data" if offered else "not_mature" if young else "no_events"
            return Result(None, n=len(offered), reason=reason, extra=extra)
        value, low, high = stratified(told)
        return Result(value, n=len(offered), low=low, high=high, extra=extra)


def segment_offer_uplift(world: World, by: By) -> Trial:
    """Offers on the rows of one stream; held out are those with a mark."""
    rest = [name for name in by if name != "state"]
    slices.check(rest, slices.DEAL - {"currency"})
    lives: dict[str, list[Purchase]] = {}
    for purchase in world.purchases:
        lives.setdefault(purchase.customer, []).append(purchase)
    buyers = [buyer for _, buyer in _buyers(world, ())]
    found = []
    for (customer, life), buyer in zip(lives.items(), buyers, strict=True):
        own = dict(zip(rest, of_first(world, life[0], rest), strict=True)) | {"state": "\0"}
        found.append((tuple(own[name] for name in by), customer, buyer))
    offers: dict[str, set[date]] = {}
    for customer, value in _marks(world, "offer_field"):
        if (moment := _moment(world, value)) is not None:
            offers.setdefault(customer, set()).add(world.day(moment))
    held_out = {customer for customer, _ in _marks(world, "hold_out_field")}
    return Trial(world, by, found, offers, held_out if world.mapped.get("hold_out_field") else None)


def _marks(world: World, name: str) -> list[tuple[str, Any]]:
    field = world.mapped.get(name, "")
    if not field:
        return []
    stream, column = _place(field)
    rows = [row for row in world.rows(stream) if row.get(column) not in (None, 0, "")]
    customers = {deal.id: deal.customer for deal in world.deals}
    if stream == "deal":
        return [(customers[row["id"]] or "", row[column]) for row in rows if row["id"] in customers]
    return [
        (lead_party(world, row["id"]) if stream == "lead" else f"{stream}:{row['id']}", row[column]) for row in rows
    ]


def _share(them: list[bool]) -> Fraction | None:
    return Fraction(sum(them), len(them)) if them else None


def _stratum(cases: list[Case], place: tuple[date, str]) -> tuple[int, int, int, int]:
    sides = [[case[3] for case in cases if case[:2] == place and case[2] == side] for side in (True, False)]
    return sum(sides[0]), len(sides[0]), sum(sides[1]), len(sides[1])


def stratified(strata: Sequence[tuple[int, int, int, int]]) -> tuple[Fraction, float, float]:
    """Mantel-Haenszel: sum of n1 n2 / n (p1 - p2) over sum of n1 n2 / n; bounds of Yan and Su (2010) around it."""
    whole = sum(Fraction(n * m, n + m) for _, n, _, m in strata)
    weights = [Fraction(n * m, n + m) / whole for _, n, _, m in strata]
    value = sum(w * (Fraction(k, n) - Fraction(j, m)) for w, (k, n, j, m) in zip(weights, strata, strict=True))
    one = _weighted(weights, [(k, n) for k, n, _, _ in strata])
    other = _weighted(weights, [(j, m) for _, _, j, m in strata])
    low = float(value) - Z * sqrt(one[0] + other[1])
    return Fraction(value), low, float(value) + Z * sqrt(one[1] + other[0])


def _weighted(weights: Sequence[Fraction], counts: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """The variances of the weighted share at its stratified Wilson bounds, lower and upper."""
    spreads = [sqrt(Fraction(k, n) * (1 - Fraction(k, n)) / n) for k, n in counts]
    spreads = spreads if any(spreads) else [sqrt(Fraction(1, n)) for _, n in counts]
    above = sqrt(sum((w * s) ** 2 for w, s in zip(weights, spreads, strict=True)))
    z = Z * above / sum(w * s for w, s in zip(weights, spreads, strict=True))
    factor = sum(w * w / n for w, (_, n) in zip(weights, counts, strict=True))
    found = []
    for sign in (-1, 1):
        bound = 0.0
        for w, (k, n) in zip(weights, counts, strict=True):
            p = k / n
            bound += (
                float(w) * (p + z * z / 2 / n + sign * z * sqrt(p * (1 - p) / n + z * z / 4 / n / n)) / (1 + z * z / n)
            )
        bound = min(1.0, max(0.0, bound))
        found.append(float(factor) * bound * (1 - bound))
    return found[0], found[1]
