"""What is read from the portal: one declaration per stream.

A stream becomes a table of the cache, a pass of `sync`, and a set of conformance tests for being listed in
`ENTITIES`. Field lists are explicit: no phone numbers, no e-mail addresses, no message texts, no names of customers.

Vendor facts: https://apidocs.bitrix24.com/api-reference/crm/
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Kind(StrEnum):
    """How a REST value is stored."""

    INTEGER = "integer"  # "15", 15, "0", null → INTEGER; an empty link becomes NULL
    TEXT = "text"  # as it is; "" becomes NULL
    MONEY = "money"  # "15000.00", 15000 → INTEGER hundredths
    RATE = "rate"  # "41.5000" → INTEGER ten-thousandths
    DATETIME = "datetime"  # ISO 8601 with offset → INTEGER seconds since the epoch; year 9999 becomes NULL
    DATE = "date"  # shifted midnight → TEXT 'YYYY-MM-DD', its first ten characters
    BOOLEAN = "boolean"  # true, false, "Y", "N", "1", "0" → 1, 0
    FIRST = "first"  # [7, 9] → 7: the first of several ids
    REAL = "real"  # "4.5" → REAL
    SEVERAL = "several"  # ["9", "7"] → TEXT '7,9': all values of a multiple field, so that their order tells nothing


class Style(StrEnum):
    """How a list method spells its filter, order and page start."""

    LEGACY = "legacy"  # filter, order {ID: ASC}, start=-1: result is the array of rows
    CONTROLLER = "controller"  # the same names bound exactly; result is wrapped in a key
    USER = "user"  # FILTER, sort, order, start=-1
    WHOLE = "whole"  # everything in one answer, no keys
    OFFSET = "offset"  # pages of 50 by `start`, for small directories without a key filter


@dataclass(frozen=True)
class Field:
    """A field of a stream; `tracked` ones keep their earlier values in the stream's history table."""

    name: str
    kind: Kind
    tracked: bool = False
    column: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "column", self.column or self.name.lower())


@dataclass(frozen=True)
class Entity:
    """One stream of rows.

    Attributes:
        name: the stream's name in journal, coverage and `sync --only`.
        method: REST list method.
        table: table of the cache; two streams may share one (stage history of leads and of deals).
        params: constant parameters of the method.
        constants: columns with a fixed value, part of the primary key where a table is shared.
        key: REST name of the ascending id, or of the natural key of a WHOLE list.
        natural_key: columns that identify a row where the portal gives a known thing a new id.
        wrapper: key of the array inside `result` of a controller method.
        modified: REST name of the moment of the last change, for the second pass of an incremental sync.
        reread: how many of the newest ids each incremental pass reads again (ids given out before commit).
        scope: scope that the method asks for.
    """

    name: str
    method: str
    table: str
    fields: tuple[Field, ...]
    params: Mapping[str, object] = field(default_factory=dict)
    constants: Mapping[str, int] = field(default_factory=dict)
    key: str = "ID"
    natural_key: tuple[str, ...] = ()
    wrapper: str = ""
    style: Style = Style.LEGACY
    modified: str = ""
    reread: int = 0
    scope: str = "crm"

    @property
    def key_column(self) -> str:
        return next(f.column for f in self.fields if f.name == self.key)

    @property
    def primary_key(self) -> tuple[str, ...]:
        return self.natural_key or (*self.constants, self.key_column)

    @property
    def tracked(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if f.tracked)

    def with_fields(self, fields: Iterable[Field]) -> "Entity":
        """The same stream with further fields."""
        return replace(self, fields=(*self.fields, *fields))

    @property
    def by_key(self) -> bool:
        """Whether the stream is walked by ascending ids, so that it can be resumed and read in part."""
        return self.style in (Style.LEGACY, Style.CONTROLLER, Style.USER)


def _fields(kind: Kind, names: str, *, tracked: bool = False) -> tuple[Field, ...]:
    return tuple(Field(name, kind, tracked) for name in names.split())


_UTM = _fields(Kind.TEXT, "UTM_SOURCE UTM_MEDIUM UTM_CAMPAIGN")
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
        *_fields(Kind.INTEGER, "ID ASSIGNED_BY_ID"),
        *_fields(Kind.INTEGER, "LEAD_ID", tracked=True),
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
        *_fields(Kind.INTEGER, "ID OWNER_ID OWNER_TYPE_ID TYPE_ID"),
        *_fields(Kind.TEXT, "PROVIDER_ID PROVIDER_TYPE_ID"),
        *_fields(Kind.INTEGER, "DIRECTION STATUS RESULT_STATUS AUTHOR_ID"),
        *_fields(Kind.INTEGER, "RESPONSIBLE_ID", tracked=True),
        *_fields(Kind.BOOLEAN, "COMPLETED", tracked=True),
        *_fields(Kind.BOOLEAN, "IS_INCOMING_CHANNEL"),
        *_fields(Kind.DATETIME, "CREATED LAST_UPDATED"),
        *_fields(Kind.DATETIME, "START_TIME END_TIME DEADLINE", tracked=True),
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
    USER,
    LEAD,
    COMPANY,
    CONTACT,
    DEAL,
    LEAD_STEP,
    DEAL_STEP,
    ACTIVITY,
)
BY_NAME = {entity.name: entity for entity in ENTITIES}
