"""Random activities of leads, deals and contacts: planned, done, overdue, deleted."""

from random import Random
from typing import Any

from tests.event_paths import DAY

LEAD, DEAL, CONTACT = 1, 2, 3


def activity_rows(rng: Random, deals: int, start: int, until: int) -> list[dict[str, Any]]:
    """As many as there are deals, and some more; nothing of them lies at or after `until` but deadlines."""
    return [_activity(rng, number, deals, start, until) for number in range(1, deals + deals // 2 + 2)]


def _activity(rng: Random, number: int, deals: int, start: int, until: int) -> dict[str, Any]:
    created = rng.randint(start, until - 1)
    is_done = rng.random() < 0.5
    return {
        "id": number,
        "owner_type_id": rng.choice([LEAD, *[DEAL] * 8, CONTACT]),
        "owner_id": rng.randint(1, deals + 1),
        "created": created,
        "last_updated": rng.choice([None, created, rng.randint(created, until - 1)]),
        "completed": int(is_done),
        "deadline": rng.choice([None, created + rng.randint(-1, 60) * DAY, created + DAY]),
        "deleted_at": until if rng.random() < 0.05 else None,
    }
