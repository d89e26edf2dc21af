"""A lead became a customer also through the contact or company that was made of it, whenever that is known."""

import pytest

from b24kpi.cache.store import Store
from b24kpi.facts.refresh import refresh
from tests.event_logs import ZONE
from tests.facts.rows import at, portal_of
from tests.sql_engine import insert

WON = {"steps": [("2026-06-01T10:00", "NEW"), ("2026-06-10T10:00", "WON")]}
LEAD = {"id": 1, "status_id": "NEW", "status_semantic_id": "P", "date_create": at("2026-05-01"), "seen_at": 1}


def is_customer(store: Store) -> bool:
    refresh(store, ZONE, "UAH")
    return bool(store.query("SELECT is_customer FROM fact_lead WHERE lead_id = 1")[0][0])


@pytest.mark.parametrize("kind", ["contact", "company"])
def test_a_link_that_is_set_or_removed_later_counts_at_once(kind: str) -> None:
    """Neither the lead's row nor the deal's has changed then."""
    with portal_of(WON | {f"{kind}_id": 5}) as store:
        insert(store, "lead", LEAD)
        insert(store, kind, {"id": 5})
        assert not is_customer(store)
        store.db.conn.execute(f"UPDATE {kind} SET lead_id = 1")
        assert is_customer(store)
        store.db.conn.execute(f"UPDATE {kind} SET lead_id = NULL")
        assert not is_customer(store)


@pytest.mark.parametrize("kind", ["contact", "company"])
def test_a_customer_that_is_gone_links_nothing(kind: str) -> None:
    """Until it is back."""
    with portal_of(WON | {f"{kind}_id": 5}) as store:
        insert(store, "lead", LEAD)
        insert(store, kind, {"id": 5, "lead_id": 1})
        assert is_customer(store)
        store.db.conn.execute(f"UPDATE {kind} SET deleted_at = 1")
        assert not is_customer(store)
        store.db.conn.execute(f"UPDATE {kind} SET deleted_at = NULL")
        assert is_customer(store)


@pytest.mark.parametrize("kind", ["contact", "company"])
def test_the_leads_own_customer_counts_from_its_creation_on(kind: str) -> None:
    """What was bought before is not the lead's doing."""
    with portal_of(WON | {f"{kind}_id": 5}) as store:
        insert(store, "lead", LEAD | {f"{kind}_id": 5})
        assert is_customer(store)
        store.db.conn.execute("UPDATE lead SET date_create = ?", (at("2026-06-11"),))
        assert not is_customer(store)
