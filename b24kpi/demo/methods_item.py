"""crm.item.*: leads, deals and smart invoices (list, get, update) and the items of smart processes (all).

https://apidocs.bitrix24.com/api-reference/crm/universal/index.html . Read from the portal's source: moments in filters
lose their offset and are shifted by the user's zone; unknown names in `select` and `fields` are dropped.
"""

from functools import partial

from b24kpi.demo import casts, multifields, php, render
from b24kpi.demo.declaration import Field
from b24kpi.demo.filters_controller import order, where
from b24kpi.demo.filters_legacy import Condition
from b24kpi.demo.item_fields import ItemType, extras, item_type, lead_texts
from b24kpi.demo.lists import Query, controller_page
from b24kpi.demo.php import Array
from b24kpi.demo.portal_time import PortalZone
from b24kpi.demo.rest import Call, Method, NotEmulated, Reply, RestError, missing
from b24kpi.demo.rights import readable, readable_row
from b24kpi.demo.side_effects import BadValue
from b24kpi.demo.storage import Row

_MAX_IMPORT = 20
_IMPORTABLE = ("CREATED_TIME", "UPDATED_TIME", "MOVED_TIME", "CREATED_BY", "UPDATED_BY", "MOVED_BY")
_REAL_TYPES = (3, 4, 7)  # of every portal, not emulated here


# --- reading


def list_items(call: Call) -> Reply:
    """crm.item.list: `{items: […]}`; `id` only comes along where it is selected."""
    item = _item_type(call)
    names = [php.to_string(name) for name in array(call, "select").values()] or ["*"]
    shown = {name: field for name, field in item.fields.items() if "*" in names or name in names}
    parse_moment = partial(_skewed_moment, call)
    conditions = [*where(item.fields, array(call, "filter"), parse_moment), *_readable(call, item)]
    ordering = order(item.fields, array(call, "order"))
    hidden = [item.fields["id"], *([item.fields["contactId"]] if "contactId" in item.fields else [])]
    query = Query(item.table, [field.name for field in (*hidden, *shown.values())], conditions, ordering)
    page = controller_page(call.state, query, call.start)
    rows = render.native(list(shown), list(shown.values()), [row[len(hidden) :] for row in page.rows], call.state.zone)
    if set(names) - set(item.fields):
        for row, source in zip(rows, page.rows, strict=True):
            more = _extras(call, item, source[0], source[1] if len(hidden) > 1 else 0)
            row |= {name: value for name, value in more.items() if "*" in names or name in names}
    return page.reply({"items": rows})


def get_item(call: Call) -> Reply:
    """crm.item.get: `{item: {…}}`."""
    item = _item_type(call)
    return Reply({"item": _shown(call, item, _existing(call, item))})


def _item_type(call: Call) -> ItemType:
    if "entityTypeId" not in call.params:
        raise missing("entityTypeId")
    entity_type_id = php.to_int(call.params["entityTypeId"])
    if entity_type_id in _REAL_TYPES:
        raise NotEmulated(f"crm.item.* of entity type {entity_type_id}")
    found = item_type(call.state, entity_type_id, original_names=call.params.get("useOriginalUfNames") == "Y")
    if found is None:
        raise RestError("NOT_FOUND", "Smart process not found")
    return found


def _skewed_moment(call: Call, text: str) -> int:
    """The offset in the text is dropped, then the user's distance from the server's zone is subtracted."""
    server = call.state.zone
    moment = server.parse(text, ignore_offset=True)
    zone = call.state.scalar("SELECT TIME_ZONE FROM user WHERE ID = ?", [call.caller.user_id])
    return moment - (PortalZone(zone).offset(moment) - server.offset(moment) if zone else 0)


def array(call: Call, name: str) -> Array:
    """A parameter that must be an array; empty where it is absent. Raises RestError."""
    value = call.params.get(name) or {}
    if not isinstance(value, dict):
        raise RestError(100, f"Invalid value to match with parameter {{{name}}}. Should be value of type array.")
    return value


def _readable(call: Call, item: ItemType) -> list[Condition]:
    if call.caller.level(item.table) == "none":
        raise RestError("ACCESS_DENIED", "Access denied")
    return readable(call, item.table)


def _existing(call: Call, item: ItemType) -> Row:
    if "id" not in call.params:
        raise missing("id")
    row = call.state.row(item.table, php.to_int(call.params["id"]))
    if row is None:
        raise RestError("NOT_FOUND", "Element not found")
    if call.caller.level(item.table) == "none" or not readable_row(call, item.table, row["ID"]):
        raise RestError("ACCESS_DENIED", "Access denied")
    return row


def _shown(call: Call, item: ItemType, row: Row) -> Row:
    fields = list(item.fields.values())
    shown = render.native(list(item.fields), fields, [[row[field.name] for field in fields]], call.state.zone)[0]
    contact_id = row["CONTACT_ID"] if "contactId" in item.fields else 0
    return shown | _extras(call, item, row["ID"], contact_id)


