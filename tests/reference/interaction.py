"""The effectiveness of interaction, out of the references of its parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.reference import ratings, service, slices
from tests.reference.periods import Period
from tests.reference.results import Result
from tests.reference.slices import Key
from tests.reference.world import World

WEIGHTS = {"rating": Fraction(35), "engagement": Fraction(15), "sla": Fraction(25), "fcr": Fraction(25)}


@dataclass(frozen=True)
class Together:
    """A metric made of the results of others."""

    parts: Mapping[str, Any]
    by: Sequence[str]

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        """Wherever any part has a result."""
        found = {name: plan.values(periods) for name, plan in self.parts.items()}
        cells = {cell for values in found.values() for cell in values}
        keys = {key for _, key in cells}
        nothing = {name: plan.nothing() for name, plan in self.parts.items()}
        return {
            (p.label, key): _mean({name: found[name].get((p.label, key), nothing[name]) for name in found})
            for p in periods
            for key in keys
        }

    def nothing(self) -> Result:
        """Where no part says anything."""
        return _mean({name: plan.nothing() for name, plan in self.parts.items()})


def interaction_effectiveness(world: World, by: Sequence[str]) -> Together:
    """Shares of the best there is, weighed; two of the four at least."""
    slices.check(by, frozenset({"manager", "department"}))
    plans = {
        "rating": ratings.csat(world, by),
        "engagement": service.client_engagement(world, by),
        "sla": service.response_time(world, by),
        "fcr": service.fcr(world, by),
    }
    return Together(plans, by)


def _mean(found: Mapping[str, Result]) -> Result:
    shares = {
        "rating": found["rating"].value,
        "engagement": found["engagement"].extra.get("answering_share"),
        "sla": found["sla"].extra.get("within_sla"),
        "fcr": found["fcr"].value,
    }
    known = {name: Fraction(share) for name, share in shares.items() if share is not None}
    if len(known) < 2:
        return Result(None, n=len(known), reason="insufficient_data" if known else "no_events", extra=dict(shares))
    whole = sum(WEIGHTS[name] for name in known)
    value = 100 * sum(WEIGHTS[name] * share for name, share in known.items()) / whole
    return Result(value, n=len(known), extra=dict(shares))
