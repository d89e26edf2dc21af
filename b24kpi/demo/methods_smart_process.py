"""crm.type.* and userfieldconfig.*: smart processes and their user fields.

https://apidocs.bitrix24.com/api-reference/crm/universal/user-defined-object-types/index.html ,
https://apidocs.bitrix24.com/api-reference/crm/universal/userfieldconfig/index.html
"""

import json
import re
from typing import Any

from b24kpi.demo import casts, php, render
from b24kpi.demo.declaration import Field
from b24kpi.demo.filters_controller import order, where
from b24kpi.demo.lists import Query, controller_page
from b24kpi.demo.methods_item import array
from b24kpi.demo.php import Array
from b24kpi.demo.rest import Call, Method, NotEmulated, Reply, RestError, missing
from b24kpi.demo.storage import LISTED_KINDS, USER_FIELD_KINDS, Row, UnknownName, item_table

_NOT_EMULATED_FLAGS = ("isStagesEnabled", "isCategoriesEnabled", "isPaymentsEnabled", "isCountersEnabled")
_LINKED = ("CALENDAR_EVENT|UF_CRM_CAL_EVENT", "TASKS_TASK|UF_CRM_TASK", "TASKS_TASK_TEMPLATE|UF_CRM_TASK")
_DETAILS: Row = {
    "relations": {"parent": [], "child": []},
    "linkedUserFields": dict.fromkeys(_LINKED, "N"),
    "customSections": [],
}
_FIRST_ENTITY_TYPE = 1030
_LABELS = ("editFormLabel", "listColumnLabel", "listFilterLabel", "errorMessage", "helpMessage")
_PREFIX = re.compile(r"CRM_(\d+|LEAD|DEAL|CONTACT|COMPANY)")
_MAX_NAME = 50


# --- types


def list_types(call: Call) -> Reply:
    """crm.type.list: smart processes only, for CRM administrators."""
    _need_admin(call)
    fields = call.state.table("smart_process").fields
    conditions = where(fields, array(call, "filter"), call.state.zone.parse)
    ordering = order(fields, array(call, "order"))
    page = controller_page(call.state, Query("smart_process", list(fields), conditions, ordering), call.start)
    types = render.native(list(fields), list(fields.values()), page.rows, call.state.zone)
    return page.reply({"types": types})


def add_type(call: Call) -> Reply:
    """crm.type.add: a smart process with a table of its own; without entityTypeId the next free one."""
    _need_admin(call)
    columns = _type_columns(call)
    if not columns.get("title"):
        raise RestError("BX_EMPTY_REQUIRED", 'The "Title" field is required')
    with call.state.transaction():
        columns["entityTypeId"] = _entity_type_id(call, columns.get("entityTypeId"))
        stamp = dict.fromkeys(("createdTime", "updatedTime"), int(call.state.now()))
        stamp |= dict.fromkeys(("createdBy", "updatedBy"), call.caller.user_id)
        type_id = call.state.create_row("smart_process", {**columns, **stamp})
        call.state.create_item_table(columns["entityTypeId"])
    return Reply({"type": _type(call, _existing_type(call, type_id))})


def get_type(call: Call) -> Reply:
    """crm.type.get by `id` (not entityTypeId); error 0 "SPA not found"."""
    return Reply({"type": _type(call, _existing_type(call))})


def update_type(call: Call) -> Reply:
    """crm.type.update; entityTypeId cannot be changed."""
    _need_admin(call)
    row = _existing_type(call)
    columns = {name: value for name, value in _type_columns(call).items() if name != "entityTypeId"}
    stamp = {"updatedTime": int(call.state.now()), "updatedBy": call.caller.user_id}
    call.state.change_row("smart_process", row["id"], {**columns, **stamp})
    return Reply({"type": _type(call, _existing_type(call))})


def delete_type(call: Call) -> Reply:
    """crm.type.delete: only where no item is left; an empty array."""
    _need_admin(call)
    row = _existing_type(call)
    table = item_table(row["entityTypeId"])
    if call.state.scalar(f"SELECT 1 FROM {table} LIMIT 1"):
        raise RestError("BX_ERROR", "You cannot delete an entity type that has elements")
    with call.state.transaction():
        call.state.drop_table(table)
        call.state.execute("DELETE FROM user_field WHERE entityId = ?", [f"CRM_{row['id']}"])
        call.state.execute("DELETE FROM smart_process WHERE id = ?", [row["id"]])
    return Reply([])


def _need_admin(call: Call) -> None:
    if not call.caller.is_admin:
        raise RestError("ACCESS_DENIED", "Access denied")


def _type_columns(call: Call) -> Row:
    values = array(call, "fields")
    columns = casts.columns(dict(call.state.table("smart_process").fields), values, call.state.zone)
    wanted = [flag for flag in _NOT_EMULATED_FLAGS if columns.get(flag) == "Y"]
    if wanted or values.get("relations"):
        raise NotEmulated(f"smart processes with {', '.join(wanted) or 'relations'}")
    return columns


def _entity_type_id(call: Call, wanted: int | None) -> int:
    """Even and not below 1030, or one of the older range 128-192; read from the portal's source."""
    if wanted is None:
        last = call.state.scalar("SELECT max(entityTypeId) FROM smart_process WHERE entityTypeId >= 1030")
        return int(last) + 2 if last else _FIRST_ENTITY_TYPE
    if not (128 <= wanted <= 192 or (wanted >= _FIRST_ENTITY_TYPE and wanted % 2 == 0)):
        raise RestError("INVALID_ARG_VALUE", "entityTypeId is out of allowed range")
    if call.state.rows("smart_process", "entityTypeId = ?", [wanted]):
        raise NotEmulated("the error of an entityTypeId that is taken")
    return wanted


