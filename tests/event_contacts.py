"""Random activities, calls and tasks around the deals, leads and customers of `event_logs`.

Most follow an earlier one by minutes, hours or days, as conversations do; some belong to nobody, to deleted rows, to
kinds that are no contact, or repeat each other's moments.
"""

from collections.abc import Callable
from random import Random
from typing import Any

Row = dict[str, Any]
PROVIDERS = (
    *(["VOXIMPLANT_CALL"] * 6 + ["CRM_EMAIL"] * 5 + ["IMOPENLINES_SESSION"] * 2 + ["CRM_WEBFORM"] * 2),
    *("CRM_MEETING", "CRM_TODO", "CRM_SMS", "CALL_TRACKER", None),
)
USERS = (1, 2, 3, 4, 5, 77)
PAUSES = (0, 60, 240, 600, 601, 1500, 9_000, 40_000, 86_400, 300_000, 604_800, 900_000)


def contact_tables(seed: int, deals: int, moment: Callable[[Random], int], as_of: int) -> dict[str, list[Row]]:
    """Six activities a deal, half as many calls, a few tasks; none begins after `as_of`."""
    activities: list[Row] = []
    for number in range(1, 6 * deals + 1):
        rng = Random(f"{seed} activity {number}")
        activities.append(_activity(rng, number, deals, activities, moment, as_of))
    rng = Random(f"{seed} calls and tasks")
    return {
        "activity": activities,
        "call": [_call(rng, number, len(activities), moment(rng), as_of) for number in range(1, 2 * deals + 1)],
        "task": [_task(rng, number, moment(rng), as_of) for number in range(1, deals // 2 + 1)],
    }


def _activity(
    rng: Random, number: int, deals: int, before: list[Row], moment: Callable[[Random], int], as_of: int
) -> Row:
    kind, owner, at = _place(rng, deals, before, moment)
    at = min(at, as_of - 1)
    return {
        "id": number,
        "owner_type_id": kind,
        "owner_id": owner,
        "provider_id": rng.choice(PROVIDERS),
        "direction": rng.choice([1, 1, 1, 2, 2, 2, 2, 0, None]),
        "result_status": rng.choice([0, 0, 1, 2, None]),
        "completed": rng.choice([1, 1, 1, 1, 1, 0, None]),
        "responsible_id": rng.choice([*USERS, None]),
        "author_id": rng.choice([*USERS, 0, None]),
        "created": at - rng.choice([0, 0, 500]),
        "start_time": rng.choice([at, at, at, None]),
        "last_updated": at + rng.choice([0, 3_600, 200_000]),
        "deadline": rng.choice([None, at, at + 86_400]),
        "deleted_at": as_of if rng.random() < 0.05 else None,
        "provider_type_id": (None, "1", "2")[number % 3],
    }


def _place(
    rng: Random, deals: int, before: list[Row], moment: Callable[[Random], int]
) -> tuple[int | None, int | None, int]:
    """Whose it is and when: mostly soon after another one of the same owner."""
    if before and rng.random() < 0.7:
        other = rng.choice(before[-40:])
        return other["owner_type_id"], other["owner_id"], other["created"] + rng.choice(PAUSES)
    kind = rng.choice([1, 1, 1, 2, 2, 2, 2, 3, 4, rng.choice([31, None])])
    most = {1: deals // 2 + 3, 2: deals + 2, 3: deals // 8 + 2, 4: deals // 12 + 2}.get(kind or 0, 3)
    return kind, rng.choice([None, *[rng.randint(1, max(most, 1))] * 20]), moment(rng)


def _call(rng: Random, number: int, activities: int, at: int, as_of: int) -> Row:
    code = rng.choice(["200"] * 5 + ["304", "486", None])
    return {
        "id": number,
        "call_id": rng.choice([None, f"call.{number}", f"call.{number}", f"call.{number // 3}"]),
        "call_type": rng.choice([1, 1, 2, 2, 3, 4, 5, None]),
        "portal_user_id": rng.choice([*USERS, None]),
        "call_duration": rng.choice([0, None, rng.randint(1, 900), rng.randint(1, 900)]),
        "call_failed_code": code,
        "call_start_date": rng.choice([at, at, at, at, None]),
        "crm_activity_id": rng.choice([None, 0, *[rng.randint(1, activities + 1)] * 4]),
        "deleted_at": as_of if rng.random() < 0.05 else None,
    }


def _task(rng: Random, number: int, at: int, as_of: int) -> Row:
    closed = rng.choice([None, min(at + rng.choice(PAUSES), as_of - 1)])
    return {
        "id": number,
        "status": 2 if closed is None else 5,
        "responsible_id": rng.choice([*USERS, None]),
        "created_date": rng.choice([at] * 9 + [None]),
        "changed_date": closed or at,
        "closed_date": closed,
        "deadline": rng.choice([None, at + 86_400]),
        "deleted_at": as_of if rng.random() < 0.05 else None,
    }
