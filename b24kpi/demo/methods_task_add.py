"""tasks.task.add: https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-add.html .

What is refused is ERROR_CORE with a text in the portal's language and a line break behind it. A task that is bound to
rows of the CRM stands in their timeline as an activity of the provider CRM_TASKS_TASK. Fields whose effect is not
played here are refused rather than dropped.
"""

import json
import re
from typing import Any

from b24kpi.demo import casts, php, render
from b24kpi.demo.methods_tasks import shown_task
from b24kpi.demo.rest import Call, Method, NotEmulated, Reply, RestError, missing
from b24kpi.demo.storage import Row

LINK = "UF_CRM_TASK"
WRITABLE = ("TITLE", "DESCRIPTION", "DEADLINE", "RESPONSIBLE_ID", "CREATED_BY", "PRIORITY", LINK)
# Prefix of a bound row → entityTypeId and table: https://apidocs.bitrix24.com/api-reference/tasks/fields.html
BOUND = {"L": (1, "lead"), "D": (2, "deal"), "C": (3, "contact"), "CO": (4, "company")}
_REFERENCE = re.compile(r"(L|D|C|CO)_([1-9]\d*)")


def add_task(call: Call) -> Reply:
    """A new task: `{task: {…}}` in camel case, with the fields that tasks.task.list shows, but no user fields.

    Rights to act on it (`action`), checklists and the like, which the page of the method shows too, are left out.
    """
    given = call.params.get("fields")
    if not isinstance(given, dict) or not given:
        raise missing("fields")
    if unknown := [name for name in given if name not in WRITABLE]:
        raise NotEmulated(f"the fields {', '.join(map(str, unknown))} of a new task")
    table, now = call.state.table("task"), int(call.state.now())
    references = _references(call, given.get(LINK))
    plain = {name: value for name, value in given.items() if name != LINK}
    row = casts.columns(dict(table.fields), plain, call.state.zone)
    _check(call, row)
    moments = dict.fromkeys(("CREATED_DATE", "CHANGED_DATE", "STATUS_CHANGED_DATE"), now)
    by = call.caller.user_id
    made = {"CREATED_BY": by, **row, **moments, "CHANGED_BY": by, LINK: json.dumps(references) if references else None}
    task_id = call.state.add("task", made, by=by)
    for reference in references:
        _into_timeline(call, task_id, made, reference)
    return Reply({"task": _shown(call, task_id)})


def _check(call: Call, row: Row) -> None:
    if not str(row.get("TITLE") or "").strip():
        raise _refused("Не указано название задачи")
    responsible = row.get("RESPONSIBLE_ID")
    if not responsible:
        raise _refused("Не указан исполнитель")
    if call.state.row("user", int(responsible)) is None:
        raise _refused('Пользователь указанный в поле "Исполнитель" не найден')
    creator = row.get("CREATED_BY")
    if creator is None:
        return
    if call.state.row("user", int(creator)) is None:
        raise NotEmulated("a creator of a task who is nobody")
    if int(creator) != call.caller.user_id and not call.caller.is_admin:
        raise NotEmulated("a task that somebody without rights gives in another's name")


def _refused(text: str) -> RestError:
    return RestError("ERROR_CORE", f"{text}<br>")


def _references(call: Call, value: Any) -> list[str]:
    """`["D_5"]`; only of rows that are there."""
    if value is None or value == "":
        return []
    texts = [php.to_string(each) for each in (value.values() if isinstance(value, dict) else [value])]
    for text in texts:
        found = _REFERENCE.fullmatch(text)
        if found is None or call.state.row(BOUND[found[1]][1], int(found[2])) is None:
            raise NotEmulated(f"the reference {text!r} of a task to the CRM")
    return texts


def _into_timeline(call: Call, task_id: int, task: Row, reference: str) -> None:
    prefix, _, number = reference.partition("_")
    activity = {
        "OWNER_TYPE_ID": BOUND[prefix][0],
        "OWNER_ID": int(number),
        "TYPE_ID": 6,
        "PROVIDER_ID": "CRM_TASKS_TASK",
        "PROVIDER_TYPE_ID": "TASKS_TASK",
        "ASSOCIATED_ENTITY_ID": task_id,
        "SUBJECT": task["TITLE"],
        "RESPONSIBLE_ID": task["RESPONSIBLE_ID"],
        "DEADLINE": task.get("DEADLINE"),
        "COMPLETED": "N",
    }
    call.state.add("activity", activity, by=call.caller.user_id)


def _shown(call: Call, task_id: int) -> Row:
    table = call.state.table("task")
    fields = [field for field in table.fields.values() if not field.is_user_field]
    row = call.state.row("task", task_id)
    assert row is not None
    rendered = render.legacy(fields, [[row[field.name] for field in fields]], call.state.zone)[0]
    task = shown_task(call, rendered, [])
    task.pop("subStatus", None)  # the list's own
    return {**task, "newCommentsCount": 0}


METHODS = (Method("tasks.task.add", "task", add_task),)
