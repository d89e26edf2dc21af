"""Facts of a cache, kept as fresh as its rows and made when something first asks for them; by one process at a time."""

from collections.abc import Callable, Collection
from zoneinfo import ZoneInfo

from b24kpi.cache.journal import Journal
from b24kpi.cache.lock import Turn
from b24kpi.cache.store import Store
from b24kpi.errors import CacheError
from b24kpi.facts.definition import load_facts
from b24kpi.facts.figures import Figures
from b24kpi.facts.refresh import are_built, is_fresh, make_when_named, refresh

Depends = Callable[[], tuple[ZoneInfo, str, Figures]]

_MAKING = "report"  # what it is called, where others meet it, that facts are made for a question
_SHORT = (_MAKING, "push", "costs import", "plans import")  # runs that are worth waiting for


class FactKeeper:
    """Brings facts up to the rows of a cache.

    Args:
        turn: at the cache, taken while facts change.
        depends: the zone of days, the report currency and the given figures, as they are now.
    """

    def __init__(self, store: Store, turn: Turn, depends: Depends) -> None:
        self._store = store
        self._turn = turn
        self._depends = depends
        make_when_named(store, self._make)

    def refresh(self, wanted: Collection[str] = ()) -> None:
        """Bring the facts that there are up to date, and make what is wanted; the caller holds the lock."""
        refresh(self._store, *self._depends(), wanted)

    def catch_up(self) -> None:
        """Facts lag behind the rows where a run was cut off; a run that is at work now brings them up itself.

        Where they do not lag the lock is left alone: a question must not keep a refresh from beginning.

        Raises:
            CacheError: another run is at work, and there are no facts at all.
        """
        if is_fresh(self._store, *self._depends()):
            return
        try:
            with self._turn.taken(_MAKING):
                self.refresh()
        except CacheError:
            if not are_built(self._store):
                raise

    def _make(self, names: Collection[str]) -> None:
        """Facts that nobody has asked for yet; a run that is soon over is waited for, it may be making them.

        Indexes on demand only save time: beside a run that is at work a question does without.
        """
        if Journal(self._store).as_of() is None:
            return
        has_facts = not load_facts().keys().isdisjoint(names)
        try:
            with self._turn.taken(_MAKING, after=_SHORT if has_facts else ()):
                self.refresh(names)
        except CacheError:
            if has_facts:
                raise
