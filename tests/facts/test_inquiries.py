"""Contacts are told by their activities, inquiries by their parties: both know the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.cache.store import Store
from b24kpi.facts.refresh import made_facts, refresh
from tests.event_logs import REPORT_CURRENCY, ZONE, random_tables
from tests.facts.mutations import filled_store
from tests.facts.rows import at, portal_of
from tests.sql_engine import insert

_IN = "SELECT party, at, channel, deal_id, lead_id, source_id FROM fact_touch WHERE direction = 'in'"
_ASKED = "SELECT party, asked_at, channel, deal_id, lead_id, source_id FROM fact_response WHERE channel <> 'lead'"
NOON = at("2026-06-01T12:00")


@settings(max_examples=12)
@given(st.integers(0, 2**32 - 1))
def test_each_contact_that_came_in_is_an_inquiry_of_its_party(seed: int) -> None:
    """Of leads, deals, persons and companies, also of those that are gone or belong to nobody; and each only once."""
    with filled_store(random_tables(seed, 20)) as store:
        refresh(store, ZONE, REPORT_CURRENCY)
        asked = sorted(store.query(_ASKED), key=repr)
        assert asked == sorted(store.query(_IN), key=repr)
        assert asked


def letter(store: Store, number: int, owner_type: int, owner: int, moment: int, direction: int = 1) -> None:
    own = {"id": number, "owner_type_id": owner_type, "owner_id": owner, "provider_id": "CRM_EMAIL"}
    done = {"direction": direction, "created": moment, "completed": 1, "author_id": 1, "seen_at": moment}
    insert(store, "activity", own | done)


def answers(store: Store) -> dict[str, list[int | None]]:
    """Party → the moments of the answers to its inquiries, in their order."""
    refresh(store, ZONE, "UAH", wanted=["response"])
    found: dict[str, list[int | None]] = {}
    for party, moment in store.query("SELECT party, answered_at FROM fact_response ORDER BY party, number"):
        found.setdefault(party, []).append(moment)
    return found


@pytest.mark.parametrize(("kind", "name"), [(3, "contact"), (4, "company")])
def test_an_answer_that_moves_to_another_card_answers_there(kind: int, name: str) -> None:
    """What it was noted at before waits again; nothing but the activity has changed."""
    with portal_of() as store:
        letter(store, 1, kind, 7, NOON)
        letter(store, 2, kind, 8, NOON)
        letter(store, 3, kind, 7, NOON + 60, direction=2)
        assert answers(store) == {f"{name}:7": [NOON + 60], f"{name}:8": [None]}
        store.db.conn.execute("UPDATE activity SET owner_id = 8 WHERE id = 3")
        assert answers(store) == {f"{name}:7": [None], f"{name}:8": [NOON + 60]}
        assert "touch" not in made_facts(store)


def test_an_answer_noted_at_the_deal_answers_what_its_customer_asked() -> None:
    """And answers it no more once the deal is another customer's."""
    with portal_of({"steps": [("2026-05-01T10:00", "NEW")], "contact_id": 7}) as store:
        letter(store, 1, 3, 7, NOON)
        letter(store, 2, 2, 1, NOON + 60, direction=2)
        assert answers(store) == {"contact:7": [NOON + 60]}
        store.db.conn.execute("UPDATE deal SET contact_id = 8")
        assert answers(store) == {"contact:7": [None]}


def test_what_is_noted_at_a_deal_without_customer_is_its_leads() -> None:
    """That of the lead's customer, of the lead once that is gone, and the deal's own where it has none."""
    with portal_of({"steps": [("2026-05-01T10:00", "NEW")], "lead_id": 5}) as store:
        insert(store, "lead", {"id": 5, "company_id": 9, "date_create": NOON - 86_400, "seen_at": 1})
        letter(store, 1, 2, 1, NOON)
        assert answers(store) == {"company:9": [None, None]}
        store.db.conn.execute("UPDATE lead SET company_id = NULL")
        assert answers(store) == {"lead:5": [None, None]}
        store.db.conn.execute("UPDATE lead SET deleted_at = 1")
        assert answers(store) == {"lead:5": [None]}
        store.db.conn.execute("UPDATE deal SET lead_id = NULL")
        assert answers(store) == {"deal:1": [None]}
        store.db.conn.execute("UPDATE deal SET deleted_at = 1")
        assert answers(store) == {"deal:1": [None]}
