"""Counts of big tables that are good for a day: counting at each sync would take longer than all the rest of it."""

from collections.abc import Callable

from b24kpi.cache.journal import Journal
from b24kpi.cache.store import Store

_DAY = 86_400
_SMALL = 10_000  # rows that are counted at once


def daily_count(store: Store, what: str, now: float, count: Callable[[], int]) -> int:
    """What was counted within the last day, else what there is now; small counts are always those of now.

    Args:
        what: a name for the count.
        now: epoch seconds.
    """
    name = f"counted_{what}"
    known, _, moment = Journal(store).meta(name).partition(" ")
    if known and 0 <= now - float(moment) < _DAY:
        return int(known)
    found = count()
    with store.transaction():
        Journal(store).set_meta({name: f"{found} {now}" if found > _SMALL else ""})
    return found