def _extras(call: Call, item: ItemType, row_id: int, contact_id: int | None) -> Row:
    more = extras(item, [contact_id] if contact_id else [])
    if item.entity_type_id != 1:
        return more
    entries = multifields.native(call.state, 1, row_id)
    return {**more, "fm": entries, **lead_texts(entries)}


# --- writing


def add_item(call: Call) -> Reply:
    """crm.item.add for smart processes."""
    item = _smart_process(call)
    return Reply({"item": _shown(call, item, _create(call, item, array(call, "fields")))})


def _smart_process(call: Call) -> ItemType:
    item = _item_type(call)
    if not item.is_smart_process:
        raise NotEmulated(f"adding or deleting entity type {item.entity_type_id} by crm.item.*")
    return item


def _create(call: Call, item: ItemType, values: Array, *, importing: bool = False) -> Row:
    columns = _columns(call, item, values)
    if importing and call.caller.is_admin:
        columns |= _imported(call, item, values)
    _check_mandatory(call, item, columns)
    with call.state.transaction():
        row_id = call.state.add(item.table, columns, by=call.caller.user_id)
        if not columns.get("TITLE"):
            call.state.change_row(item.table, row_id, {"TITLE": f"{item.title} #{row_id}"})
        row = call.state.row(item.table, row_id)
    return row or {}


def _columns(call: Call, item: ItemType, values: Array) -> Row:
    """Columns of `fields`; user fields are taken under their original names as well."""
    known = {field.name: field for field in item.fields.values() if field.is_user_field}
    columns = casts.columns({**known, **item.fields}, values, call.state.zone)
    for name, field in {**known, **item.fields}.items():
        if name in values and field.kind in ("int", "double") and field.is_user_field:
            _check_number(field, values[name])
    return columns


def _check_number(field: Field, value: object) -> None:
    if value not in (None, "") and not php.is_numeric(value):
        raise RestError("CRM_FIELD_ERROR_VALUE_NOT_VALID", f'Invalid value of the field "{field.name}"')


def _imported(call: Call, item: ItemType, values: Array) -> Row:
    """An import by an administrator may bring the moments and people of the past, never of the future."""
    fields = {name: field for name, field in item.fields.items() if field.name in _IMPORTABLE}
    found = {
        field.name: casts.native(field, values[name], call.state.zone)
        for name, field in fields.items()
        if name in values
    }
    moments = [found[name] for name in ("CREATED_TIME", "UPDATED_TIME") if name in found]
    if any(moment > call.state.now() for moment in moments) or moments != sorted(moments):
        raise RestError("CRM_FIELD_ERROR_VALUE_NOT_VALID", "Created and updated times must be ordered and past")
    return found


def _check_mandatory(call: Call, item: ItemType, columns: Row) -> None:
    for field in call.state.rows("user_field", "mandatory = 'Y'"):
        name = field["fieldName"]
        if call.state.user_field_table(field["entityId"]) == item.table and columns.get(name) in (None, ""):
            raise RestError("CRM_FIELD_ERROR_REQUIRED", f'The "{name}" field is required')


def update_item(call: Call) -> Reply:
    """crm.item.update; a deal moves to another pipeline by categoryId and stageId. Equal values write nothing."""
    item = _item_type(call)
    row = _existing(call, item)
    columns = _columns(call, item, array(call, "fields"))
    if any(row[name] != value for name, value in columns.items()):
        try:
            call.state.update(item.table, row["ID"], columns, by=call.caller.user_id)
        except BadValue as error:
            raise NotEmulated(str(error)) from None
    return Reply({"item": _shown(call, item, call.state.row(item.table, row["ID"]) or {})})


def delete_item(call: Call) -> Reply:
    """crm.item.delete for smart processes; an empty array."""
    item = _smart_process(call)
    call.state.delete(item.table, _existing(call, item)["ID"], by=call.caller.user_id)
    return Reply([])


def import_items(call: Call) -> Reply:
    """crm.item.batchImport: at most 20, answered position by position; some may fail."""
    item = _smart_process(call)
    data = array(call, "data")
    if len(data) > _MAX_IMPORT:
        raise RestError("MAX_IMPORT_BATCH_SIZE_EXCEEDED", f"Batch import is limited to {_MAX_IMPORT} items")
    refused = call.portal.import_errors()
    answers = [_import_one(call, item, values, refused.get(place)) for place, values in enumerate(data.values())]
    return Reply({"items": answers})


def _import_one(call: Call, item: ItemType, values: object, refused: str | None) -> Row:
    try:
        if refused:
            raise RestError(refused, "This item is refused")
        if not isinstance(values, dict):
            raise RestError("INVALID_ARG_VALUE", "An item must be an array of fields")
        return {"item": {"id": _create(call, item, values, importing=True)["ID"]}}
    except NotEmulated:
        raise
    except RestError as error:
        return error.payload


METHODS = (
    Method("crm.item.list", "crm", list_items),
    Method("crm.item.get", "crm", get_item),
    Method("crm.item.add", "crm", add_item),
    Method("crm.item.update", "crm", update_item),
    Method("crm.item.delete", "crm", delete_item),
    Method("crm.item.batchImport", "crm", import_items),
)
