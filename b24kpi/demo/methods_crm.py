"""Legacy methods of leads, deals, contacts, companies and activities: list, get, add, update, delete.

https://apidocs.bitrix24.com/api-reference/crm/deals/index.html and its neighbours; the details of lists that the
pages leave out are read from the portal's source.
"""

from functools import partial

from b24kpi.demo import casts, multifields, php, render
from b24kpi.demo.declaration import Field, Table
from b24kpi.demo.fields import MULTIFIELDS
from b24kpi.demo.filters_legacy import Condition, array_param, order, split_key, where
from b24kpi.demo.lists import Query, legacy_page, whole
from b24kpi.demo.php import Array
from b24kpi.demo.rest import Call, Method, NotEmulated, Reply, RestError, not_found
from b24kpi.demo.rights import readable
from b24kpi.demo.side_effects import BadValue
from b24kpi.demo.storage import Row

_ACTIVITY_EXTRAS = ("BINDINGS", "COMMUNICATIONS", "FILES")
_IMMUTABLE = {"deal": ("CATEGORY_ID",), "activity": ("OWNER_ID", "OWNER_TYPE_ID")}
_NOT_FOUND_ON_UPDATE = {"contact": "Contact is not found"}


# --- reading


def list_rows(table_name: str, call: Call) -> Reply:
    """crm.deal.list and its kin."""
    table = call.state.table(table_name)
    wanted = array_param(call.params, "select")
    names = [php.to_string(name) for name in wanted.values()]
    fields = selected(table, names)
    conditions = _conditions(table, call)
    ordering = order(table, array_param(call.params, "order"))
    if table_name == "activity" and not ordering:
        ordering = " ORDER BY START_TIME ASC"
    query = Query(table.name, [field.name for field in fields], conditions, ordering)
    page = legacy_page(call.state, query, call.start, count_cap=call.portal.options.count_cap)
    rows = render.legacy(fields, page.rows, call.state.zone)
    _add_extras(call, table, rows, names)
    return page.reply(rows)


def selected(table: Table, names: list[str]) -> list[Field]:
    """Nothing or `*`: every field that is not a UF one; `UF_*`: those; ID always; unknown names are ignored."""
    standard, user = not names or "*" in names, "UF_*" in names
    return [
        field
        for field in table.fields.values()
        if field.name == table.key or field.name in names or (user if field.is_user_field else standard)
    ]


def _conditions(table: Table, call: Call) -> list[Condition]:
    wanted = array_param(call.params, "filter")
    conditions = where(table, wanted, call.state.zone, refuse=_ACTIVITY_EXTRAS if table.name == "activity" else ())
    if table.name == "deal" and not _names_templates(wanted):
        conditions.append(Condition("IS_RECURRING = 'N'"))
    return [*conditions, *readable(call, table.name)]


def _names_templates(wanted: Array) -> bool:
    """Recurring templates stay hidden unless the filter names IS_RECURRING or exact ids (from the source)."""
    keys = {split_key(str(key)) for key in wanted}
    return bool(keys & {("", "IS_RECURRING"), ("=", "IS_RECURRING"), ("", "ID"), ("=", "ID"), ("@", "ID")})


def _add_extras(call: Call, table: Table, rows: list[Row], names: list[str]) -> None:
    if table.name == "activity":
        _add_bindings(call, rows, names)
        return
    named = [name for name in MULTIFIELDS if name in names]
    if named:
        multifields.add_to(call.state, table.entity_type_id, rows, named)


