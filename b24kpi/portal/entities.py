"""What is read from the portal: one declaration per stream.

A stream becomes a table of the cache, a pass of `sync`, and a set of conformance tests for being listed in
`ENTITIES`. Field lists are explicit: no phone numbers, no e-mail addresses, no message texts, no names of customers.

Vendor facts: https://apidocs.bitrix24.com/api-reference/crm/
"""

from b24kpi.portal.declaration import Entity, Field, Kind, Owned, Style
from b24kpi.portal.declaration import fields_of as _fields

__all__ = ["BY_NAME", "ENTITIES", "Entity", "Field", "Kind", "Owned", "Style"]

_UTM = _fields(Kind.TEXT, "UTM_SOURCE UTM_MEDIUM UTM_CAMPAIGN")

LEAD = Entity(
    name="lead",
    method="crm.lead.list",
    table="lead",
    modified="DATE_MODIFY",
    fields=(
        *_fields(Kind.INTEGER, "ID"),
        *_fields(Kind.TEXT, "STATUS_ID STATUS_SEMANTIC_ID", tracked=True),
        *_fields(Kind.MONEY, "OPPORTUNITY", tracked=True),
        *_fields(Kind.TEXT, "CURRENCY_ID SOURCE_ID", tracked=True),
        *_UTM,
        *_fields(Kind.INTEGER, "ASSIGNED_BY_ID COMPANY_ID CONTACT_ID", tracked=True),
        *_fields(Kind.INTEGER, "CREATED_BY_ID"),
        *_fields(Kind.BOOLEAN, "IS_RETURN_CUSTOMER"),
        *_fields(Kind.DATETIME, "DATE_CREATE DATE_MODIFY MOVED_TIME DATE_CLOSED"),
    ),
)

DEAL = Entity(
    name="deal",
    method="crm.deal.list",
    table="deal",
    modified="DATE_MODIFY",
    fields=(
        *_fields(Kind.INTEGER, "ID"),
        *_fields(Kind.INTEGER, "CATEGORY_ID", tracked=True),
        *_fields(Kind.TEXT, "STAGE_ID STAGE_SEMANTIC_ID", tracked=True),
        *_fields(Kind.MONEY, "OPPORTUNITY TAX_VALUE", tracked=True),
        *_fields(Kind.TEXT, "CURRENCY_ID SOURCE_ID", tracked=True),
        *_UTM,
        *_fields(Kind.TEXT, "TYPE_ID IS_RECURRING"),
        *_fields(Kind.INTEGER, "ASSIGNED_BY_ID COMPANY_ID CONTACT_ID LEAD_ID", tracked=True),
        *_fields(Kind.INTEGER, "CREATED_BY_ID"),
        *_fields(Kind.DATETIME, "DATE_CREATE DATE_MODIFY MOVED_TIME"),
        *_fields(Kind.DATE, "BEGINDATE CLOSEDATE"),
    ),
)

CONTACT = Entity(
    name="contact",
    method="crm.contact.list",
    table="contact",
    modified="DATE_MODIFY",
    fields=(
        *_fields(Kind.INTEGER, "ID COMPANY_ID LEAD_ID ASSIGNED_BY_ID"),
        *_fields(Kind.TEXT, "TYPE_ID SOURCE_ID"),
        *_UTM,
        *_fields(Kind.DATETIME, "DATE_CREATE DATE_MODIFY"),
    ),
)

COMPANY = Entity(
    name="company",
    method="crm.company.list",
    table="company",
    modified="DATE_MODIFY",
    fields=(
        *_fields(Kind.INTEGER, "ID LEAD_ID ASSIGNED_BY_ID"),
        *_fields(Kind.TEXT, "COMPANY_TYPE INDUSTRY IS_MY_COMPANY"),
        *_UTM,
        *_fields(Kind.DATETIME, "DATE_CREATE DATE_MODIFY"),
    ),
)

# One table for both: leads name their columns STATUS_*, the cache calls them stage_* as it does for deals.
LEAD_STEP = Entity(
    name="lead_step",
    method="crm.stagehistory.list",
    table="stage_step",
    params={"entityTypeId": 1},
    constants={"entity_type_id": 1},
    wrapper="items",
    style=Style.CONTROLLER,
    reread=500,
    fields=(
        *_fields(Kind.INTEGER, "ID TYPE_ID OWNER_ID"),
        *_fields(Kind.DATETIME, "CREATED_TIME"),
        Field("STATUS_SEMANTIC_ID", Kind.TEXT, column="stage_semantic_id"),
        Field("STATUS_ID", Kind.TEXT, column="stage_id"),
    ),
)

