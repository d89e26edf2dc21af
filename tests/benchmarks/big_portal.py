"""The raw rows of a big invented portal, as a first sync leaves them: a pure function of its size.

Six pipelines, 120 managers and 12 sources of unequal weight, three years of work that grows. Of the deals some skip
stages, return, change their pipeline, are reopened; some have lost their history or are ahead of it; some are deleted,
are templates, have no customer, no amount, another currency, another responsible than before.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Any

Rows = Iterator[tuple[Any, ...]]

AS_OF = int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp())
FIRST = int(datetime(2023, 12, 1, tzinfo=UTC).timestamp())
TIME_ZONE, CURRENCY = "Europe/Kyiv", "UAH"
PIPELINES, MANAGERS, STEPS_A_PIPELINE = 6, 120, (5, 4, 6, 5, 3, 7)
SOURCES = tuple(f"SOURCE{number}" for number in range(11))
PRICES = {"UAH": 10_000, "USD": 412_375, "EUR": 449_810}
LEADS_A_DEAL, CONTACTS_A_DEAL, COMPANIES_A_DEAL, ACTIVITIES_A_DEAL = 0.4, 0.3, 0.05, 5
DAY = 86_400


def tables(deals: int) -> Mapping[str, tuple[str, Callable[[], Rows]]]:
    """Table → its columns and its rows, ascending by key."""
    return {
        "currency": ("currency, base, amount, amount_cnt", _currencies),
        "currency_rate": ("currency, day, amount, amount_cnt", _rates),
        "category": ("id, name, sort", lambda: ((n, f"Pipeline {n}", n) for n in range(PIPELINES))),
        "status": ("id, entity_id, status_id, name, sort, semantics", _statuses),
        "user": ("id, active, name, last_name, department_id", _users),
        "contact": ("id, lead_id, date_create", lambda: _customers(int(deals * CONTACTS_A_DEAL), deals)),
        "company": ("id, lead_id, date_create", lambda: _customers(int(deals * COMPANIES_A_DEAL), deals)),
        "lead": (
            (
                "id, status_id, status_semantic_id, source_id, assigned_by_id, contact_id, date_create, date_modify, "
                "moved_time, date_closed, utm_source, seen_at, deleted_at"
            ),
            lambda: _leads(deals),
        ),
        "deal": (
            (
                "id, category_id, stage_id, stage_semantic_id, opportunity, currency_id, source_id, utm_source, "
                "is_recurring, assigned_by_id, company_id, contact_id, lead_id, date_create, date_modify, moved_time, "
                "closedate, seen_at, deleted_at"
            ),
            lambda: (_deal_row(life) for life in _lives(deals)),
        ),
        "deal_history": ("id, valid_to, assigned_by_id", lambda: _owners_before(deals)),
        "stage_step": (
            "entity_type_id, id, type_id, owner_id, created_time, category_id, stage_semantic_id, stage_id, seen_at",
            lambda: _steps(deals),
        ),
        "activity": (
            (
                "id, owner_id, owner_type_id, type_id, provider_id, direction, status, responsible_id, completed, "
                "created, last_updated, start_time, end_time, deadline"
            ),
            lambda: _activities(deals),
        ),
    }


def changed(deal: int, round_number: int) -> dict[str, Any]:
    """What one change does to a deal: another amount, and a win in the pipeline's last stage a moment ago."""
    amount = 100 * (deal % 977 + round_number)
    return {"opportunity": amount, "stage_semantic_id": "S", "moved_time": AS_OF - deal % 3600, "date_modify": AS_OF}


def final_stage(category: int, semantic: str) -> str:
    """Code of a pipeline's won (S) or lost (F) stage."""
    return _stage(category, "WON" if semantic == "S" else "LOSE")


