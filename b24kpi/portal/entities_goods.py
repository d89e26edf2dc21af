"""Streams of what is sold: product rows of deals, products and their variations with purchase prices."""

from b24kpi.portal.declaration import Entity, Field, Kind, Owned, Style
from b24kpi.portal.declaration import fields_of as _fields

CATALOG = Entity(
    name="catalog",
    method="catalog.catalog.list",
    table="catalog",
    key="iblockId",
    wrapper="catalogs",
    style=Style.WHOLE,
    scope="catalog",
    optional=True,
    fields=(
        Field("iblockId", Kind.INTEGER, column="id"),
        Field("productIblockId", Kind.INTEGER, column="product_iblock_id"),
        Field("name", Kind.TEXT),
    ),
)

# Prices and quantities have four decimals. `price` is that of one unit after discount, taxes included.
# https://apidocs.bitrix24.com/api-reference/crm/universal/product-rows/crm-item-productrow-fields.html
PRODUCT_ROW = Entity(
    name="product_row",
    method="crm.item.productrow.list",
    table="product_row",
    constants={"owner_type_id": 2},
    key="id",
    wrapper="productRows",
    style=Style.OWNED,
    owned=Owned("deal", "id", "owner_id", "=ownerId", where={"=ownerType": "D"}),
    optional=True,
    fields=(
        *_fields(Kind.INTEGER, "id"),
        Field("ownerId", Kind.INTEGER, tracked=True, column="owner_id"),
        Field("productId", Kind.INTEGER, tracked=True, column="product_id"),
        Field("productName", Kind.TEXT, tracked=True, column="product_name"),
        *_fields(Kind.RATE, "price quantity", tracked=True),
    ),
)

_PRODUCT = (
    *_fields(Kind.INTEGER, "id"),
    Field("iblockId", Kind.INTEGER, column="iblock_id"),
    Field("name", Kind.TEXT),
    Field("purchasingPrice", Kind.RATE, tracked=True, column="purchasing_price"),
    Field("purchasingCurrency", Kind.TEXT, tracked=True, column="purchasing_currency"),
)


def _named_by_rows(catalogs: str) -> Owned:
    """Products that rows name, in the catalogues of which this SQL holds."""
    return Owned("product_row", "product_id", "id", "id", among=("iblockId", "catalog"), among_where=catalogs, days=1)


# Products that rows name, of which the catalogue of the portal must be told; variations have catalogues of their own.
# https://apidocs.bitrix24.com/api-reference/catalog/product/catalog-product-list.html
PRODUCT = Entity(
    name="product",
    method="catalog.product.list",
    table="product",
    key="id",
    wrapper="products",
    params={"start": 0},
    style=Style.OWNED,
    owned=_named_by_rows("COALESCE(product_iblock_id, 0) = 0"),
    scope="catalog",
    optional=True,
    fields=_PRODUCT,
)

# https://apidocs.bitrix24.com/api-reference/catalog/product/offer/catalog-product-offer-list.html
OFFER = Entity(
    name="offer",
    method="catalog.product.offer.list",
    table="offer",
    key="id",
    wrapper="offers",
    params={"start": 0},
    style=Style.OWNED,
    owned=_named_by_rows("product_iblock_id > 0"),
    scope="catalog",
    optional=True,
    fields=_PRODUCT,
)
