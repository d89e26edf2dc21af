"""tasks.task.list (REST v2): upper-case names in, camel-case names out.

https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-list.html ; values are strings, empty moments null, a
negative start does not count and sends no total (read from the portal's source). What the page of a task adds on
demand (tags, counters, parsed text) is refused rather than guessed.
"""

from typing import Any

from b24kpi.demo import php, render
from b24kpi.demo.declaration import Field
from b24kpi.demo.filters_legacy import Condition, split_key, where
from b24kpi.demo.item_fields import public_name
from b24kpi.demo.lists import Page, Query, controller_page
from b24kpi.demo.methods_item import array
from b24kpi.demo.rest import Call, Method, NotEmulated, Reply, RestError
from b24kpi.demo.storage import Row

_PEOPLE = {"CREATED_BY": "creator", "RESPONSIBLE_ID": "responsible"}
_LINK = "UF_CRM_TASK"
_ALWAYS = {"group": [], "descriptionInBbcode": "Y"}
_LISTS = {"ACCOMPLICES": ("accomplices", "accomplicesData"), "AUDITORS": ("auditors", "auditorsData")}


def list_tasks(call: Call) -> Reply:
    """`{tasks: […]}`; the user fields (UF_CRM_TASK) come only when they are named."""
    if array(call, "params"):
        raise NotEmulated("params of tasks.task.list")
    table = call.state.table("task")
    names = [php.to_string(name) for name in array(call, "select").values()]
    fields = _selected(list(table.fields.values()), names)
    conditions = [*_conditions(call), *_readable(call)]
    query = Query("task", [field.name for field in fields], conditions, _order(call))
    page = _page(call, query)
    rows = render.legacy(fields, page.rows, call.state.zone)
    return page.reply({"tasks": [shown_task(call, row, names) for row in rows]})


def _page(call: Call, query: Query) -> Page:
    """Any negative start switches counting off."""
    return controller_page(call.state, query, -1 if call.start < 0 else call.start)


def _selected(fields: list[Field], names: list[str]) -> list[Field]:
    known = {field.name for field in fields} | {"*", "subStatus", *_LISTS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise NotEmulated(f"the fields {', '.join(unknown)} of tasks")
    everything = not names or "*" in names
    return [
        field
        for field in fields
        if field.name in names or field.name == "ID" or (everything and not field.is_user_field)
    ]


def _conditions(call: Call) -> list[Condition]:
    table = call.state.table("task")
    wanted = array(call, "filter")
    unknown = [key for key in wanted if split_key(str(key))[1] not in table.fields]
    if unknown:
        raise NotEmulated(f"a filter of tasks by {', '.join(map(str, unknown))}")
    plain = {key: value for key, value in wanted.items() if key != _LINK}
    bound = [_bound(wanted[_LINK])] if _LINK in wanted else []
    return [*where(table, plain, call.state.zone), *bound]


def _bound(reference: Any) -> Condition:
    """Of the rows of the CRM to which a task is bound any may be the one."""
    return Condition(f"EXISTS (SELECT 1 FROM json_each({_LINK}) WHERE value = ?)", (php.to_string(reference),))


def _readable(call: Call) -> list[Condition]:
    """Administrators see every task, others those they give or do."""
    if call.caller.is_admin and call.caller.level("task") == "all":
        return []
    return [Condition("(RESPONSIBLE_ID = ? OR CREATED_BY = ?)", (call.caller.user_id, call.caller.user_id))]


def _order(call: Call) -> str:
    fields = call.state.table("task").fields
    parts = []
    for name, way in array(call, "order").items():
        if name not in fields:
            raise RestError("0", "Invalid sorting key (internal error)")
        parts.append(f"{name} {'DESC' if php.to_string(way).upper() == 'DESC' else 'ASC'}")
    return f" ORDER BY {', '.join(parts)}" if parts else ""


def shown_task(call: Call, row: Row, names: list[str]) -> Row:
    """A rendered row in camel case, with the people that belong to it."""
    everything = not names or "*" in names
    moments = {name for name, field in call.state.table("task").fields.items() if field.kind == "datetime"}
    shown = {public_name(name): None if name in moments and not value else value for name, value in row.items()}
    if "STATUS" in row:
        shown["subStatus"] = row["STATUS"]
    for name, (ids, people) in _LISTS.items():
        if everything or name in names:
            shown |= {ids: [], people: []}
    for name, key in _PEOPLE.items():
        if name in row:
            shown[key] = _person(call, row[name])
    return {**shown, **_ALWAYS}


def _person(call: Call, user_id: Any) -> Row:
    user = call.state.row("user", int(user_id)) or {"NAME": "", "LAST_NAME": "", "WORK_POSITION": ""}
    name = f"{user['NAME']} {user['LAST_NAME']}".strip()
    link = f"/company/personal/user/{user_id}/"
    icon = "/bitrix/images/tasks/default_avatar.png"
    return {"id": str(user_id), "name": name, "link": link, "icon": icon, "workPosition": user["WORK_POSITION"]}


METHODS = (Method("tasks.task.list", "task", list_tasks),)