class _Life:
    """One deal: the steps it went, and what its row says."""

    def __init__(self, number: int, deals: int) -> None:
        rng = Random(number * 7_919 + 1)
        self.number, self.rng, self.deals = number, rng, deals
        # Later deals are more: the square root leans towards the present.
        self.created = FIRST + int((AS_OF - FIRST) * (number / (deals + 1)) ** 0.7)
        self.category = min(int(rng.expovariate(0.6)), PIPELINES - 1)
        self.manager = _zipf(rng, MANAGERS)
        self.steps = list(self._walk())
        self.semantic = self.steps[-1][2]

    def _walk(self) -> Iterator[tuple[int, int, str, str]]:
        """Steps as (moment, pipeline, semantic, stage); none lies ahead of AS_OF."""
        rng, moment, stage, category = self.rng, self.created, 1, self.category
        yield moment, category, "P", _stage(category, stage)
        while True:
            moment += int(rng.expovariate(1 / (8 * DAY))) + 60
            if moment >= AS_OF:
                return
            draw = rng.random()
            last = STEPS_A_PIPELINE[category]
            if draw < 0.15:
                yield moment, category, "F", final_stage(category, "F")
                if rng.random() < 0.97:
                    return
                stage = 1  # reopened
            elif draw < 0.19:
                stage = max(stage - 1, 1)
            elif draw < 0.20:
                category, stage = (category + 1) % PIPELINES, 1
            else:
                stage += 2 if draw > 0.93 else 1
            if stage > last:
                semantic = "S" if rng.random() < 0.75 else "F"
                yield moment, category, semantic, final_stage(category, semantic)
                return
            yield moment, category, "P", _stage(category, stage)


def _lives(deals: int) -> Iterator[_Life]:
    return (_Life(number, deals) for number in range(1, deals + 1))


def _deal_row(life: _Life) -> tuple[Any, ...]:
    rng, number, deals = life.rng, life.number, life.deals
    moment, category, semantic, stage = life.steps[-1]
    if rng.random() < 0.01 and moment + 3600 < AS_OF:  # ahead of its history
        moment, semantic, stage = moment + 3600, "F", final_stage(category, "F")
    who = rng.random()
    contacts, companies, leads = (
        max(int(deals * share), 1) for share in (CONTACTS_A_DEAL, COMPANIES_A_DEAL, LEADS_A_DEAL)
    )
    source = _zipf(rng, len(SOURCES) + 1) - 1
    closing = datetime.fromtimestamp(moment, UTC).date() + timedelta(days=rng.randint(-3, 7))
    return (
        *(number, category, stage, semantic, 0 if rng.random() < 0.03 else int(rng.lognormvariate(12, 1.2))),
        rng.choices(("UAH", "USD", "EUR", "XXX"), (90, 6, 3.9, 0.1))[0],
        *(SOURCES[source] if source < len(SOURCES) else None, rng.choice((None, "google", "meta"))),
        *("Y" if rng.random() < 0.001 else "N", life.manager),
        *(rng.randint(1, companies) if who < 0.2 else None, rng.randint(1, contacts) if who < 0.95 else None),
        min(max(int(number * LEADS_A_DEAL) + rng.randint(-5, 0), 1), leads) if rng.random() < 0.35 else None,
        *(life.created, moment, None if rng.random() < 0.001 else moment, closing.isoformat(), AS_OF),
        AS_OF if rng.random() < 0.01 else None,
    )


def _owners_before(deals: int) -> Rows:
    """One deal of twenty was somebody else's before."""
    for life in _lives(deals):
        if life.number % 20 == 0:
            yield life.number, (life.created + AS_OF) // 2, life.manager % MANAGERS + 1


def _steps(deals: int) -> Rows:
    leads, number = int(deals * LEADS_A_DEAL), 0
    for lead in range(1, leads + 1):
        created, status, semantic, moved = _lead_life(lead, leads)
        number += 1
        yield 1, number, 1, lead, created, None, "P", "NEW", AS_OF
        if semantic != "P":
            number += 1
            yield 1, number, 3, lead, moved, None, semantic, status, AS_OF
    for place, (moment, _, kind, deal, category, semantic, stage) in enumerate(_deal_steps(deals), 1):
        yield 2, place, kind, deal, moment, category, semantic, stage, AS_OF


def _deal_steps(deals: int) -> Iterator[tuple[Any, ...]]:
    """In the order of time, as a portal numbers them: what comes before the next deal is created is ripe."""
    waiting: list[tuple[Any, ...]] = []
    for life in _lives(deals):
        while waiting and waiting[0][0] < life.created:
            yield heappop(waiting)
        if life.number % 250 == 0:  # the portal has lost its history
            continue
        for place, (moment, category, semantic, stage) in enumerate(life.steps):
            kind = 1 if place == 0 else 2 if semantic == "P" else 3
            heappush(waiting, (moment, life.number + place / 1000, kind, life.number, category, semantic, stage))
    yield from sorted(waiting)


