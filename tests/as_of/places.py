"""Caches for tests of earlier moments: what a sync leaves, without a portal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from b24kpi.cache.as_of import knowledge_at, note_knowledge
from b24kpi.cache.journal import COMPLETE, Journal, StreamState
from b24kpi.cache.store import Store
from b24kpi.facts.figures import Figures
from b24kpi.facts.past import past_facts
from b24kpi.facts.refresh import refresh
from b24kpi.portal.entities import ENTITIES
from tests.event_logs import REPORT_CURRENCY, ZONE


def synced(store: Store, moment: int, **states: str) -> None:
    """Note that everything is known up to a moment, streams of another state excepted, and make the facts of it."""
    with store.transaction():
        for entity in ENTITIES:
            state = states.get(entity.name, COMPLETE)
            if state == COMPLETE:
                Journal(store).save(StreamState(entity.name, state, complete_until=moment))
    refresh(store, ZONE, REPORT_CURRENCY)
    note_knowledge(store)


@contextmanager
def past(store: Store, moment: int) -> Iterator[Store]:
    """The cache as it was known at a moment."""
    known = knowledge_at(store, moment)
    assert known is not None
    with past_facts(store, known, ZONE, REPORT_CURRENCY, Figures()) as copy:
        yield copy


def then(store: Store, moment: int, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a statement over the facts of then."""
    with past(store, moment) as copy:
        return copy.query(sql)
