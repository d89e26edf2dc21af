"""The trade catalogue: catalog.catalog.list, catalog.product.list, catalog.product.offer.list.

https://apidocs.bitrix24.com/api-reference/catalog/catalog/catalog-catalog-list.html ,
https://apidocs.bitrix24.com/api-reference/catalog/product/catalog-product-list.html ,
https://apidocs.bitrix24.com/api-reference/catalog/product/offer/catalog-product-offer-list.html . Products and their
variations lie in catalogues (information blocks) of their own, and a list wants to be told one of them.
"""

from collections.abc import Callable

from b24kpi.demo import php, render
from b24kpi.demo.filters_controller import order, where
from b24kpi.demo.item_fields import public_name
from b24kpi.demo.lists import Query, controller_page
from b24kpi.demo.methods_item import array
from b24kpi.demo.rest import Call, Method, NotEmulated, Reply, RestError

_NEEDED = ("id", "iblockId")


def list_catalogs(call: Call) -> Reply:
    """`{catalogs: […]}`, whose `productIblockId` tells those of variations."""
    return _page(call, "catalog", "catalogs")


def _list_of(key: str, *, offers: bool) -> Callable[[Call], Reply]:
    def run(call: Call) -> Reply:
        wanted = array(call, "filter")
        names = [php.to_string(name) for name in array(call, "select").values()]
        if missing := [name for name in _NEEDED if name not in names]:
            raise RestError(0, f"Required select fields: {', '.join(missing)}")
        block = next((wanted[name] for name in ("iblockId", "=iblockId") if name in wanted), None)
        if block is None:
            raise RestError(0, "Required filter fields: iblockId")
        _check_block(call, block, offers=offers)
        return _page(call, "catalog_product", key)

    return run


def _check_block(call: Call, block: object, *, offers: bool) -> None:
    if isinstance(block, dict):
        raise NotEmulated("products of several catalogues at once")
    found = call.state.select("SELECT PRODUCT_IBLOCK_ID FROM catalog WHERE IBLOCK_ID = ?", [php.to_int(block)])
    if not found:
        raise RestError(200040300000, "Iblock Not Found")
    if bool(found[0][0]) is not offers:
        raise NotEmulated("products of a catalogue of variations, or the other way round")


def _page(call: Call, table: str, key: str) -> Reply:
    if call.caller.level(table) == "none":
        raise RestError(200040300010, "Access Denied")
    fields = {public_name(name): field for name, field in call.state.table(table).fields.items()}
    names = [php.to_string(name) for name in array(call, "select").values()]
    shown = {name: field for name, field in fields.items() if not names or name in names}
    conditions = where(fields, array(call, "filter"), call.state.zone.parse)
    ordering = order(fields, array(call, "order")) or " ORDER BY ID"
    page = controller_page(
        call.state, Query(table, [field.name for field in shown.values()], conditions, ordering), call.start
    )
    return page.reply({key: render.native(list(shown), list(shown.values()), page.rows, call.state.zone)})


METHODS = (
    Method("catalog.catalog.list", "catalog", list_catalogs),
    Method("catalog.product.list", "catalog", _list_of("products", offers=False)),
    Method("catalog.product.offer.list", "catalog", _list_of("offers", offers=True)),
)
