"""crm.entity.mergeBatch: the first of the elements stays.

https://apidocs.bitrix24.com/api-reference/crm/duplicates/crm-entity-merge-batch.html ; conflicts between filled fields,
which the real portal answers with STATUS CONFLICT, are not emulated: the target's values win.
"""

from b24kpi.demo import php
from b24kpi.demo.fields import ENTITY_TABLES
from b24kpi.demo.methods_item import array
from b24kpi.demo.php import Array
from b24kpi.demo.rest import Call, Method, NotEmulated, Reply, RestError

_REAL_TYPES = (7, 31)


def merge_batch(call: Call) -> Reply:
    """`{STATUS, ENTITY_IDS}`: the ids that are gone; ERROR where one of the elements does not exist."""
    params: Array = array(call, "params")
    entity_type_id = php.to_int(params.get("entityTypeId"))
    table = ENTITY_TABLES.get(entity_type_id)
    if table is None:
        raise _unknown(entity_type_id)
    given = params.get("entityIds")
    ids = [php.to_int(value) for value in given.values()] if isinstance(given, dict) else []
    if len(ids) < 2:
        raise RestError(0, "The parameter entityIds must contains at least two elements.")
    try:
        call.state.merge(table, ids[0], ids[1:], by=call.caller.user_id)
    except LookupError:
        return Reply({"STATUS": "ERROR", "ENTITY_IDS": []})
    return Reply({"STATUS": "SUCCESS", "ENTITY_IDS": ids[1:]})


def _unknown(entity_type_id: int) -> RestError:
    if entity_type_id in _REAL_TYPES or entity_type_id >= 128:
        return NotEmulated(f"merging of entity type {entity_type_id}")
    return RestError(0, "The parameter entityTypeId is not defined or invalid.")


METHODS = (Method("crm.entity.mergeBatch", "crm", merge_batch),)
