"""crm.lead.fields and its kin: which fields an object has, user fields with their labels and list items included.

https://apidocs.bitrix24.com/api-reference/crm/deals/crm-deal-fields.html and its neighbours; items of lists as in
https://github.com/bitrix24/b24restdocs/blob/main/api-reference/crm/_include/user-fields-for-examples-cut.md
"""

import json
from functools import partial
from typing import Any

from b24kpi.demo.declaration import Field, Table
from b24kpi.demo.fields import MULTIFIELDS
from b24kpi.demo.rest import Call, Method, Reply
from b24kpi.demo.storage import Row

# Columns that the method does not name, and names that it has beside the columns, with their types.
_UNNAMED = {
    "lead": ("LAST_COMMUNICATION_TIME",),
    "deal": ("PREVIOUS_STAGE_ID",),
    "contact": ("FACE_ID",),
}
_BESIDE = {
    "lead": {"CONTACT_IDS": "crm_contact"},
    "deal": {"CONTACT_IDS": "crm_contact"},
    "contact": {"COMPANY_IDS": "crm_company"},
    "company": {"CONTACT_ID": "crm_contact"},
}
_TYPES = {
    **dict.fromkeys(("id", "int"), "integer"),
    **dict.fromkeys(("money", "double"), "double"),
    "flag": "char",
    "bool": "boolean",
    "status": "crm_status",
    "link": "crm_entity",
    "json": "string",
}
_TYPE_OF = {
    "CURRENCY_ID": "crm_currency",
    "CATEGORY_ID": "crm_category",
    "COMPANY_ID": "crm_company",
    "CONTACT_ID": "crm_contact",
    "LEAD_ID": "crm_lead",
    "QUOTE_ID": "crm_quote",
    "STAGE_SEMANTIC_ID": "string",
    "STATUS_SEMANTIC_ID": "string",
    "LOCATION_ID": "location",
    "LOGO": "file",
    "PHOTO": "file",
    "ADDRESS_LOC_ADDR_ID": "integer",
    "REG_ADDRESS_LOC_ADDR_ID": "integer",
}
_DIRECTORIES = {
    "STATUS_ID": "STATUS",
    "STAGE_ID": "DEAL_STAGE",
    "SOURCE_ID": "SOURCE",
    "HONORIFIC": "HONORIFIC",
    "COMPANY_TYPE": "COMPANY_TYPE",
    "INDUSTRY": "INDUSTRY",
    "EMPLOYEES": "EMPLOYEES",
}
_TYPE_DIRECTORIES = {"deal": "DEAL_TYPE", "contact": "CONTACT_TYPE"}
_PARENTS = {"LEAD_ID": 1, "COMPANY_ID": 4, "QUOTE_ID": 7}
_DEPRECATED = {("lead", "CONTACT_ID"), ("deal", "CONTACT_ID"), ("contact", "COMPANY_ID")}
_REQUIRED = {("company", "TITLE"), ("contact", "NAME"), ("contact", "LAST_NAME")}
_IMMUTABLE = {("deal", "CATEGORY_ID")}


def list_fields(table_name: str, call: Call) -> Reply:
    """Every field by its name."""
    table = call.state.table(table_name)
    unnamed = _UNNAMED.get(table_name, ())
    found = {
        name: _user_field(field, _settings_of(call, table, name)) if field.is_user_field else _field(table_name, field)
        for name, field in table.fields.items()
        if name not in unnamed
    }
    for name, kind in _BESIDE[table_name].items():
        found[name] = _about(name, kind) | {"isMultiple": True}
    if table_name != "deal":
        found |= {name: _about(name, "crm_multifield") | {"isMultiple": True} for name in MULTIFIELDS}
    return Reply(found)


def _field(table_name: str, field: Field) -> Row:
    name, key = field.name, (table_name, field.name)
    kind = _TYPE_OF.get(name, _TYPES.get(field.kind, field.kind))
    about = _about(name, kind)
    about |= {"isReadOnly": field.read_only, "isRequired": key in _REQUIRED, "isImmutable": key in _IMMUTABLE}
    if key in _DEPRECATED:
        about["isDeprecated"] = True
    elif name in _PARENTS:
        about["settings"] = {"parentEntityTypeId": _PARENTS[name]}
    if kind == "crm_status":
        about["statusType"] = _TYPE_DIRECTORIES[table_name] if name == "TYPE_ID" else _DIRECTORIES[name]
    return about


def _about(name: str, kind: str) -> Row:
    flags = dict.fromkeys(("isRequired", "isReadOnly", "isImmutable", "isMultiple", "isDynamic"), False)
    return {"type": kind, **flags, "title": name}


def _user_field(field: Field, settings: Row) -> Row:
    """Labels fall back to the code, as they do for a field that was made without any."""
    kind = settings.get("userTypeId") or _TYPES.get(field.kind, field.kind)
    label = _label(settings) or field.name
    about = _about(field.name, kind) | {"isDynamic": True, "isMultiple": settings.get("multiple") == "Y"}
    about["isRequired"] = settings.get("mandatory") == "Y"
    if kind == "enumeration":
        about["items"] = settings["items"]
    own = json.loads(settings.get("settings") or "[]") or {}
    if kind == "crm_status":
        about["statusType"] = own["ENTITY_TYPE"]
    return about | {"listLabel": label, "formLabel": label, "filterLabel": label, "settings": own}


def _label(settings: Row) -> Any:
    """The portal speaks one language here; which, the user's profile decides."""
    labels = json.loads(settings.get("editFormLabel") or "{}")
    return labels.get("uk") or next(iter(labels.values()), None)


def _settings_of(call: Call, table: Table, name: str) -> Row:
    entity_id = f"CRM_{table.name.upper()}"
    rows = call.state.rows("user_field", "entityId = ? AND fieldName = ?", [entity_id, name])
    if not rows:
        return {}
    items = call.state.rows("user_field_item", "userFieldId = ?", [rows[0]["id"]])
    items.sort(key=lambda item: (item["sort"], item["id"]))
    return rows[0] | {"items": [{"ID": str(item["id"]), "VALUE": item["value"]} for item in items]}


METHODS = tuple(
    Method(f"crm.{table}.fields", "crm", partial(list_fields, table))
    for table in ("lead", "deal", "contact", "company")
)
