"""Which rows a webhook's owner sees.

Rights act within the SQL of a list: rows that may not be read are absent, without an error, and `total` counts the
others only; without any right on an entity there is "Access denied." (read from the portal's source). Activities,
stage history and product rows follow their owner.
"""

from b24kpi.demo.fields import ENTITY_TABLES
from b24kpi.demo.filters_legacy import Condition
from b24kpi.demo.rest import Call, Caller, access_denied


def readable(call: Call, table: str) -> list[Condition]:
    """The rows of a table that the caller's role shows. Raises RestError for a caller without any right on it."""
    caller = call.caller
    if caller.level(table.removesuffix("_history")) == "none":
        raise access_denied()
    if table == "activity":
        return _activities(caller)
    if table.endswith("_history"):
        return _of_owners(caller, table.removesuffix("_history"))
    return _elements(caller, table)


def readable_row(call: Call, table: str, row_id: int) -> bool:
    """Whether the caller may read one row. Raises RestError for a caller without any right on the table."""
    conditions = [Condition("ID = ?", (row_id,)), *readable(call, table)]
    where, params = _joined(conditions)
    return call.state.scalar(f"SELECT 1 FROM {table} WHERE {where}", params) is not None


def _elements(caller: Caller, table: str) -> list[Condition]:
    found = [] if caller.level(table) == "all" else [Condition("ASSIGNED_BY_ID = ?", (caller.user_id,))]
    if table == "deal" and caller.hidden_pipelines:
        found.append(Condition(f"CATEGORY_ID NOT IN ({', '.join(map(str, sorted(caller.hidden_pipelines)))})"))
    return found


def _of_owners(caller: Caller, owner: str) -> list[Condition]:
    where, params = _joined(_elements(caller, owner))
    return [Condition(f"OWNER_ID IN (SELECT ID FROM {owner} WHERE {where})", params)] if where else []


def _activities(caller: Caller) -> list[Condition]:
    found = [] if caller.level("activity") == "all" else [Condition("RESPONSIBLE_ID = ?", (caller.user_id,))]
    for entity_type_id, owner in ENTITY_TABLES.items():
        if caller.entities.get(owner) == "none":
            found.append(Condition("OWNER_TYPE_ID <> ?", (entity_type_id,)))
        elif owner in caller.entities or (owner == "deal" and caller.hidden_pipelines):
            where, params = _joined(_elements(caller, owner))
            hidden = f"OWNER_ID NOT IN (SELECT ID FROM {owner} WHERE {where})" if where else "0"
            found.append(Condition(f"NOT (OWNER_TYPE_ID = ? AND {hidden})", (entity_type_id, *params)))
    return found


def _joined(conditions: list[Condition]) -> tuple[str, tuple[object, ...]]:
    sql = " AND ".join(condition.sql for condition in conditions)
    return sql, tuple(param for condition in conditions for param in condition.params)
