"""crm.stagehistory.list for leads (1), deals (2) and smart invoices (31).

https://apidocs.bitrix24.com/api-reference/crm/crm-stage-history-list.html ; moments in its filters are converted
with their offsets, unlike those of crm.item.list (read from the portal's source).
"""

from b24kpi.demo import php, render
from b24kpi.demo.filters_controller import order, where
from b24kpi.demo.filters_legacy import Condition
from b24kpi.demo.lists import Query, controller_page
from b24kpi.demo.rest import Call, Method, NotEmulated, Reply, RestError, missing
from b24kpi.demo.rights import readable

_TABLES = {1: "lead_history", 2: "deal_history", 31: "invoice_history"}
_KEPT_BY_PORTALS = (5,)  # old invoices have a history that the demo portal does not keep


def list_steps(call: Call) -> Reply:
    """Rows in upper-case keys with native numbers; ID always comes along."""
    if "entityTypeId" not in call.params:
        raise missing("entityTypeId")
    entity_type_id = php.to_int(call.params["entityTypeId"])
    table = call.state.table(_table(entity_type_id))
    names = [php.to_string(name) for name in _array(call, "select").values()]
    everything = not names or "*" in names
    fields = [field for field in table.fields.values() if everything or field.name in (*names, "ID")]
    conditions = where(table.fields, _array(call, "filter"), call.state.zone.parse)
    conditions += readable(call, table.name)
    if call.portal.options.history_follows_pipeline and "CATEGORY_ID" in table.fields:
        conditions.append(_of_present_pipeline(table.name))
    ordering = order(table.fields, _array(call, "order"))
    page = controller_page(
        call.state, Query(table.name, [field.name for field in fields], conditions, ordering), call.start
    )
    items = render.native([field.name for field in fields], fields, page.rows, call.state.zone)
    return page.reply({"items": items})


def _table(entity_type_id: int) -> str:
    if entity_type_id in _TABLES:
        return _TABLES[entity_type_id]
    if entity_type_id in _KEPT_BY_PORTALS or entity_type_id >= 128:
        raise NotEmulated(f"stage history of entity type {entity_type_id}")
    raise RestError(0, f"{entity_type_id} entity is not supported")


def _of_present_pipeline(table: str) -> Condition:
    owner = table.removesuffix("_history")
    same = f"owner.ID = {table}.OWNER_ID AND owner.CATEGORY_ID = {table}.CATEGORY_ID"
    return Condition(f"EXISTS (SELECT 1 FROM {owner} AS owner WHERE {same})")


def _array(call: Call, name: str) -> php.Array:
    value = call.params.get(name) or {}
    if not isinstance(value, dict):
        raise RestError(100, f"Invalid value to match with parameter {{{name}}}. Should be value of type array.")
    return value


METHODS = (Method("crm.stagehistory.list", "crm", list_steps),)
