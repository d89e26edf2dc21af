"""crm_payback: the months after which the benefit of the CRM has reached what was paid for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean, stdev
from typing import Any

from scipy.stats import t

from tests.reference import slices
from tests.reference.crm_before_after import first_month, shifted
from tests.reference.periods import Period
from tests.reference.results import Result
from tests.reference.slices import Key
from tests.reference.world import World

READINGS = ("recovered", "projected", "projected_low", "projected_high")


def crm_payback(world: World, by: Sequence[str]) -> "Payback":
    """Months from go-live."""
    slices.check(by, frozenset())
    return Payback(world)


@dataclass(frozen=True)
class Payback:
    """Adds up month by month."""

    world: World

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        """As far as the end of each period tells."""
        return {(period.label, ()): self._by(period.end) for period in periods}

    def nothing(self) -> Result:
        """Without figures."""
        return Result(None, reason="not_configured")

    def _by(self, day: date) -> Result:
        crm = self.world.crm
        if crm.get("go_live") is None or not crm.get("investment"):
            return self.nothing()
        nets = self._nets(min(day, self.world.day(self.world.as_of)))
        if nets is None:
            return self.nothing()
        if not nets:
            return Result(None, reason="no_events")
        total = passed = 0.0
        reached = None
        for share, net in nets:
            if reached is None and total + net >= crm["investment"]:
                reached = passed + share * (crm["investment"] - total) / net
            total, passed = total + net, passed + share
        extra: dict[str, Any] = {"recovered": round(total) / 100}
        if reached is not None:
            return Result(reached, n=len(nets), extra=extra)
        extra |= _ahead([net for share, net in nets if share == 1][-6:], passed, crm["investment"] - total)
        return Result(None, n=len(nets), reason="not_mature", extra=extra)

    def _nets(self, until: date) -> list[tuple[float, float]] | None:
        """(share of the month, net benefit) of every month that is over; None where no benefit is known."""
        crm, world = self.world.crm, self.world
        benefits = crm.get("benefits", ("margin", "hours"))
        level = self._level() if "margin" in benefits else None
        hours = float((world.hourly_rate or 0) * crm.get("saved_hours", 0)) if "hours" in benefits else 0.0
        if level is None and not hours:
            return None
        nets, start, number = [], crm["go_live"], 0
        while (end := shifted(start, 1)) <= until:
            share = (end - start).days / (end - start.replace(day=1)).days
            net = hours * share - float(crm.get("subscription", 0)) * share - self._running(start, end)
            if level is not None:
                expected = round(level * self._season(start.month) * self._growth() ** ((number + 6.5) / 12) * share)
                net += (self._sales(start, end) - expected) * self._rate(start, end)
            nets.append((share, net))
            start, number = end, number + 1
        return nets

    def _sales(self, start: date, end: date) -> int:
        return sum(deal.money for deal, at in self.world.won() if start <= self.world.day(at) < end)

    def _rate(self, start: date, end: date) -> float:
        sold = [(deal.id, deal.money) for deal, at in self.world.won() if start <= self.world.day(at) < end]
        return float(self.world.goods.rate(sold, self.world.margin))

    def _running(self, start: date, end: date) -> int:
        days = range(start.year * 10000 + start.month * 100 + start.day, end.year * 10000 + end.month * 100 + end.day)
        return sum(cost["amount"] for cost in self.world.costs if cost["kind"] == "crm" and cost["day"] in days)

    def _before(self) -> list[tuple[int, int]]:
        """(calendar month, sales) of up to 36 months before, oldest first."""
        end = self.world.crm["go_live"].replace(day=1)
        first = first_month(self.world) or end
        starts = [shifted(end, -number) for number in range(36, 0, -1)]
        return [(start.month, self._sales(start, shifted(start, 1))) for start in starts if start >= first]

    def _level(self) -> float | None:
        given = self.world.crm.get("baseline", {}).get("total_sales")
        before = [amount for _, amount in self._before()][-12:]
        return float(given) if given is not None else fmean(before) if before else None

    def _season(self, month: int) -> float:
        before = self._before()
        whole = before[len(before) % 12 :]
        if "season" not in self.world.crm.get("counterfactual", ("season", "trend")) or not whole:
            return 1.0
        mean = fmean(amount for _, amount in whole)
        return fmean(amount for other, amount in whole if other == month) / mean if mean > 0 else 1.0

    def _growth(self) -> float:
        amounts = [amount for _, amount in self._before()]
        if "trend" not in self.world.crm.get("counterfactual", ("season", "trend")) or len(amounts) < 24:
            return 1.0
        last, earlier = sum(amounts[-12:]), sum(amounts[-24:-12])
        return last / earlier if last > 0 and earlier > 0 else 1.0


def _ahead(recent: list[float], passed: float, left: float) -> dict[str, Any]:
    if len(recent) < 3 or fmean(recent) <= 0:
        return {}
    pace, reach = fmean(recent), t.ppf(0.975, len(recent) - 1) * stdev(recent) / len(recent) ** 0.5
    high = passed + left / (pace - reach) if pace - reach > 0 else None
    return {"projected": passed + left / pace, "projected_low": passed + left / (pace + reach), "projected_high": high}
