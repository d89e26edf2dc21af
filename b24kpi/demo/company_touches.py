"""Activities of the demo company: what customers send in, how managers answer, what they plan.

Values of TYPE_ID, DIRECTION, STATUS and RESULT_STATUS as in
https://apidocs.bitrix24.com/api-reference/crm/timeline/activities/activity-base/crm-activity-list.html,
PROVIDER_ID read from the portal's source. A to-do's START_TIME is the planned time, a call's the moment it began.
"""

from dataclasses import dataclass

from b24kpi.demo.company_queue import Card, Row
from b24kpi.demo.fields import NO_DEADLINE

LEAD, DEAL = 1, 2  # crm.enum.ownertype
EMAIL = 4  # TYPE_ID
INCOMING, OUTGOING = 1, 2
PENDING, DONE = 1, 2
MISSED, ANSWERED = 1, 2


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of activity: its columns that never vary, and how long one takes, in seconds."""

    type_id: int
    provider: str
    provider_type: str
    direction: int
    subject: str
    seconds: int


CALL_IN = Kind(2, "VOXIMPLANT_CALL", "CALL", INCOMING, "Вхідний дзвінок", 240)
CALL_OUT = Kind(2, "VOXIMPLANT_CALL", "CALL", OUTGOING, "Вихідний дзвінок", 300)
EMAIL_IN = Kind(EMAIL, "CRM_EMAIL", "EMAIL", INCOMING, "Лист від клієнта", 0)
EMAIL_OUT = Kind(EMAIL, "CRM_EMAIL", "EMAIL", OUTGOING, "Комерційна пропозиція", 0)
WEB_FORM = Kind(6, "CRM_WEBFORM", "1", INCOMING, "Заповнено форму на сайті", 0)
TODO = Kind(6, "CRM_TODO", "TODO", 0, "Зв'язатися з клієнтом", 900)
TASK = Kind(6, "CRM_TASKS_TASK", "TASKS", 0, "Підготувати документи", 3600)
MEETING = Kind(1, "CRM_MEETING", "MEETING", 0, "Зустріч", 3600)

DEAL_KINDS = (CALL_OUT,) * 6 + (EMAIL_OUT,) * 4 + (CALL_IN,) * 3 + (EMAIL_IN,) * 3 + (TODO,) * 3 + (TASK, MEETING)
_INQUIRIES = {"CALL": CALL_IN, "RECOMMENDATION": CALL_IN, "EMAIL": EMAIL_IN, "WEB": WEB_FORM, "ADVERTISING": WEB_FORM}


def inquiry(source: str) -> Kind | None:
    """The activity by which a lead of this source announces itself; None for sources a manager types in."""
    return _INQUIRIES.get(source)


def touch_row(
    number: int, moment: int, kind: Kind, owner_type: int, owner: Card, person: int, start: int, done: int | None
) -> Row:
    """A row of crm.activity.list, created at `moment`; `done` is when it was completed (None: still open)."""
    missed = done is None and kind is CALL_IN
    return {
        "ID": number,
        "OWNER_ID": owner.id,
        "OWNER_TYPE_ID": owner_type,
        "TYPE_ID": kind.type_id,
        "PROVIDER_ID": kind.provider,
        "PROVIDER_TYPE_ID": kind.provider_type,
        "SUBJECT": kind.subject,
        "CREATED": moment,
        "LAST_UPDATED": moment if done is None else done,
        "START_TIME": start,
        "END_TIME": start + kind.seconds,
        "DEADLINE": NO_DEADLINE if kind.type_id == EMAIL else start,
        "COMPLETED": "N" if done is None else "Y",
        "STATUS": PENDING if done is None else DONE,
        "RESPONSIBLE_ID": person,
        "AUTHOR_ID": person,
        "EDITOR_ID": person,
        "DIRECTION": kind.direction,
        "IS_INCOMING_CHANNEL": "Y" if kind.direction == INCOMING else "N",
        "RESULT_STATUS": (MISSED if missed else ANSWERED) if kind is CALL_IN else 0,
    }
