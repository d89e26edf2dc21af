"""Product rows: crm.item.productrow.list and the older crm.deal.productrows.get.

https://apidocs.bitrix24.com/api-reference/crm/universal/product-rows/crm-item-productrow-list.html ,
https://apidocs.bitrix24.com/api-reference/crm/deals/crm-deal-productrows-get.html ; read from the portal's source: the
filter must name the owner, `=ownerId` may be an array, and the check of rights casts that array to owner 1.
"""

from types import MappingProxyType
from typing import Any

from b24kpi.demo import php, render
from b24kpi.demo.filters_controller import order, where
from b24kpi.demo.filters_legacy import Condition
from b24kpi.demo.item_fields import public_name
from b24kpi.demo.lists import Query, controller_page, whole
from b24kpi.demo.methods_item import array
from b24kpi.demo.recycling import OWNER_CODES
from b24kpi.demo.rest import Call, Method, NotEmulated, Reply, RestError
from b24kpi.demo.rights import readable_row
from b24kpi.demo.storage import Row

_TABLES = MappingProxyType({code: table for table, code in OWNER_CODES.items()})
_OWNER_KEYS = {"ownerType": ("=ownerType", "ownerType"), "ownerId": ("=ownerId", "ownerId", "@ownerId")}


def list_rows(call: Call) -> Reply:
    """`{productRows: […]}` of one sort of owners; the owner is mandatory."""
    wanted = array(call, "filter")
    _check_owner(call, _owner(wanted, "ownerType"), php.to_int(_owner(wanted, "ownerId")))
    fields = {public_name(name): field for name, field in call.state.table("product_row").fields.items()}
    names = [php.to_string(name) for name in array(call, "select").values()]
    shown = {name: field for name, field in fields.items() if not names or "*" in names or name in names}
    conditions = where(fields, wanted, call.state.zone.parse)
    query = Query(
        "product_row", [field.name for field in shown.values()], conditions, order(fields, array(call, "order"))
    )
    page = controller_page(call.state, query, call.start)
    rows = render.native(list(shown), list(shown.values()), page.rows, call.state.zone)
    return page.reply({"productRows": rows})


def _owner(wanted: php.Array, name: str) -> Any:
    found = next((wanted[key] for key in _OWNER_KEYS[name] if key in wanted), None)
    if found is None:
        # 400 by the matrix of list methods; the code itself is not known.
        raise RestError("INVALID_ARG_VALUE", f"Invalid filter: field '={name}' is required")
    return found


def _check_owner(call: Call, code: Any, owner_id: int) -> None:
    table = _TABLES.get(php.to_string(code))
    if table is None:
        raise NotEmulated(f"product rows of the owner type {code}")
    if call.caller.level(table) == "none" or not _may_read(call, table, owner_id):
        raise RestError("ACCESS_DENIED", "Access denied")


def _may_read(call: Call, table: str, owner_id: int) -> bool:
    """Who may read everything is not asked whether the owner exists."""
    return call.caller.reads_all(table) or readable_row(call, table, owner_id)


def rows_of_deal(call: Call) -> Reply:
    """Every row of one deal, upper-case keys, strings and numbers mixed as in the sample."""
    deal_id = php.to_int(next((call.params[name] for name in ("id", "ID") if name in call.params), 0))
    if deal_id <= 0:
        raise RestError("", "The parameter id is invalid or not defined.")
    if not _may_read(call, "deal", deal_id):
        raise RestError("", "Access denied.")
    fields = list(call.state.table("product_row").fields.values())
    names = [field.name for field in fields]
    conditions = [Condition("OWNER_ID = ? AND OWNER_TYPE = 'D'", (deal_id,))]
    found = whole(call.state, Query("product_row", names, conditions, " ORDER BY SORT, ID"))
    return Reply([_old_row(row) for row in render.native(names, fields, found, call.state.zone)])


def _old_row(row: Row) -> Row:
    shown: Row = {}
    for name, value in row.items():
        shown[name] = value
        if name == "PRODUCT_NAME":
            shown |= {"ORIGINAL_PRODUCT_NAME": value, "PRODUCT_DESCRIPTION": None}
    texts = {"ID": str(row["ID"]), "OWNER_ID": str(row["OWNER_ID"]), "PRICE_ACCOUNT": f"{row['PRICE_ACCOUNT']:.2f}"}
    return {**shown, **texts, "RESERVE_ID": None, "DATE_RESERVE_END": None, "RESERVE_QUANTITY": None}


METHODS = (
    Method("crm.item.productrow.list", "crm", list_rows),
    Method("crm.deal.productrows.get", "crm", rows_of_deal),
)
