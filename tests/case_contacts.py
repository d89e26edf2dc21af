"""Activities, calls and tasks out of the short rows of a case: kinds of contact instead of the portal's codes."""

from collections.abc import Callable, Mapping
from typing import Any

Row = dict[str, Any]
OWNERS = {"lead": 1, "deal": 2, "contact": 3, "company": 4}
# kind → PROVIDER_ID, DIRECTION, RESULT_STATUS
KINDS: Mapping[str, tuple[str, int, int]] = {
    "call_in": ("VOXIMPLANT_CALL", 1, 2),
    "call_missed": ("VOXIMPLANT_CALL", 1, 1),
    "call_out": ("VOXIMPLANT_CALL", 2, 0),
    "email_in": ("CRM_EMAIL", 1, 0),
    "email_out": ("CRM_EMAIL", 2, 0),
    "chat": ("IMOPENLINES_SESSION", 1, 2),
    "chat_missed": ("IMOPENLINES_SESSION", 1, 1),
    "form": ("CRM_WEBFORM", 1, 0),
    "meeting": ("CRM_MEETING", 0, 0),
    "todo": ("CRM_TODO", 0, 0),
    "message_of_a_robot": ("CRM_SMS", 2, 0),
}


def activity(row: Row, number: int, moment: Callable[[str], int]) -> Row:
    """`{ at, kind, lead | deal | contact | company = id }`; done, by user 5, unless it says otherwise."""
    own = dict(row)
    at, kind = moment(own.pop("at")), own.pop("kind")
    owner = next(name for name in OWNERS if name in own)
    provider, direction, result = KINDS[kind]
    user, done = own.pop("by", 5), own.pop("done", True)
    full: Row = {
        "id": number,
        "owner_type_id": OWNERS[owner],
        "owner_id": own.pop(owner),
        "provider_id": provider,
        "direction": direction,
        "result_status": result,
        "completed": int(done),
        "responsible_id": user,
        "author_id": user,
        "created": at,
        "start_time": at,
        "last_updated": at,
        "deadline": None,
        "deleted_at": None,
    }
    return full | _read(own, moment)


def call(row: Row, number: int, moment: Callable[[str], int]) -> Row:
    """`{ at, seconds }`; an outgoing one of user 5 that was answered, unless it says otherwise."""
    own = dict(row)
    full: Row = {
        "id": number,
        "call_id": own.pop("conversation", None),
        "call_type": own.pop("type", 1),
        "portal_user_id": own.pop("by", 5),
        "call_duration": own.pop("seconds"),
        "call_failed_code": own.pop("code", "200"),
        "call_start_date": moment(own.pop("at")),
        "crm_activity_id": own.pop("activity", None),
        "deleted_at": None,
    }
    return full | _read(own, moment)


def task(row: Row, number: int, moment: Callable[[str], int]) -> Row:
    """`{ created, closed, deadline }`, the last two if there are any; of user 5."""
    own = dict(row)
    created, closed, deadline = (own.pop(name, None) for name in ("created", "closed", "deadline"))
    full: Row = {
        "id": number,
        "responsible_id": own.pop("by", 5),
        "created_date": moment(created),
        "closed_date": moment(closed) if closed else None,
        "deadline": moment(deadline) if deadline else None,
        "deleted_at": None,
    }
    return full | _read(own, moment)


def _read(own: Row, moment: Callable[[str], int]) -> Row:
    return {name: moment(value) if name in ("deadline", "deleted_at") else value for name, value in own.items()}