def _lead_life(number: int, leads: int) -> tuple[int, str, str, int]:
    rng = Random(number * 104_729 + 3)
    created = FIRST + int((AS_OF - FIRST) * (number / (leads + 1)) ** 0.7)
    moved = min(created + int(rng.expovariate(1 / (2 * DAY))), AS_OF - 1)
    status, semantic = rng.choices((("CONVERTED", "S"), ("JUNK", "F"), ("NEW", "P")), (45, 40, 15))[0]
    return created, status, semantic, moved


def _leads(deals: int) -> Rows:
    leads, contacts = int(deals * LEADS_A_DEAL), max(int(deals * CONTACTS_A_DEAL), 1)
    for number in range(1, leads + 1):
        created, status, semantic, moved = _lead_life(number, leads)
        rng = Random(number)
        source = _zipf(rng, len(SOURCES) + 1) - 1
        yield (
            *(number, status, semantic, SOURCES[source] if source < len(SOURCES) else None, _zipf(rng, MANAGERS)),
            *(rng.randint(1, contacts) if rng.random() < 0.3 else None, created, moved, moved),
            *(moved if semantic != "P" else None, rng.choice((None, "google", "meta")), AS_OF),
            AS_OF if rng.random() < 0.01 else None,
        )


def _customers(count: int, deals: int) -> Rows:
    leads, rng = max(int(deals * LEADS_A_DEAL), 1), Random(count)
    for number in range(1, count + 1):
        yield number, rng.randint(1, leads) if rng.random() < 0.4 else None, FIRST


def _activities(deals: int) -> Rows:
    """Calls, letters and meetings in the order of time, two thirds of them with deals."""
    rng, count = Random(5), deals * ACTIVITIES_A_DEAL
    leads = max(int(deals * LEADS_A_DEAL), 1)
    for number in range(1, count + 1):
        share = number / (count + 1)
        moment = FIRST + int((AS_OF - FIRST) * share**0.7)
        kind, top = (2, deals) if rng.random() < 0.67 else (1, leads)
        owner = min(max(int(top * share) - int(rng.expovariate(20 / top)), 1), top)
        duration = int(rng.expovariate(1 / 180))
        yield (
            *(number, owner, kind, 2, "VOXIMPLANT_CALL", 1 + int(rng.random() < 0.6), 2, owner % MANAGERS + 1, 1),
            *(moment, moment + duration, moment, moment + duration, None),
        )


def _currencies() -> Rows:
    return ((code, int(code == CURRENCY), price, 1) for code, price in PRICES.items())


def _rates() -> Rows:
    """A snapshot on the first day of each month of the last two years: earlier ones are approximate."""
    for code, price in PRICES.items():
        for month in range(12 * 2024 + 11, 12 * 2026 + 11):
            day = date(month // 12, month % 12 + 1, 1)
            drift = 0 if code == CURRENCY else 97 * (month % 24)
            yield code, day.year * 10_000 + day.month * 100 + day.day, price + drift, 1


def _statuses() -> Rows:
    number = 0
    for category, count in enumerate(STEPS_A_PIPELINE):
        entity = f"DEAL_STAGE_{category}" if category else "DEAL_STAGE"
        for place in (*range(1, count + 1), "WON", "LOSE"):
            number += 1
            semantics = {"WON": "S", "LOSE": "F"}.get(str(place))
            yield number, entity, _stage(category, place), f"{place}", 10 * number, semantics
    for source in SOURCES:
        number += 1
        yield number, "SOURCE", source, source.title(), 10 * number, None


def _users() -> Rows:
    return ((number, 1, "Manager", str(number), number % 9 + 1) for number in range(1, MANAGERS + 1))


def _stage(category: int, place: int | str) -> str:
    code = place if isinstance(place, str) else "NEW" if place == 1 else f"STEP{place}"
    return f"C{category}:{code}" if category else code


def _zipf(rng: Random, count: int) -> int:
    """1 … count, the first ones oftener."""
    return min(int(count ** rng.random()), count)
