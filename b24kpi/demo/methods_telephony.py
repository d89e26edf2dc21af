"""voximplant.statistic.get: finished calls.

https://apidocs.bitrix24.com/api-reference/telephony/voximplant/statistic/voximplant-statistic-get.html ; read from the
portal's source: FILTER, SORT and ORDER count in this spelling only, unknown fields of the filter are dropped, a
negative start does not count.
"""

from b24kpi.demo import php, render
from b24kpi.demo.filters_legacy import order, where
from b24kpi.demo.lists import Query, legacy_page
from b24kpi.demo.rest import Call, Method, Reply, RestError
from b24kpi.demo.storage import Row


def get_statistic(call: Call) -> Reply:
    """Rows in upper-case keys, strings but for RECORD_FILE_ID; without SORT in no promised order."""
    if call.caller.level("telephony_call") == "none":
        raise RestError("ACCESS_DENIED", "Access denied!", 403)
    table = call.state.table("telephony_call")
    wanted = call.params.get("FILTER")
    conditions = where(table, wanted if isinstance(wanted, dict) else {}, call.state.zone)
    sort = php.to_string(call.params.get("SORT"))
    ordering = order(table, {sort: call.params.get("ORDER", "ASC")}) if sort else ""
    page = legacy_page(call.state, Query(table.name, list(table.fields), conditions, ordering), call.start)
    rows = render.legacy(list(table.fields.values()), page.rows, call.state.zone)
    return page.reply([_shown(row) for row in rows])


def _shown(row: Row) -> Row:
    file_id = row["RECORD_FILE_ID"]
    return {**row, "RECORD_FILE_ID": None if file_id is None else int(file_id)}


METHODS = (Method("voximplant.statistic.get", "telephony", get_statistic),)
