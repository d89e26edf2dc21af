"""Users and departments, and who the webhook belongs to.

https://apidocs.bitrix24.com/api-reference/user/user-get.html ,
https://apidocs.bitrix24.com/api-reference/departments/department-get.html
"""

import json
from typing import Any

from b24kpi.demo import php, render
from b24kpi.demo.declaration import Table
from b24kpi.demo.filters_legacy import Condition, order, split_key, where
from b24kpi.demo.lists import Page, Query, legacy_page
from b24kpi.demo.php import Array
from b24kpi.demo.rest import Call, Method, NotEmulated, Reply, RestError
from b24kpi.demo.storage import Row

_HIDDEN = ("ADMIN", "EXTERNAL_AUTH_ID")
_NOT_FILTERS = ("SORT", "ORDER", "SELECT", "ADMIN_MODE", "IMAGE_RESIZE", "START", "FILTER")
_OMITTED_WHERE_UNSET = ("XML_ID", "TITLE", "UF_PHONE_INNER", "LAST_LOGIN", "LAST_ACTIVITY_DATE", "TIMESTAMP_X")
_SHOWN_AS_OBJECTS = ("LAST_ACTIVITY_DATE", "TIMESTAMP_X")


def get_users(call: Call) -> Reply:
    """user.get: `FILTER` or fields at top level, `sort` (a field), `order`, `select`, `ADMIN_MODE`."""
    params: Array = {str(key).upper(): value for key, value in call.params.items()}
    admin_mode = php.is_true(params.get("ADMIN_MODE")) and call.caller.is_admin
    wanted = params["FILTER"] if isinstance(params.get("FILTER"), dict) else _without(params, _NOT_FILTERS)
    conditions = [*_visible(admin_mode), *_user_conditions(call, wanted)]
    sorting = order(_shown(call.state.table("user")), {params.get("SORT", "ID"): params.get("ORDER", "ASC")})
    rows, page = _users(call, conditions, sorting)
    kept = _mask(params.get("SELECT"))
    rows = [{name: _listed(name, value) for name, value in row.items() if kept(name)} for row in rows]
    return page.reply(rows) if rows else Reply(rows, counted=page.counted)


def _listed(name: str, value: Any) -> Any:
    """Two moments arrive as empty objects in the documented sample of user.get, unlike in user.current."""
    return {} if name in _SHOWN_AS_OBJECTS else value


def _users(call: Call, conditions: list[Condition], sorting: str) -> tuple[list[Row], Page]:
    fields = list(_shown(call.state.table("user")).fields.values())
    page = legacy_page(call.state, Query("user", [field.name for field in fields], conditions, sorting), call.start)
    rows = [_user(row) for row in render.legacy(fields, page.rows, call.state.zone)]
    return rows, page


def _shown(table: Table) -> Table:
    for name in _HIDDEN:
        table = table.without_field(name)
    return table


def _visible(admin_mode: bool) -> list[Condition]:
    """Bots, guests and integrators never show; people without a department only to administrators who ask."""
    everybody = Condition("coalesce(EXTERNAL_AUTH_ID, '') = ''")
    return [everybody] if admin_mode else [everybody, Condition("json_array_length(UF_DEPARTMENT) > 0")]


def _user_conditions(call: Call, wanted: Array) -> list[Condition]:
    plain: Array = {}
    conditions = []
    for key, value in wanted.items():
        prefix, name = split_key(str(key).upper())
        if name == "UF_DEPARTMENT":
            conditions.append(_in_department(prefix, value))
        elif name == "ACTIVE":
            plain[key] = int(php.is_true(value) and value != "N")
        else:
            plain[key] = value
    return conditions + where(_shown(call.state.table("user")), plain, call.state.zone)


def _in_department(prefix: str, value: Any) -> Condition:
    if prefix not in ("", "=", "@"):
        raise NotEmulated(f"the filter {prefix}UF_DEPARTMENT")
    wanted = [php.to_int(item) for item in (value.values() if isinstance(value, dict) else [value])]
    marks = ", ".join("?" * len(wanted))
    return Condition(f"EXISTS (SELECT 1 FROM json_each(UF_DEPARTMENT) WHERE value IN ({marks}))", tuple(wanted))


def _mask(select: Any) -> Any:
    names = [php.to_string(name) for name in select.values()] if isinstance(select, dict) else []
    if not names:
        return lambda name: True
    standard, user = "*" in names, "UF_*" in names
    return lambda name: name in names or name == "ID" or (user if name.startswith("UF_") else standard)


def _user(row: Row) -> Row:
    """ACTIVE is a JSON boolean; unset fields are left out or ''."""
    shown = {name: value for name, value in row.items() if name not in _OMITTED_WHERE_UNSET or value not in (None, "")}
    return {**shown, "ACTIVE": row["ACTIVE"] == "1"}


def _me(call: Call) -> Row:
    rows, _ = _users(call, [Condition("ID = ?", (call.caller.user_id,))], "")
    if not rows:
        raise RestError("authorization_error", "Unable to authorize user", 401)
    return rows[0]


def current_user(call: Call) -> Reply:
    """user.current: the webhook's owner."""
    me = {name: value for name, value in _me(call).items() if name not in ("TIMESTAMP_X", "USER_TYPE")}
    if "LAST_ACTIVITY_DATE" in me:
        me["LAST_ACTIVITY_DATE"] = me["LAST_ACTIVITY_DATE"][:19].replace("T", " ")
    return Reply(me)


def profile(call: Call) -> Reply:
    """The webhook's owner in short, ADMIN as a JSON boolean."""
    me = _me(call)
    shown = {name: me[name] for name in ("NAME", "LAST_NAME", "PERSONAL_GENDER", "TIME_ZONE")}
    return Reply({"ID": me["ID"], "ADMIN": call.caller.is_admin, **shown})


def get_departments(call: Call) -> Reply:
    """department.get: filters at top level, `sort` (a field), `order`; PARENT and UF_HEAD only where they are set."""
    params: Array = {str(key).upper(): value for key, value in call.params.items()}
    table = call.state.table("department")
    conditions = where(table, _without(params, _NOT_FILTERS), call.state.zone)
    sorting = order(table, {params.get("SORT", "ID"): params.get("ORDER", "ASC")})
    page = legacy_page(call.state, Query("department", list(table.fields), conditions, sorting), call.start)
    rows = [_department(row) for row in render.legacy(list(table.fields.values()), page.rows, call.state.zone)]
    return page.reply(rows)


def _department(row: Row) -> Row:
    shown = {name: value for name, value in row.items() if value is not None}
    return {**shown, "SORT": json.loads(row["SORT"])}


def _without(params: Array, names: tuple[str, ...]) -> Array:
    return {key: value for key, value in params.items() if key not in names}


METHODS = (
    Method("user.get", "user", get_users),
    Method("user.current", "user", current_user),
    Method("user.admin", "", lambda call: Reply(call.caller.is_admin)),
    Method("profile", "", profile),
    Method("department.get", "department", get_departments),
)
