"""The tables that the portal's BI connector exports, as SQL over the rows of the demo portal.

Read from the portal's source (biconnector and crm modules); which columns there are differs by build, `desc` decides.
A column reads `NAME type [SQL]`, columns are parted by `;` or a new line; without SQL the column of the same name is
meant. Types: `int`, `string`, `date` (text of a day), `datetime` (epoch seconds), `midnight` (a day shown as a moment),
`decimal2` and `decimal4` (sent as text with so many places).

No rights apply, recurring templates and own companies are included, and a table's own condition is part of the WHERE
that a wrong filter loses.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from b24kpi.demo.declaration import Field

MOMENTS = ("date", "datetime", "midnight")


@dataclass(frozen=True)
class Column:
    """A column of an exported table; `sql` is its value in terms of the source table."""

    name: str
    type: str
    sql: str


@dataclass(frozen=True)
class BiTable:
    """An exported table: its source, the names of its key columns, its columns by name, its own condition."""

    name: str
    title: str
    source: str
    keys: tuple[str, ...]
    columns: Mapping[str, Column]
    condition: str = ""

    @property
    def first_date(self) -> Column | None:
        """The column that dateRange means unless the request names another."""
        return next((column for column in self.columns.values() if column.type in MOMENTS), None)

    def with_user_fields(self, fields: Iterable[Field]) -> "BiTable":
        """The same table with the portal's own fields, which come as text."""
        more = {field.name: Column(field.name, "string", field.name) for field in fields if field.is_user_field}
        return replace(self, columns=MappingProxyType({**self.columns, **more}))


def _columns(text: str) -> Mapping[str, Column]:
    found = {}
    for line in text.replace(";", "\n").splitlines():
        if line.strip():
            name, kind, *sql = line.split(maxsplit=2)
            found[name] = Column(name, kind, sql[0] if sql else name)
    return MappingProxyType(found)


def _table(name: str, title: str, source: str, text: str, *, keys: str = "ID", condition: str = "") -> BiTable:
    return BiTable(name, title, source, tuple(keys.split()), _columns(text), condition)


def _owner(column: str, owner: str, *, key: str = "OWNER_ID") -> str:
    return f"(SELECT owner.{column} FROM {owner} AS owner WHERE owner.ID = {key})"


_PEOPLE = "CREATED_BY_ID int; MODIFY_BY_ID int; ASSIGNED_BY_ID int"
_UTM = "UTM_SOURCE string; UTM_MEDIUM string; UTM_CAMPAIGN string; UTM_CONTENT string; UTM_TERM string"
_ORIGIN = "ORIGINATOR_ID string; ORIGIN_ID string"
_RATE = "(SELECT AMOUNT / AMOUNT_CNT FROM currency WHERE CURRENCY = CURRENCY_ID)"
_BASE = "(SELECT CURRENCY FROM currency WHERE BASE = 'Y')"

