"""What is read from the portal: one declaration per stream.

A stream becomes a table of the cache, a pass of `sync`, and a set of conformance tests for being listed in
`ENTITIES`. Field lists are explicit: no phone numbers, no e-mail addresses, no message texts, no names of customers.

Vendor facts: https://apidocs.bitrix24.com/api-reference/crm/
"""

from b24kpi.portal.declaration import Entity, Field, Kind, Owned, Style
from b24kpi.portal.declaration import fields_of as _fields
from b24kpi.portal.entities_goods import CATALOG, OFFER, PRODUCT, PRODUCT_ROW
from b24kpi.portal.entities_invoices import INVOICE, INVOICE_STEP
from b24kpi.portal.entities_work import CALL, TASK

__all__ = ["BY_NAME", "ENTITIES", "Entity", "Field", "Kind", "Owned", "Style"]


_TOUCH = _fields(Kind.TEXT, "UTM_SOURCE UTM_MEDIUM UTM_CAMPAIGN", tracked=True)

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
        *_TOUCH,
        *_fields(Kind.INTEGER, "ASSIGNED_BY_ID COMPANY_ID CONTACT_ID", tracked=True),
        *_fields(Kind.INTEGER, "CREATED_BY_ID"),
        *_fields(Kind.BOOLEAN, "IS_RETURN_CUSTOMER"),
        *_fields(Kind.DATETIME, "DATE_CREATE DATE_MODIFY"),
        *_fields(Kind.DATETIME, "MOVED_TIME DATE_CLOSED", tracked=True),
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
        *_TOUCH,
        *_fields(Kind.TEXT, "TYPE_ID"),
        *_fields(Kind.TEXT, "IS_RECURRING", tracked=True),
        *_fields(Kind.INTEGER, "ASSIGNED_BY_ID COMPANY_ID CONTACT_ID LEAD_ID", tracked=True),
        *_fields(Kind.INTEGER, "CREATED_BY_ID"),
        *_fields(Kind.DATETIME, "DATE_CREATE DATE_MODIFY"),
        *_fields(Kind.DATETIME, "MOVED_TIME", tracked=True),
        *_fields(Kind.DATE, "BEGINDATE"),
        *_fields(Kind.DATE, "CLOSEDATE", tracked=True),
    ),
)

CONTACT = Entity(
    name="contact",
    method="crm.contact.list",
    table="contact",
    modified="DATE_MODIFY",
    fields=(
        *_fields(Kind.INTEGER, "ID ASSIGNED_BY_ID"),
        *_fields(Kind.INTEGER, "COMPANY_ID LEAD_ID", tracked=True),
        *_fields(Kind.TEXT, "TYPE_ID"),
        *_fields(Kind.TEXT, "SOURCE_ID", tracked=True),
        *_TOUCH,
        *_fields(Kind.DATETIME, "DATE_CREATE DATE_MODIFY"),
    ),
)

COMPANY = Entity(
    name="company",
    method="crm.company.list",
    table="company",
    modified="DATE_MODIFY",
    fields=(
        *_fields(Kind.INTEGER, "ID ASSIGNED_BY_ID"),
        *_fields(Kind.INTEGER, "LEAD_ID", tracked=True),
        *_fields(Kind.TEXT, "COMPANY_TYPE INDUSTRY IS_MY_COMPANY"),
        *_TOUCH,
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
        *_fields(Kind.INTEGER, "ID TYPE_ID"),
        *_fields(Kind.INTEGER, "OWNER_ID", tracked=True),  # a merged lead's steps become the other's
        *_fields(Kind.DATETIME, "CREATED_TIME", tracked=True),
        Field("STATUS_SEMANTIC_ID", Kind.TEXT, tracked=True, column="stage_semantic_id"),
        Field("STATUS_ID", Kind.TEXT, tracked=True, column="stage_id"),
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
        *_fields(Kind.INTEGER, "ID TYPE_ID"),
        *_fields(Kind.INTEGER, "OWNER_ID CATEGORY_ID", tracked=True),
        *_fields(Kind.DATETIME, "CREATED_TIME", tracked=True),
        *_fields(Kind.TEXT, "STAGE_SEMANTIC_ID STAGE_ID", tracked=True),
    ),
)

ACTIVITY = Entity(
    name="activity",
    method="crm.activity.list",
    table="activity",
    modified="LAST_UPDATED",
    fields=(
        *_fields(Kind.INTEGER, "ID TYPE_ID STATUS"),
        *_fields(Kind.INTEGER, "OWNER_ID OWNER_TYPE_ID DIRECTION RESULT_STATUS AUTHOR_ID RESPONSIBLE_ID", tracked=True),
        *_fields(Kind.TEXT, "PROVIDER_ID", tracked=True),
        *_fields(Kind.TEXT, "PROVIDER_TYPE_ID"),
        *_fields(Kind.BOOLEAN, "COMPLETED", tracked=True),
        *_fields(Kind.BOOLEAN, "IS_INCOMING_CHANNEL"),
        *_fields(Kind.DATETIME, "CREATED START_TIME END_TIME DEADLINE LAST_UPDATED", tracked=True),
    ),
)

STATUS = Entity(
    name="status",
    method="crm.status.list",
    table="status",
    natural_key=("entity_id", "status_id"),
    style=Style.WHOLE,
    fields=(
        *_fields(Kind.INTEGER, "ID", tracked=True),  # stages of the same SORT are in its order
        *_fields(Kind.TEXT, "ENTITY_ID STATUS_ID NAME"),
        *_fields(Kind.INTEGER, "SORT", tracked=True),
        *_fields(Kind.TEXT, "SEMANTICS", tracked=True),
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
        *_fields(Kind.BOOLEAN, "ACTIVE", tracked=True),
        *_fields(Kind.TEXT, "NAME LAST_NAME"),
        Field("UF_DEPARTMENT", Kind.FIRST, tracked=True, column="department_id"),
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
    INVOICE,
    INVOICE_STEP,
    CALL,
    TASK,
    PRODUCT_ROW,
    PRODUCT,
    OFFER,
)
BY_NAME = {entity.name: entity for entity in ENTITIES}
