"""Reference lists of the CRM: stages and other statuses, pipelines, currencies, the mode of the CRM.

https://apidocs.bitrix24.com/api-reference/crm/status/index.html ,
https://apidocs.bitrix24.com/api-reference/crm/universal/category/crm-category-list.html ,
https://apidocs.bitrix24.com/api-reference/crm/currency/index.html
"""

from typing import Any

from b24kpi.demo import php, render
from b24kpi.demo.filters_legacy import Condition, array_param, order, split_key
from b24kpi.demo.lists import Query, whole
from b24kpi.demo.rest import Call, Method, NotEmulated, Reply, RestError, missing
from b24kpi.demo.storage import Row

_WITH_PIPELINES = (2, 31)
_SEMANTICS = {None: "process", "S": "success", "F": "failure"}
_PLAIN_TYPES = {
    "SOURCE": "Sources",
    "CONTACT_TYPE": "Contact type",
    "COMPANY_TYPE": "Company type",
    "EMPLOYEES": "Number of employees",
    "INDUSTRY": "Industry",
    "DEAL_TYPE": "Deal type",
    "HONORIFIC": "Salutations",
}


def list_statuses(call: Call) -> Reply:
    """Every row at once with `total`; only exact fields filter, whatever else is in the filter is dropped."""
    table = call.state.table("status")
    conditions = []
    for key, value in array_param(call.params, "filter").items():
        prefix, name = split_key(str(key))
        if prefix or name not in table.fields:
            continue
        if not isinstance(value, str):
            raise NotEmulated("a filter of crm.status.list that is no text")
        conditions.append(Condition(f"{name} = ?", (value,)))
    ordering = order(table, array_param(call.params, "order")) or " ORDER BY SORT, ID"
    fields = [field for field in table.fields.values() if field.name != "EXTRA"]
    found = whole(call.state, Query("status", [field.name for field in fields], conditions, ordering))
    rows = [_with_extra(row) for row in render.legacy(fields, found, call.state.zone)]
    return Reply(rows, total=len(rows))


def _with_extra(row: Row) -> Row:
    """EXTRA comes with stages only; a failure other than the first is an "apology"."""
    entity_id = row["ENTITY_ID"]
    if entity_id not in ("STATUS", "QUOTE_STATUS") and not entity_id.startswith("DEAL_STAGE"):
        return row
    kind = _SEMANTICS[row["SEMANTICS"]]
    if row["SEMANTICS"] == "F" and row["STATUS_ID"].rpartition(":")[2] not in ("LOSE", "JUNK"):
        kind = "apology"
    return {**row, "EXTRA": {"SEMANTICS": kind, "COLOR": row["COLOR"]}}


def list_status_types(call: Call) -> Reply:
    """Which reference lists there are; stages name their first and final codes."""
    found: list[Row] = [
        {"ID": "STATUS", "NAME": "Lead stages", "SEMANTIC_INFO": _finals(call, "STATUS"), "ENTITY_TYPE_ID": 1}
    ]
    found += [{"ID": code, "NAME": name} for code, name in _PLAIN_TYPES.items()]
    found += [_pipeline_type(call, row) for row in call.state.rows("category", "entityTypeId = 2")]
    return Reply(found + [_invoice_type(row) for row in call.state.rows("category", "entityTypeId = 31")])


def _pipeline_type(call: Call, category: Row) -> Row:
    number = category["id"]
    if not number:
        finals = _finals(call, "DEAL_STAGE")
        row = {"ID": "DEAL_STAGE", "NAME": category["name"], "SEMANTIC_INFO": finals, "FIELD_ATTRIBUTE_SCOPE": ""}
        return {**row, "ENTITY_TYPE_ID": 2, "CATEGORY_ID": 0}
    entity_id = f"DEAL_STAGE_{number}"
    row = {"ID": entity_id, "NAME": category["name"], "PARENT_ID": "DEAL_STAGE", "PREFIX": f"C{number}"}
    row |= {"SEMANTIC_INFO": _finals(call, entity_id), "FIELD_ATTRIBUTE_SCOPE": f"category_{number}"}
    return {**row, "ENTITY_TYPE_ID": 2, "CATEGORY_ID": str(number)}


def _invoice_type(category: Row) -> Row:
    number = category["id"]
    row = {"ID": f"SMART_INVOICE_STAGE_{number}", "NAME": category["name"], "SEMANTIC_INFO": []}
    row |= {"PREFIX": f"DT31_{number}", "FIELD_ATTRIBUTE_SCOPE": f"category_{number}", "ENTITY_TYPE_ID": 31}
    return {**row, "IS_ENABLED": True, "CATEGORY_ID": number}


def _finals(call: Call, entity_id: str) -> Row:
    stages = call.state.select("SELECT STATUS_ID, SEMANTICS FROM status WHERE ENTITY_ID = ? ORDER BY SORT", [entity_id])
    first: dict[Any, str] = {}
    for code, kind in stages:
        first.setdefault(kind, code)
    return {
        "START_FIELD": first.get(None),
        "FINAL_SUCCESS_FIELD": first.get("S"),
        "FINAL_UNSUCCESS_FIELD": first.get("F"),
        "FINAL_SORT": 0,
    }


def list_categories(call: Call) -> Reply:
    """The pipelines of deals or smart invoices that the caller may see.

    The default one of deals, id 0, comes without origin fields, as in the sample.
    """
    if "entityTypeId" not in call.params:
        raise missing("entityTypeId")
    entity_type_id = php.to_int(call.params["entityTypeId"])
    if entity_type_id not in _WITH_PIPELINES:
        if call.state.rows("smart_process", "entityTypeId = ?", [entity_type_id]) or entity_type_id in (1, 3, 4, 7):
            raise NotEmulated(f"pipelines of entity type {entity_type_id}")
        raise RestError("NOT_FOUND", "Smart process not found")
    hidden = call.caller.hidden_pipelines if entity_type_id == 2 else ()
    rows = [row for row in call.state.rows("category", "entityTypeId = ?", [entity_type_id]) if row["id"] not in hidden]
    rows.sort(key=lambda row: (row["sort"], row["id"]))
    return Reply({"categories": [_category(row) for row in rows]}, total=len(rows))


def _category(row: Row) -> Row:
    if row["id"]:
        return row
    return {name: value for name, value in row.items() if name not in ("originId", "originatorId")}


def list_currencies(call: Call) -> Reply:
    """Every currency, `total` 0; filter and select are ignored (read from the portal's source)."""
    table = call.state.table("currency")
    ordering = order(table, array_param(call.params, "order")) or " ORDER BY SORT, CURRENCY"
    found = whole(call.state, Query("currency", list(table.fields), [], ordering))
    rows = render.legacy(list(table.fields.values()), found, call.state.zone)
    for row, source in zip(rows, found, strict=True):
        row["AMOUNT"] = f"{source[list(table.fields).index('AMOUNT')]:.4f}"
    return Reply(rows, total=0)


def base_currency(call: Call) -> Reply:
    """Its code."""
    return Reply(call.state.scalar("SELECT CURRENCY FROM currency WHERE BASE = 'Y'") or call.state.base_currency)


METHODS = (
    Method("crm.status.list", "crm", list_statuses),
    Method("crm.status.entity.types", "crm", list_status_types),
    Method("crm.category.list", "crm", list_categories),
    Method("crm.currency.list", "crm", list_currencies),
    Method("crm.currency.base.get", "crm", base_currency),
    Method("crm.settings.mode.get", "crm", lambda call: Reply(call.portal.crm_mode)),
)