DEAL_STEP = Entity(
    name="deal_step",
    method="crm.stagehistory.list",
    table="stage_step",
    params={"entityTypeId": 2},
    constants={"entity_type_id": 2},
    wrapper="items",
    style=Style.CONTROLLER,
    reread=500,
    fields=(
        *_fields(Kind.INTEGER, "ID TYPE_ID OWNER_ID"),
        *_fields(Kind.DATETIME, "CREATED_TIME"),
        *_fields(Kind.INTEGER, "CATEGORY_ID"),
        *_fields(Kind.TEXT, "STAGE_SEMANTIC_ID STAGE_ID"),
    ),
)

ACTIVITY = Entity(
    name="activity",
    method="crm.activity.list",
    table="activity",
    modified="LAST_UPDATED",
    fields=(
        *_fields(Kind.INTEGER, "ID OWNER_ID OWNER_TYPE_ID TYPE_ID"),
        *_fields(Kind.TEXT, "PROVIDER_ID PROVIDER_TYPE_ID"),
        *_fields(Kind.INTEGER, "DIRECTION STATUS RESULT_STATUS RESPONSIBLE_ID AUTHOR_ID"),
        *_fields(Kind.BOOLEAN, "COMPLETED IS_INCOMING_CHANNEL"),
        *_fields(Kind.DATETIME, "CREATED LAST_UPDATED START_TIME END_TIME DEADLINE"),
    ),
)

STATUS = Entity(
    name="status",
    method="crm.status.list",
    table="status",
    natural_key=("entity_id", "status_id"),
    style=Style.WHOLE,
    fields=(
        *_fields(Kind.INTEGER, "ID"),
        *_fields(Kind.TEXT, "ENTITY_ID STATUS_ID NAME"),
        *_fields(Kind.INTEGER, "SORT"),
        *_fields(Kind.TEXT, "SEMANTICS"),
    ),
)

CATEGORY = Entity(
    name="category",
    method="crm.category.list",
    table="category",
    params={"entityTypeId": 2},
    key="id",
    wrapper="categories",
    style=Style.WHOLE,
    fields=(
        *_fields(Kind.INTEGER, "id sort"),
        *_fields(Kind.TEXT, "name"),
        Field("isDefault", Kind.BOOLEAN, column="is_default"),
    ),
)

CURRENCY = Entity(
    name="currency",
    method="crm.currency.list",
    table="currency",
    key="CURRENCY",
    style=Style.WHOLE,
    fields=(
        *_fields(Kind.TEXT, "CURRENCY FULL_NAME"),
        *_fields(Kind.INTEGER, "AMOUNT_CNT DECIMALS"),
        *_fields(Kind.RATE, "AMOUNT"),
        *_fields(Kind.BOOLEAN, "BASE"),
    ),
)

USER = Entity(
    name="user",
    method="user.get",
    table="user",
    params={"ADMIN_MODE": True},
    style=Style.USER,
    scope="user",
    fields=(
        *_fields(Kind.INTEGER, "ID"),
        *_fields(Kind.BOOLEAN, "ACTIVE"),
        *_fields(Kind.TEXT, "NAME LAST_NAME"),
        Field("UF_DEPARTMENT", Kind.FIRST, column="department_id"),
    ),
)

DEPARTMENT = Entity(
    name="department",
    method="department.get",
    table="department",
    style=Style.OFFSET,
    scope="department",
    fields=(*_fields(Kind.INTEGER, "ID"), *_fields(Kind.TEXT, "NAME"), *_fields(Kind.INTEGER, "PARENT UF_HEAD SORT")),
)

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
        Field("ownerId", Kind.INTEGER, column="owner_id"),
        Field("productId", Kind.INTEGER, column="product_id"),
        Field("productName", Kind.TEXT, column="product_name"),
        *_fields(Kind.RATE, "price quantity"),
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

# Directories first: the rows that follow refer to them.
ENTITIES = (
    CURRENCY,
    CATEGORY,
    STATUS,
    DEPARTMENT,
    CATALOG,
    USER,
    LEAD,
    COMPANY,
    CONTACT,
    DEAL,
    LEAD_STEP,
    DEAL_STEP,
    ACTIVITY,
    PRODUCT_ROW,
    PRODUCT,
    OFFER,
)
BY_NAME = {entity.name: entity for entity in ENTITIES}
