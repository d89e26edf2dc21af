"""Random but plausible cache tables, for comparing engines where nobody has worked out the answer.

random_tables(seed, deals) is a pure function of its arguments. In the rows there are: three pipelines with removed,
unknown and equally sorted stages; skips, returns, reopenings, pipeline changes, repeated rows; histories that are
missing, behind or cut at a pipeline change; moments at midnight, at month ends and on the days of clock changes; four
currencies and unknown ones; deleted rows, templates, repeat customers, leads with and without deals, refunds, empty
fields, costs; activities, calls and tasks of all kinds (`event_contacts`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.event_contacts import contact_tables
from tests.event_goods import plans, product_tables
from tests.event_paths import Step, as_recorded, walk
from tests.event_stages import status_rows

Row = dict[str, Any]
Tables = dict[str, list[Row]]

TIME_ZONE = "Europe/Kyiv"
ZONE = ZoneInfo(TIME_ZONE)
REPORT_CURRENCY = "UAH"
FIRST_MOMENT = int(datetime(2026, 1, 1, tzinfo=ZONE).timestamp())
AS_OF = int(datetime(2026, 12, 1, tzinfo=ZONE).timestamp())
EDGES = ("2026-02-01", "2026-03-29", "2026-03-30", "2026-06-01", "2026-07-01", "2026-10-25", "2026-10-26", "2026-11-30")
RATES = (("UAH", "1.0000", 1), ("USD", "41.2375", 1), ("EUR", "44.9810", 1), ("JPY", "27.3300", 100))
SOURCES = (None, "", "WEB", "CALL", "ADVERTISING")
CAMPAIGNS = (None, "", "summer", "brand")
KINDS = (*["marketing"] * 4, "sales", "orders", "retention", "service", "crm", "other")
USERS = ((1, 10), (2, 10), (3, 20), (4, None), (5, 20))


def random_tables(seed: int, deals: int) -> Tables:
    """Tables of the cache by name; leads, customers and costs in proportion to the number of deals."""
    leads = [_lead(Random(f"{seed} lead {number}"), number, deals) for number in range(1, deals // 2 + 2)]
    made = [_deal(Random(f"{seed} deal {number}"), number, deals) for number in range(1, deals + 1)]
    steps = [_lead_step(lead) for lead in leads] + [step for _, own in made for step in own]
    rng = Random(f"{seed} rest")
    tables = {
        "deal": [deal for deal, _ in made],
        "lead": leads,
        "stage_step": [step | {"id": number} for number, step in enumerate(steps, 1)],
        "status": status_rows(AS_OF),
        "company": [_customer(rng, number, deals) for number in range(1, deals // 12 + 2)],
        "contact": [_customer(rng, number, deals) for number in range(1, deals // 8 + 2)],
        "category": [{"id": n, "name": f"Pipeline {n}", "sort": 100 + n, "deleted_at": None} for n in (0, 5, 9)],
        "currency": [_currency(*rate) for rate in RATES],
        "user": [
            {"id": n, "department": office, "active": int(n != 3), "deleted_at": AS_OF if n == 5 else None}
            for n, office in USERS
        ],
        "cost": [_cost(rng) for _ in range(deals // 5 + 1)],
    }
    _mark_cards(seed, tables)
    tables |= contact_tables(seed, deals, random_moment, AS_OF)
    tables |= product_tables(Random(f"{seed} products"), deals) | {"plan": plans(Random(f"{seed} plans"))}
    return {name: rng.sample(rows, len(rows)) for name, rows in tables.items()}


def logs(max_deals: int = 25) -> st.SearchStrategy[Tables]:
    """The same as a hypothesis strategy."""
    return st.builds(random_tables, st.integers(0, 2**32 - 1), st.integers(0, max_deals))


def random_moment(rng: Random) -> int:
    """Epoch seconds before AS_OF; every fifth lies within two seconds of a local midnight that matters."""
    if rng.random() < 0.2:
        return int(datetime.fromisoformat(rng.choice(EDGES)).replace(tzinfo=ZONE).timestamp()) + rng.randint(-2, 2)
    return rng.randint(FIRST_MOMENT, AS_OF - 1)


def _deal(rng: Random, number: int, deals: int) -> tuple[Row, list[Row]]:
    path = walk(rng, random_moment(rng), AS_OF)
    last = path[-1]
    row = _entity(rng, number, path[0].time, last.time, deals) | {
        "category_id": last.category,
        "stage_id": last.stage,
        "stage_semantic_id": last.semantic if rng.random() < 0.9 else None,
        "opportunity": _amount(rng),
        "currency_id": rng.choice(["UAH"] * 9 + ["USD", "USD", "EUR", "JPY", "JPY", "XXX", None]),
        "lead_id": rng.choice([None, None, 0, rng.randint(1, deals // 2 + 3)]),
        "is_recurring": "Y" if rng.random() < 0.03 else "N",
        "moved_time": _moved(rng, path),
        "closedate": _close_date(rng, last.time),
    }
    return row, [_deal_step(rng, number, step) for step in as_recorded(rng, path)]


def _lead(rng: Random, number: int, deals: int) -> Row:
    created = random_moment(rng)
    status, semantic = rng.choice([("NEW", "P"), ("IN_PROCESS", "P"), ("CONVERTED", "S"), ("JUNK", "F")])
    own = {"status_id": status, "status_semantic_id": semantic}
    return _entity(rng, number, created, created, deals) | own


def _entity(rng: Random, number: int, created: int, modified: int, deals: int) -> Row:
    return {
        "id": number,
        "company_id": rng.choice([None, 0, 0, rng.randint(1, deals // 12 + 2)]),
        "contact_id": rng.choice([None, 0, rng.randint(1, deals // 8 + 2), rng.randint(1, deals // 8 + 2)]),
        "assigned_by_id": rng.choice([1, 2, 3, 4, 5, 77]),
        "source_id": rng.choice(SOURCES),
        "utm_source": rng.choice([None, "google", "meta"]),
        "utm_medium": rng.choice([None, "", "cpc"]),
        "utm_campaign": rng.choice(CAMPAIGNS),
        "date_create": created,
        "date_modify": modified,
        "deleted_at": AS_OF if rng.random() < 0.05 else None,
    }


def _amount(rng: Random) -> int | None:
    """Minor units: mostly sums of all sizes, sometimes nothing, a refund or a single cent."""
    return rng.choice([None, 0, 1, 5, 50, 150, -rng.randint(1, 99_999), *(rng.randint(1, 9_999_999) for _ in range(9))])


def _moved(rng: Random, path: Sequence[Step]) -> int | None:
    return rng.choice([None, None, path[0].time - 5, *[path[-1].time] * 13])


def _close_date(rng: Random, moment: int) -> str | None:
    """A day not after the last move, so that no win lies beyond AS_OF; now and then none."""
    day = datetime.fromtimestamp(moment, ZONE).date() - timedelta(days=rng.choice([0, 0, 1, 7, 40]))
    return None if rng.random() < 0.05 else day.isoformat()


def _deal_step(rng: Random, owner: int, step: Step) -> Row:
    return {
        "entity_type_id": 2,
        "type_id": step.type_id,
        "owner_id": owner,
        "created_time": step.time,
        "category_id": step.category,
        "stage_semantic_id": step.semantic if rng.random() < 0.85 else None,
        "stage_id": step.stage,
    }


def _lead_step(lead: Row) -> Row:
    step = {"entity_type_id": 1, "type_id": 1, "owner_id": lead["id"], "created_time": lead["date_create"]}
    return step | {"category_id": 0, "stage_semantic_id": lead["status_semantic_id"], "stage_id": lead["status_id"]}


def _customer(rng: Random, number: int, deals: int) -> Row:
    lead = rng.choice([None, 0, rng.randint(1, deals // 2 + 3)])
    return {"id": number, "lead_id": lead, "deleted_at": AS_OF if rng.random() < 0.05 else None}


def _mark_cards(seed: int, tables: Tables) -> None:
    """When customers were put on record, and what brought them; drawn apart, so that all else stays as it is."""
    for kind in ("company", "contact"):
        for row in tables[kind]:
            rng = Random(f"{seed} card {kind} {row['id']}")
            row["date_create"] = random_moment(rng)
            row |= {"utm_source": rng.choice([None, "google", "meta"]), "utm_medium": rng.choice([None, "", "cpc"])}
            row["utm_campaign"] = rng.choice(CAMPAIGNS)
            if kind == "contact":
                row["source_id"] = rng.choice(SOURCES)


def _currency(code: str, amount: str, units: int) -> Row:
    base = "Y" if code == REPORT_CURRENCY else "N"
    return {"currency": code, "amount": amount, "amount_cnt": units, "base": base, "deleted_at": None}


def _cost(rng: Random) -> Row:
    day = datetime.fromtimestamp(random_moment(rng), ZONE).date()
    number = day.year * 10000 + day.month * 100 + day.day
    source, campaign = rng.choice(["", *SOURCES[1:]]), rng.choice(["", *CAMPAIGNS[1:]])
    amount, kind = rng.choice([0, rng.randint(1, 500_000)]), rng.choice(KINDS)
    return {"day": number, "source": source, "campaign": campaign, "amount": amount, "kind": kind}
