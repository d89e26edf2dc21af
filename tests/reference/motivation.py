"""The base of bonuses, out of the references of the KPIs of its scheme."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.reference import durations, sales, slices
from tests.reference.periods import Period
from tests.reference.results import Result
from tests.reference.slices import Key
from tests.reference.targets import PLANNED, planned
from tests.reference.world import World

SCOPES = {"manager": "user", "department": "department"}
# KPI → how it is computed, whether less is better, what 1 of a target of the file is
KNOWN: Mapping[str, tuple[Any, bool, int]] = {
    "total_sales": (sales.total_sales, False, 100),
    "won_deals": (sales.won_deals, False, 1),
    "win_rate": (sales.win_rate, False, 1),
    "aov": (sales.aov, False, 100),
    "sales_cycle": (durations.sales_cycle, True, 86_400),
}


@dataclass(frozen=True)
class Scheme:
    """KPIs of one's own with weights, made anew for each period."""

    world: World
    by: Sequence[str]
    plans: Mapping[str, Any]

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        """Wherever any of the KPIs has a result."""
        found = {name: plan.values(periods) for name, plan in self.plans.items()}
        keys = {key for values in found.values() for _, key in values} | (set() if self.by else {()})
        return {
            (p.label, key): self._value(p, key, {name: values.get((p.label, key)) for name, values in found.items()})
            for p in periods
            for key in keys
        }

    def nothing(self) -> Result:
        """Without anything."""
        return Result(None, reason="not_configured")

    def _value(self, period: Period, key: Key, found: Mapping[str, Result | None]) -> Result:
        version = next((v for v in reversed(self.world.scheme) if v["from"] <= period.start), None)
        if version is None:
            return self.nothing()
        shares: dict[str, Fraction | None] = {}
        for name in version["weights"]:
            target = self._target(version, name, period, key)
            if target is None:
                return Result(None, n=self._known(version, found, period, key), reason="not_configured")
            actual = found[name].value if found[name] is not None else None
            shares[name] = None if actual is None else _share(version, name, Fraction(actual), target)
        known = {name: share for name, share in shares.items() if share is not None}
        if not known:
            return Result(None, reason="no_events")
        weights = {name: Fraction(str(version["weights"][name])) for name in known}
        value = sum(weights[name] * share for name, share in known.items()) / sum(weights.values())
        return Result(Fraction(value), n=len(known), extra={"recomputed": None})

    def _known(self, version: Any, found: Mapping[str, Result | None], period: Period, key: Key) -> int:
        """How many KPIs have a value and a target."""
        return sum(
            result is not None and result.value is not None and self._target(version, name, period, key) is not None
            for name, result in found.items()
            if name in version["weights"]
        )

    def _target(self, version: Any, name: str, period: Period, key: Key) -> Fraction | None:
        scope, value = (SCOPES[self.by[0]], key[0]) if len(self.by) == 1 else ("company", "")
        plan = planned(self.world, name, scope, value, period) if name in PLANNED and len(self.by) < 2 else None
        if plan and plan > 0:
            return plan
        given = version.get("targets", {}).get(name)
        return None if given is None else Fraction(str(given)) * KNOWN[name][2]


def motivation_base(world: World, by: Sequence[str]) -> Scheme:
    """Shares of plans and targets, within floor and cap, weighed."""
    slices.check(by, frozenset(SCOPES))
    names = {name for version in world.scheme for name in version["weights"]}
    return Scheme(world, by, {name: KNOWN[name][0](world, by) for name in names})


def _share(version: Any, name: str, actual: Fraction, target: Fraction) -> Fraction:
    cap, floor = Fraction(str(version.get("cap", 1.5))), Fraction(str(version.get("floor", 0)))
    actual = Fraction(round(actual)) if KNOWN[name][2] == 100 else actual  # as it is reported, to the cent
    if KNOWN[name][1]:
        actual, target = (target, actual) if actual > 0 else (cap, Fraction(1))
    share = actual / target
    return Fraction(0) if share <= 0 or share < floor else min(share, cap)
