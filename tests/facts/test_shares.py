"""Owners handed out share by share, from either end: each of them once, whoever takes them."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.cache.store import Store
from b24kpi.facts.definition import OWNER_KEYS, load_facts
from b24kpi.facts.everyone import Everyone
from b24kpi.facts.owners import create_tables, owner_table
from b24kpi.facts.refresh import refresh
from b24kpi.metrics.analyses import COURSES
from tests.event_logs import REPORT_CURRENCY, ZONE, random_tables
from tests.facts.mutations import filled_store

SHARE = 3


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with filled_store(random_tables(2, 20)) as filled, pytest.MonkeyPatch.context() as patched:
        refresh(filled, ZONE, REPORT_CURRENCY, wanted=[*COURSES, "response"])
        create_tables(filled.db.conn)
        patched.setattr("b24kpi.facts.everyone.SHARE", SHARE)
        patched.setattr("b24kpi.facts.everyone.SHARES", {})
        yield filled


@given(st.lists(st.booleans(), max_size=9), st.sampled_from(["deal", "response", "purchase", *COURSES]))
def test_everyone_is_handed_out_once(store: Store, turns: list[bool], name: str) -> None:
    """From the first on and from the last back, until both meet; each share in the order of its owners."""
    fact = load_facts()[name]
    everyone = Everyone(fact)
    first: list[object] = []
    last: list[object] = []
    for from_end in (*turns, *(False,) * 99):
        if not everyone.take(store.db.conn, from_end):
            break
        share = [row[0] for row in store.query(f"SELECT * FROM {owner_table(fact)} ORDER BY rowid")]
        assert share == sorted(share)
        assert len(share) <= SHARE
        first, last = (first, share + last) if from_end else (first + share, last)
    assert [*first, *last] == sorted({*first, *last})
    assert not everyone.take(store.db.conn)
    assert {*first, *last} >= {row[0] for row in store.query(f"SELECT {OWNER_KEYS[fact.owner]} FROM {fact.table}")}


def test_what_is_made_at_once_is_one_share(store: Store) -> None:
    """Of nobody in particular."""
    everyone = Everyone(load_facts()["stage"])
    assert [everyone.take(store.db.conn), everyone.take(store.db.conn)] == [True, False]
