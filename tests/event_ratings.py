"""Random answers of customers, offers and marks for the rows of `event_logs`, in user fields of all four streams."""

from random import Random
from typing import Any

from tests.event_logs import Tables

FIELDS: dict[str, Any] = {
    "nps_field": "deal.UF_CRM_NPS",
    "csat_field": "contact.UF_CRM_CSAT",
    "csat_date_field": "contact.UF_CRM_CSAT_DATE",
    "csat_scale": 10,
    "offer_field": "UF_CRM_OFFER",
    "offer_days": 40,
}
OFFERS = (*[None] * 15, "", "2026-06-05", "2026-06-20", "2026-08-05", "2026-09-20", "2026-11-20")
ANSWERS = (*map(str, range(11)), "10", "9", "9.0", "8", "11", "-1", "7.5", "very", None, None, None, None)


def with_answers(tables: Tables, seed: int) -> Tables:
    """The same tables, with the columns of `FIELDS`, votes on calls, and offers on a few days."""
    rng = Random(f"{seed} answers")
    return tables | {
        "deal": [row | _of_deal(rng) for row in tables["deal"]],
        "contact": [row | _of_contact(rng) for row in tables["contact"]],
        "call": [row | {"call_vote": rng.choice([None, None, 0, 1, 3, 4, 5, 5])} for row in tables["call"]],
    }


def _of_deal(rng: Random) -> dict[str, Any]:
    return {"uf_crm_nps": rng.choice(ANSWERS), "uf_crm_offer": rng.choice(OFFERS)}


def _of_contact(rng: Random) -> dict[str, Any]:
    people = {"assigned_by_id": rng.choice([1, 2, 3, 77]), "source_id": rng.choice([None, "WEB"])}
    day = f"2026-{rng.randint(1, 11):02}-{rng.randint(1, 28):02}"
    return people | {"uf_crm_csat": rng.choice(ANSWERS), "uf_crm_csat_date": rng.choice([None, day, day, day])}