_DEAL = _table(
    "crm_deal",
    "Deal",
    "deal",
    f"""ID int
DATE_CREATE datetime; DATE_MODIFY datetime; {_PEOPLE}; MOVED_BY_ID int; MOVED_TIME datetime; OPENED string
LEAD_ID int; COMPANY_ID int; CONTACT_ID int; TITLE string; CATEGORY_ID int; STAGE_ID string; STAGE_SEMANTIC_ID string
IS_NEW string; IS_RECURRING string; IS_RETURN_CUSTOMER string; CLOSED string; TYPE_ID string; OPPORTUNITY decimal2
IS_MANUAL_OPPORTUNITY string; TAX_VALUE decimal2; CURRENCY_ID string; OPPORTUNITY_ACCOUNT decimal2 OPPORTUNITY * {_RATE}
TAX_VALUE_ACCOUNT decimal2 TAX_VALUE * {_RATE}; ACCOUNT_CURRENCY_ID string {_BASE}; PROBABILITY int; COMMENTS string
BEGINDATE midnight; CLOSEDATE midnight; LOCATION_ID string; WEBFORM_ID int NULL; SOURCE_ID string
SOURCE_DESCRIPTION string; {_ORIGIN}; ADDITIONAL_INFO string; {_UTM}
""",
)
_DEAL_UF = _table(
    "crm_deal_uf",
    "Deal custom fields",
    "deal",
    "DEAL_ID int ID; DATE_CREATE datetime; CLOSEDATE midnight",
    keys="DEAL_ID",
)
_DEAL_HISTORY = _table(
    "crm_deal_stage_history",
    "Deal stage history",
    "deal_history",
    f"""ID int
TYPE_ID int; DEAL_ID int OWNER_ID; DATE_CREATE datetime CREATED_TIME; START_DATE date {_owner("BEGINDATE", "deal")}
END_DATE date {_owner("CLOSEDATE", "deal")}; ASSIGNED_BY_ID int {_owner("ASSIGNED_BY_ID", "deal")}; CATEGORY_ID int
STAGE_SEMANTIC_ID string; STAGE_ID string
""",
)
_LEAD = _table(
    "crm_lead",
    "Lead",
    "lead",
    f"""ID int
DATE_MODIFY datetime; DATE_CREATE datetime; DATE_CLOSED datetime; {_PEOPLE}; OPENED string; COMPANY_ID int
CONTACT_ID int; STATUS_ID string; STATUS_DESCRIPTION string; STATUS_SEMANTIC_ID string; OPPORTUNITY decimal2
CURRENCY_ID string; SOURCE_ID string; SOURCE_DESCRIPTION string; TITLE string
FULL_NAME string trim(coalesce(NAME, '') || ' ' || coalesce(LAST_NAME, '')); NAME string; LAST_NAME string
SECOND_NAME string; COMPANY_TITLE string; POST string; COMMENTS string; {_ORIGIN}; HONORIFIC string; BIRTHDATE midnight
IS_RETURN_CUSTOMER string; {_UTM}
""",
)
_LEAD_HISTORY = _table(
    "crm_lead_status_history",
    "Lead status history",
    "lead_history",
    f"""ID int
TYPE_ID int; LEAD_ID int OWNER_ID; DATE_CREATE datetime CREATED_TIME
ASSIGNED_BY_ID int {_owner("ASSIGNED_BY_ID", "lead")}; STATUS_SEMANTIC_ID string; STATUS_ID string
""",
)
_STAGES = _table(
    "crm_stages",
    "Stages",
    "status",
    """ID int
ENTITY_TYPE_ID int iif(ENTITY_ID = 'STATUS', 1, 2); STATUS_ID string; NAME string
CATEGORY_ID int coalesce(CATEGORY_ID, 0); SORT int; SEMANTICS string coalesce(SEMANTICS, 'P')
""",
    condition="(ENTITY_ID = 'STATUS' OR ENTITY_ID LIKE 'DEAL_STAGE%')",
)
_ACTIVITY = _table(
    "crm_activity",
    "Activity",
    "activity",
    f"""ID int
TYPE_ID int; PROVIDER_ID string; PROVIDER_TYPE_ID string; OWNER_ID int; OWNER_TYPE_ID int; ASSOCIATED_ENTITY_ID int
SUBJECT string; COMPLETED string; STATUS_ID int STATUS; RESPONSIBLE_ID int; PRIORITY_ID int PRIORITY; DESCRIPTION string
DESCRIPTION_TYPE_ID int DESCRIPTION_TYPE; DIRECTION_ID int DIRECTION; DATE_CREATE datetime CREATED
DATE_MODIFY datetime LAST_UPDATED; START_TIME datetime; END_TIME datetime; DEADLINE datetime; {_ORIGIN}; AUTHOR_ID int
EDITOR_ID int
""",
)
_ACTIVITY_RELATION = _table(
    "crm_activity_relation",
    "Activity: related items",
    "activity",
    "ACTIVITY_ID int ID; OWNER_ID int; OWNER_TYPE_ID int; CREATED_AT datetime CREATED",
    keys="",
)
_CONTACT = _table(
    "crm_contact",
    "Contact",
    "contact",
    f"""ID int
DATE_CREATE datetime; DATE_MODIFY datetime; {_PEOPLE}; OPENED string; COMPANY_ID int; SOURCE_ID string; TYPE_ID string
NAME string; LAST_NAME string; SECOND_NAME string; POST string; COMMENTS string; LEAD_ID int; BIRTHDATE midnight
{_ORIGIN}; {_UTM}
""",
)
_COMPANY = _table(
    "crm_company",
    "Company",
    "company",
    f"""ID int
DATE_CREATE datetime; DATE_MODIFY datetime; {_PEOPLE}; TITLE string; COMPANY_TYPE_ID string COMPANY_TYPE
INDUSTRY_ID string INDUSTRY; REVENUE decimal2; CURRENCY_ID string; COMMENTS string; LEAD_ID int; OPENED string
IS_MY_COMPANY string; {_ORIGIN}; {_UTM}
""",
)
_PRODUCT_ROW = _table(
    "crm_deal_product_row",
    "Deal products",
    "product_row",
    f"""ID int
DEAL_ID int OWNER_ID; PRODUCT_ID int; PRODUCT_NAME string; PRICE decimal2; PRICE_EXCLUSIVE decimal2
PRICE_NETTO decimal2; PRICE_BRUTTO decimal2; QUANTITY decimal4; DISCOUNT_TYPE_ID int; DISCOUNT_RATE decimal2
DISCOUNT_SUM decimal2; TAX_RATE decimal2; TAX_INCLUDED string; CUSTOMIZED string; MEASURE_CODE int; MEASURE_NAME string
SORT int; DEAL_DATE_CREATE datetime {_owner("DATE_CREATE", "deal")}
DEAL_CLOSEDATE midnight {_owner("CLOSEDATE", "deal")}
""",
    condition="OWNER_TYPE = 'D'",
)
_TELEPHONY = _table(
    "telephony_call",
    "Calls",
    "telephony_call",
    """CALL_ID string
PORTAL_USER_ID int; PORTAL_NUMBER string; PHONE_NUMBER string; CALL_TYPE int CAST(CALL_TYPE AS INTEGER)
CALL_DURATION int; RECORD_DURATION int; CALL_START_TIME datetime CALL_START_DATE
CALL_STATUS_CODE_ID string CALL_FAILED_CODE; CALL_STATUS_REASON string CALL_FAILED_REASON; CALL_VOTE int
COST decimal4 CAST(COST AS REAL); COST_CURRENCY string; CRM_ENTITY_TYPE string; CRM_ENTITY_ID int; CRM_ACTIVITY_ID int
REST_APP_ID int; REDIAL_ATTEMPT int; COMMENT string
""",
    keys="CALL_ID PORTAL_NUMBER PHONE_NUMBER",
)
_USER = _table(
    "user",
    "Users",
    "user",
    """ID int
ACTIVE string iif(ACTIVE, 'Y', 'N'); NAME string trim(NAME || ' ' || LAST_NAME)
DEPARTMENT string (SELECT d.NAME FROM department AS d WHERE d.ID = json_extract(UF_DEPARTMENT, '$[0]'))
DEPARTMENT_ID string json_extract(UF_DEPARTMENT, '$[0]')
""",
    condition="coalesce(EXTERNAL_AUTH_ID, '') = ''",
)

BI_TABLES: Mapping[str, BiTable] = MappingProxyType(
    {
        table.name: table
        for table in (
            *(_DEAL, _DEAL_UF, _DEAL_HISTORY, _LEAD, _LEAD_HISTORY, _STAGES, _ACTIVITY, _ACTIVITY_RELATION),
            *(_CONTACT, _COMPANY, _PRODUCT_ROW, _TELEPHONY, _USER),
        )
    }
)
