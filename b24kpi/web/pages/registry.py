"""Which screens there are, in the order in which they are offered."""

from collections.abc import Callable, Mapping

from b24kpi.web.pages.model import Screen
from b24kpi.web.pages.screens import (
    bonus,
    channels,
    customers,
    effect,
    funnel,
    leaks,
    morning,
    people,
    service,
    trust,
    why,
)
from b24kpi.web.pages.view import View

SCREENS: Mapping[str, Callable[[View], Screen]] = {
    "morning": morning.build,
    "why": why.build,
    "funnel": funnel.build,
    "leaks": leaks.build,
    "people": people.build,
    "channels": channels.build,
    "customers": customers.build,
    "service": service.build,
    "effect": effect.build,
    "trust": trust.build,
}
# Reached from other screens; not offered beside them.
FURTHER: Mapping[str, Callable[[View], Screen]] = {"bonus": bonus.build}
# Of the whole company: nothing of them is anybody's own.
OF_ALL = frozenset({"effect"})
