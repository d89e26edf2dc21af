"""Ways to a win follow whatever they are made of: cards, leads, messages, and who belongs to whom."""

from typing import Any

import pytest

from b24kpi.cache.store import Store
from b24kpi.facts.figures import Figures
from b24kpi.facts.mapped_figures import MappedFigures
from b24kpi.facts.refresh import refresh
from tests.case_rows import Rows
from tests.event_logs import REPORT_CURRENCY, ZONE
from tests.facts.mutations import filled_store

FIGURES = Figures(mapped=MappedFigures(touches={"form": "WEBFORM", "chat": "CALL", "chat:2": "PARTNER"}))
STEPS = [["2026-06-03", "NEW"], ["2026-06-20", "WON"]]
# Deals of a company with a contact, of a contact, of a company alone; messages about all of them; leads without deals.
CASE: dict[str, Any] = {
    "lead": [
        {"created": "2026-06-01", "source_id": "WEB"},
        {"created": "2026-06-05", "source_id": "EMAIL", "contact_id": 8},
        {"created": "2026-06-06", "source_id": "ADS", "company_id": 9},
        {"created": "2026-06-07", "source_id": "TV"},
    ],
    "company": [{"id": 9, "date_create": "2026-06-04", "utm_source": "meta"}],
    "contact": [
        {"id": 7, "date_create": "2026-06-04", "source_id": "RADIO"},
        {"id": 8, "date_create": "2026-06-04", "source_id": "RECOMMENDATION"},
    ],
    "deal": [
        {"lead_id": 1, "company_id": 9, "contact_id": 8, "source_id": "EMAIL", "amount": 100, "steps": STEPS},
        {"contact_id": 7, "source_id": "WEB", "amount": 50, "steps": STEPS},
        {"company_id": 9, "amount": 70, "steps": STEPS},
    ],
    "activity": [
        {"at": "2026-06-10T10:00", "kind": "chat", "deal": 1, "provider_type_id": "2"},
        {"at": "2026-06-11T10:00", "kind": "form", "lead": 1},
        {"at": "2026-06-12T10:00", "kind": "chat", "contact": 8},
        {"at": "2026-06-13T10:00", "kind": "chat", "contact": 7},
        {"at": "2026-06-14T10:00", "kind": "form", "company": 9},
    ],
}
CHANGES = [
    "UPDATE contact SET source_id = 'WEB' WHERE id = 8",
    "UPDATE contact SET date_create = 0 WHERE id = 7",
    "UPDATE contact SET deleted_at = 1 WHERE id = 8",
    "UPDATE company SET utm_source = NULL WHERE id = 9",
    "UPDATE activity SET owner_id = 7 WHERE id = 3",
    "UPDATE activity SET owner_type_id = 2, owner_id = 2 WHERE id = 5",
    "UPDATE activity SET deleted_at = 1 WHERE id = 2",
    "UPDATE activity SET provider_id = 'CRM_EMAIL' WHERE id = 4",
    "UPDATE lead SET source_id = 'CALL' WHERE id = 2",
    "UPDATE lead SET contact_id = 7 WHERE id = 4",
    "UPDATE lead SET company_id = 0 WHERE id = 3",
    "UPDATE lead SET deleted_at = 1 WHERE id = 1",
    "UPDATE deal SET lead_id = 2 WHERE id = 3",
    "UPDATE deal SET contact_id = 8 WHERE id = 2",
    "UPDATE deal SET contact_id = 0 WHERE id = 1",
    "UPDATE deal SET opportunity = 12345 WHERE id = 1",
    "UPDATE company SET lead_id = 4 WHERE id = 9",
]


def ways(store: Store) -> list[tuple[object, ...]]:
    return store.query("SELECT * FROM fact_journey ORDER BY deal_id, place")


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_makes_the_same_ways_as_starting_over(change: str) -> None:
    """And it changes them, else the change would prove nothing."""
    with filled_store(Rows(ZONE).tables(CASE)) as store:
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        before = ways(store)
        store.db.conn.execute(change)
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        followed = ways(store)
        store.db.conn.execute("DELETE FROM meta")
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        assert followed == ways(store) != before


def test_the_touches_of_a_way_stand_in_their_order() -> None:
    """By the moment; of a journey that begins with the lead, forms and chats of everybody who belongs to it."""
    with filled_store(Rows(ZONE).tables(CASE)) as store:
        refresh(store, ZONE, REPORT_CURRENCY, FIGURES)
        told = store.query("SELECT kind, source_id FROM fact_journey WHERE deal_id = 1 ORDER BY place")
    assert told == [
        ("lead", "WEB"), ("deal", "EMAIL"), ("card", "RECOMMENDATION"), ("lead", "EMAIL"), ("lead", "ADS"),
        ("chat", "PARTNER"), ("form", "WEBFORM"), ("chat", "CALL"), ("form", "WEBFORM"),
    ]  # fmt: skip
