"""Streams of smart invoices, type 31 of the universal CRM methods, and of the stages that they have been in.

An invoice is paid where its stage has the semantic S; the step into it tells when.
https://apidocs.bitrix24.com/api-reference/crm/universal/invoice.html
"""

from b24kpi.portal.declaration import Entity, Field, Kind, Style
from b24kpi.portal.declaration import fields_of as _fields

SMART_INVOICE = 31


def _snake(kind: Kind, names: str, *, tracked: bool = False) -> tuple[Field, ...]:
    """Fields in camel case, whose columns are in lower case: createdTime is `created_time` there."""
    columns = {name: "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name) for name in names.split()}
    return tuple(Field(name, kind, tracked, column=column) for name, column in columns.items())


# Who is billed for what is not read: neither titles nor comments.
INVOICE = Entity(
    name="invoice",
    method="crm.item.list",
    table="invoice",
    params={"entityTypeId": SMART_INVOICE},
    key="id",
    wrapper="items",
    style=Style.CONTROLLER,
    modified="updatedTime",
    optional=True,
    fields=(
        *_fields(Kind.INTEGER, "id"),
        *_snake(Kind.INTEGER, "categoryId", tracked=True),
        *_snake(Kind.TEXT, "stageId", tracked=True),
        *_snake(Kind.MONEY, "opportunity taxValue", tracked=True),
        *_snake(Kind.TEXT, "currencyId", tracked=True),
        *_snake(Kind.INTEGER, "assignedById companyId contactId", tracked=True),
        Field("parentId2", Kind.INTEGER, tracked=True, column="deal_id"),
        *_snake(Kind.INTEGER, "createdBy"),
        *_snake(Kind.DATETIME, "createdTime updatedTime"),
        *_snake(Kind.DATETIME, "movedTime", tracked=True),
        *_snake(Kind.DATE, "begindate closedate", tracked=True),
    ),
)

INVOICE_STEP = Entity(
    name="invoice_step",
    method="crm.stagehistory.list",
    table="stage_step",
    params={"entityTypeId": SMART_INVOICE},
    constants={"entity_type_id": SMART_INVOICE},
    wrapper="items",
    style=Style.CONTROLLER,
    reread=500,
    optional=True,
    fields=(
        *_fields(Kind.INTEGER, "ID TYPE_ID"),
        *_fields(Kind.INTEGER, "OWNER_ID CATEGORY_ID", tracked=True),
        *_fields(Kind.DATETIME, "CREATED_TIME", tracked=True),
        *_fields(Kind.TEXT, "STAGE_SEMANTIC_ID STAGE_ID", tracked=True),
    ),
)