def _existing_type(call: Call, type_id: int | None = None) -> Row:
    if type_id is None and "id" not in call.params:
        raise missing("id")
    row = call.state.row("smart_process", php.to_int(call.params["id"]) if type_id is None else type_id)
    if row is None:
        raise RestError(0, "SPA not found")
    return row


def _type(call: Call, row: Row) -> Row:
    fields = call.state.table("smart_process").fields
    shown = render.native(list(fields), list(fields.values()), [list(row.values())], call.state.zone)[0]
    return {**shown, **_DETAILS}


# --- user fields


def list_user_fields(call: Call) -> Reply:
    """userfieldconfig.list: labels come only with `select: {language: …}`."""
    _need_module(call)
    fields = call.state.table("user_field").fields
    conditions = where(fields, array(call, "filter"), call.state.zone.parse)
    ordering = order(fields, array(call, "order"))
    page = controller_page(call.state, Query("user_field", list(fields), conditions, ordering), call.start)
    rows = render.legacy(list(fields.values()), page.rows, call.state.zone)
    language = array(call, "select").get("language")
    return Reply({"fields": [_user_field(row, language) for row in rows]}, page.total, page.next)


def add_user_field(call: Call) -> Reply:
    """userfieldconfig.add: a new column of a smart process (`CRM_{type id}`), of leads, deals, contacts, companies."""
    _need_module(call)
    columns = _user_field_columns(call)
    entity_id, name = columns["entityId"], columns["fieldName"]
    if call.state.rows("user_field", "entityId = ? AND fieldName = ?", [entity_id, name]):
        raise RestError("", f"The field {name} already exists")
    with call.state.transaction():
        table = call.state.user_field_table(entity_id)
        field_id = call.state.create_row("user_field", columns)
        call.state.add_field(table, Field(name, USER_FIELD_KINDS[columns["userTypeId"]]))
    fields = list(call.state.table("user_field").fields.values())
    row = call.state.row("user_field", field_id) or {}
    return Reply({"field": _user_field(render.legacy(fields, [list(row.values())], call.state.zone)[0], None)})


def delete_user_field(call: Call) -> Reply:
    """userfieldconfig.delete: null."""
    _need_module(call)
    row = call.state.row("user_field", php.to_int(call.params.get("id")))
    if row is None:
        raise RestError("", "You cannot delete the user field")
    with call.state.transaction():
        call.state.drop_field(call.state.user_field_table(row["entityId"]), row["fieldName"])
        call.state.execute("DELETE FROM user_field WHERE id = ?", [row["id"]])
    return Reply(None)


def _need_module(call: Call) -> None:
    module = call.params.get("moduleId")
    if module is None:
        raise missing("moduleId")
    if module != "crm":
        raise NotEmulated(f"user fields of the module {module}")
    if not call.caller.is_admin:
        raise RestError("", "You do not have permission to view user field settings")


def _user_field_columns(call: Call) -> Row:
    values = array(call, "field")
    columns = {
        name: json.dumps(values[name]) if field.kind == "json" else casts.native(field, values[name], call.state.zone)
        for name, field in call.state.table("user_field").fields.items()
        if name in values and name != "id"
    }
    columns["editFormLabel"] = columns.get("editFormLabel", "{}")
    _check_user_field(call, columns)
    return {"userTypeId": "string", **columns}


def _check_user_field(call: Call, columns: Row) -> None:
    if not columns.get("fieldName"):
        raise RestError("", "The 'FIELD_NAME' field is not found.")
    entity_id, name = columns.get("entityId") or "", columns["fieldName"]
    entity = _PREFIX.fullmatch(entity_id)
    prefix = f"UF_CRM_{entity[1]}_" if entity and entity[1].isdigit() else "UF_CRM_"
    if not name.startswith(prefix) or len(name) > _MAX_NAME or not re.fullmatch(r"[A-Z0-9_]+", name):
        raise RestError("", f"The field name must start with {prefix} and be no longer than {_MAX_NAME}")
    kind = columns.get("userTypeId", "string")
    if columns.get("multiple") == "Y" or kind in LISTED_KINDS or kind not in USER_FIELD_KINDS:
        raise NotEmulated(f"user fields of the type {columns.get('userTypeId')}, multiple {columns.get('multiple')}")
    try:
        call.state.user_field_table(entity_id)
    except UnknownName:
        raise RestError("", f"The entity {entity_id} is not found") from None


def _user_field(row: Row, language: Any) -> Row:
    given: Array = row["editFormLabel"] or {}
    shown = {name: value for name, value in row.items() if name != "editFormLabel"}
    if language is None:
        labels = {"editFormLabel": given, "languageId": {code: code for code in given}}
        return {**shown, **labels, **{name: dict.fromkeys(given) for name in _LABELS[1:]}}
    labels = {"languageId": {language: language}, "editFormLabel": {language: given.get(language)}}
    return {**shown, **labels, **dict.fromkeys(_LABELS[1:])}


METHODS = (
    Method("crm.type.list", "crm", list_types),
    Method("crm.type.add", "crm", add_type),
    Method("crm.type.get", "crm", get_type),
    Method("crm.type.update", "crm", update_type),
    Method("crm.type.delete", "crm", delete_type),
    Method("userfieldconfig.list", "userfieldconfig", list_user_fields),
    Method("userfieldconfig.add", "userfieldconfig", add_user_field),
    Method("userfieldconfig.delete", "userfieldconfig", delete_user_field),
)