def _add_bindings(call: Call, rows: list[Row], names: list[str]) -> None:
    if "COMMUNICATIONS" in names or "FILES" in names:
        raise NotEmulated("COMMUNICATIONS and FILES of activities")
    if "BINDINGS" not in names:
        return
    sql = f"SELECT OWNER_ID, OWNER_TYPE_ID FROM activity WHERE ID IN ({', '.join(str(int(row['ID'])) for row in rows)})"
    owners = call.state.select(f"{sql} ORDER BY ID") if rows else []
    by_id = dict(zip(sorted(int(row["ID"]) for row in rows), owners, strict=True))
    for row in rows:
        owner_id, owner_type = by_id[int(row["ID"])]
        row["BINDINGS"] = [{"OWNER_ID": str(owner_id), "OWNER_TYPE_ID": str(owner_type)}]


def get_row(table_name: str, call: Call) -> Reply:
    """crm.deal.get and its kin: every field, and the multifields that are filled."""
    table = call.state.table(table_name)
    fields = list(table.fields.values())
    conditions = [Condition("ID = ?", (_id(call),)), *readable(call, table_name)]
    found = whole(call.state, Query(table_name, list(table.fields), conditions))
    if not found:
        raise not_found()
    row = render.legacy(fields, found, call.state.zone)[0]
    if table_name != "activity":
        multifields.add_to(call.state, table.entity_type_id, [row], list(MULTIFIELDS))
    return Reply(row)


def _id(call: Call) -> int:
    row_id = php.to_int(next((call.params[name] for name in ("id", "ID", "Id") if name in call.params), 0))
    if row_id <= 0:
        raise RestError("", "ID is not defined or invalid.")
    return row_id


# --- writing


def add_row(table_name: str, call: Call) -> Reply:
    """crm.deal.add and its kin; the new id."""
    values = _fields_param(call)
    columns = _columns(table_name, call, values)
    with call.state.transaction():
        try:
            row_id = call.state.add(table_name, columns, by=call.caller.user_id)
        except BadValue as error:
            raise NotEmulated(str(error)) from None
        multifields.write(call.state, table_name, row_id, values)
    return Reply(row_id)


def update_row(table_name: str, call: Call) -> Reply:
    """crm.deal.update and its kin; true."""
    row_id, values = _id(call), _fields_param(call)
    columns = _columns(table_name, call, values, immutable=_IMMUTABLE.get(table_name, ()))
    if any(name in values for name in MULTIFIELDS):
        raise NotEmulated("changing phones and e-mail addresses")
    try:
        call.state.update(table_name, row_id, columns, by=call.caller.user_id)
    except BadValue as error:
        raise NotEmulated(str(error)) from None
    except LookupError:
        raise not_found(_NOT_FOUND_ON_UPDATE.get(table_name, "Not found")) from None
    return Reply(True)


def delete_row(table_name: str, call: Call) -> Reply:
    """crm.deal.delete and its kin; true."""
    try:
        call.state.delete(table_name, _id(call), by=call.caller.user_id)
    except LookupError:
        raise not_found() from None
    return Reply(True)


def _fields_param(call: Call) -> Array:
    for name in ("fields", "FIELDS", "Fields", "arFields"):
        if isinstance(call.params.get(name), dict):
            values: Array = call.params[name]
            return values
    raise RestError("", "Parameter 'fields' must be array.")


def _columns(table_name: str, call: Call, values: Array, *, immutable: tuple[str, ...] = ()) -> Row:
    table = call.state.table(table_name)
    values = dict(values)
    for many, one in (("CONTACT_IDS", "CONTACT_ID"), ("COMPANY_IDS", "COMPANY_ID")):
        ids = values.pop(many, {})
        if isinstance(ids, dict) and len(ids) > 1:
            raise NotEmulated(f"more than one id in {many}")
        values |= {one: next(iter(ids.values()))} if ids else {}
    return casts.columns(dict(table.fields), values, call.state.zone, immutable=immutable)


_VERBS = {"list": list_rows, "get": get_row, "add": add_row, "update": update_row, "delete": delete_row}
METHODS = tuple(
    Method(f"crm.{table}.{verb}", "crm", partial(run, table))
    for table in ("lead", "deal", "contact", "company", "activity")
    for verb, run in _VERBS.items()
)
