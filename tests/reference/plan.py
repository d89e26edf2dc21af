"""The common shape of all metrics: dated entries under keys, and a function that folds those of a period."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.reference.periods import Period
from tests.reference.results import Result
from tests.reference.slices import Key


@dataclass(frozen=True)
class Entry:
    """Something that happened on a local day; `kind` tells apart the sides of a metric, `what` is the payload."""

    day: date
    key: Key
    kind: str
    what: Any = None


@dataclass(frozen=True)
class Plan:
    """How a metric is computed.

    entries    -- everything that the metric looks at.
    fold       -- entries of one period and key → result; must bear an empty list.
    keys       -- keys that get a result in every period, whether or not something happened.
    cumulative -- entries count from their day on for ever, not only in the period of their day.
    """

    entries: Sequence[Entry]
    fold: Callable[[list[Entry]], Result]
    keys: Sequence[Key] = ((),)
    cumulative: bool = False

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        """A result for every period and every key that is due always or occurs in some period."""
        groups: dict[Key, list[Entry]] = {key: [] for key in self.keys}
        for entry in self.entries:
            if any(self._counts(entry, period) for period in periods):
                groups.setdefault(entry.key, []).append(entry)
        return {
            (period.label, key): self.fold([entry for entry in group if self._counts(entry, period)])
            for period in periods
            for key, group in sorted(groups.items())
        }

    def nothing(self) -> Result:
        """The result where there is no entry."""
        return self.fold([])

    def _counts(self, entry: Entry, period: Period) -> bool:
        return entry.day < period.end if self.cumulative else period.holds(entry.day)


@dataclass(frozen=True)
class Survey:
    """A metric that looks at whole lives anew for every period.

    units -- (key, life) of everybody whom the metric may count.
    judge -- lives under one key, period → result; must bear an empty list.
    keys  -- as in Plan.
    """

    units: Sequence[tuple[Key, Any]]
    judge: Callable[[list[Any], Period], Result]
    keys: Sequence[Key] = ((),)

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        """A result for every period and every key."""
        groups: dict[Key, list[Any]] = {key: [] for key in self.keys}
        for key, life in self.units:
            groups.setdefault(key, []).append(life)
        return {
            (period.label, key): self.judge(group, period)
            for period in periods
            for key, group in sorted(groups.items())
        }

    def nothing(self) -> Result:
        """The result where there is nobody."""
        return self.judge([], Period("2000", date(2000, 1, 1), date(2001, 1, 1)))


def always(by: Sequence[str]) -> tuple[Key, ...]:
    """Without dimensions there is one key, and it is always due; with dimensions only those that occur."""
    return () if by else ((),)
