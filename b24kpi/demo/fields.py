"""Every table of the demo portal, declared once: names, kinds and defaults of the REST fields.

The declarations drive the creation of tables (`state`), both filter engines, both renderers and the casts on
writing; how to read a line stands in `declaration`.

Field names and types: https://apidocs.bitrix24.com/api-reference/crm/ and
https://apidocs.bitrix24.com/api-reference/user/; order of the fields as in the samples there.
"""

from types import MappingProxyType

from b24kpi.demo.declaration import Field, Table, strings, table
from b24kpi.demo.fields_streams import STREAM_TABLES

__all__ = ["ENTITY_TABLES", "MULTIFIELDS", "NO_DEADLINE", "SMART_ITEM", "TABLES", "TYPE_FLAGS", "Field", "Table"]

MULTIFIELDS = ("PHONE", "EMAIL", "WEB", "IM", "LINK")
NO_DEADLINE = 253402214400  # 9999-12-31 00:00:00 UTC, what the portal stores for "no deadline"

_ADDRESS = strings(
    "ADDRESS ADDRESS_2 ADDRESS_CITY ADDRESS_POSTAL_CODE ADDRESS_REGION ADDRESS_PROVINCE ADDRESS_COUNTRY "
    "ADDRESS_COUNTRY_CODE ADDRESS_LOC_ADDR_ID"
)
_REG_ADDRESS = "\n".join(f"REG_{line}" for line in _ADDRESS.splitlines())
_UTM = strings("UTM_SOURCE UTM_MEDIUM UTM_CAMPAIGN UTM_CONTENT UTM_TERM")
_ORIGIN = strings("ORIGINATOR_ID ORIGIN_ID")
_PEOPLE_AND_DATES = """
ASSIGNED_BY_ID user 1; CREATED_BY_ID user 1 ro; MODIFY_BY_ID user 1 ro; DATE_CREATE datetime - ro
DATE_MODIFY datetime - ro
"""
_MOVED = "MOVED_BY_ID user 1 ro\nMOVED_TIME datetime - ro\n"
_LAST_ACTIVITY = "\nLAST_ACTIVITY_BY user 1 ro\nLAST_ACTIVITY_TIME datetime - ro\n"
_HAS = "HAS_PHONE flag 'N' ro\nHAS_EMAIL flag 'N' ro\nHAS_IMOL flag 'N' ro\n"
_AMOUNT = """
CURRENCY_ID status -; OPPORTUNITY money 0; IS_MANUAL_OPPORTUNITY flag 'N'
"""

LEAD = table(
    "lead",
    f"""ID id - ro
TITLE string -; HONORIFIC status -; NAME string -; SECOND_NAME string -; LAST_NAME string -
COMPANY_TITLE string -; COMPANY_ID link 0; CONTACT_ID link 0; IS_RETURN_CUSTOMER flag 'N' ro
BIRTHDATE date -; SOURCE_ID status -; SOURCE_DESCRIPTION string -; STATUS_ID status 'NEW'
STATUS_DESCRIPTION string -; POST string -; COMMENTS string -
{_AMOUNT}{_HAS}{_PEOPLE_AND_DATES}DATE_CLOSED datetime - ro
STATUS_SEMANTIC_ID status 'P' ro; OPENED flag 'Y'
{_ORIGIN}
{_MOVED}{_ADDRESS}
{_UTM}{_LAST_ACTIVITY}LAST_COMMUNICATION_TIME string - ro
""",
    indexes="DATE_MODIFY COMPANY_ID CONTACT_ID",
    entity_type_id=1,
)

DEAL = table(
    "deal",
    f"""ID id - ro
TITLE string -; TYPE_ID status 'SALE'; STAGE_ID status 'NEW'; PREVIOUS_STAGE_ID status - ro
PROBABILITY int -
{_AMOUNT}TAX_VALUE money 0
LEAD_ID link - ro; COMPANY_ID link 0; CONTACT_ID link 0; QUOTE_ID link - ro; BEGINDATE date -
CLOSEDATE date -
{_PEOPLE_AND_DATES}OPENED flag 'Y'
CLOSED flag 'N'; COMMENTS string -; ADDITIONAL_INFO string -; LOCATION_ID string -; CATEGORY_ID int 0
STAGE_SEMANTIC_ID status 'P' ro; IS_NEW flag 'N' ro; IS_RECURRING flag 'N'; IS_RETURN_CUSTOMER flag 'N'
IS_REPEATED_APPROACH flag 'N'; SOURCE_ID status -; SOURCE_DESCRIPTION string -
{_ORIGIN}
{_MOVED}{_UTM}{_LAST_ACTIVITY}UF_CRM_REGION string -
""",
    indexes="DATE_MODIFY COMPANY_ID CONTACT_ID LEAD_ID",
    entity_type_id=2,
)

CONTACT = table(
    "contact",
    f"""ID id - ro
POST string -; COMMENTS string -; HONORIFIC status -; NAME string -; SECOND_NAME string -
LAST_NAME string -; PHOTO int -; LEAD_ID link - ro; TYPE_ID status -; SOURCE_ID status -
SOURCE_DESCRIPTION string -; COMPANY_ID link 0; BIRTHDATE date -; EXPORT flag 'Y'
{_HAS}{_PEOPLE_AND_DATES}OPENED flag 'Y'
{_ORIGIN}
ORIGIN_VERSION string -; FACE_ID int -
{_ADDRESS}
{_UTM}{_LAST_ACTIVITY}""",
    indexes="DATE_MODIFY COMPANY_ID LEAD_ID",
    entity_type_id=3,
)

COMPANY = table(
    "company",
    f"""ID id - ro
COMPANY_TYPE status -; TITLE string -; LOGO int -; LEAD_ID link - ro
{_HAS}{_PEOPLE_AND_DATES}BANKING_DETAILS string -
INDUSTRY status -; REVENUE double 0; CURRENCY_ID status -; EMPLOYEES status -; COMMENTS string -
OPENED flag 'Y'; IS_MY_COMPANY flag 'N'
{_ORIGIN}
ORIGIN_VERSION string -
{_ADDRESS}
ADDRESS_LEGAL string -
{_REG_ADDRESS}
{_UTM}{_LAST_ACTIVITY}LAST_COMMUNICATION_TIME string - ro
""",
    indexes="DATE_MODIFY LEAD_ID",
    entity_type_id=4,
)

ACTIVITY = table(
    "activity",
    f"""ID id - ro
OWNER_ID int 0; OWNER_TYPE_ID int 0; TYPE_ID int 0; PROVIDER_ID string -; PROVIDER_TYPE_ID string -
PROVIDER_GROUP_ID string -; ASSOCIATED_ENTITY_ID int 0 ro; SUBJECT string -; CREATED datetime - ro
LAST_UPDATED datetime - ro; START_TIME datetime -; END_TIME datetime -; DEADLINE datetime {NO_DEADLINE}
COMPLETED flag 'N'; STATUS int 1; RESPONSIBLE_ID user 1; PRIORITY int 1; NOTIFY_TYPE int 0
NOTIFY_VALUE int 0; DESCRIPTION string -; DESCRIPTION_TYPE int 1; DIRECTION int 0; LOCATION string -
SETTINGS json -
{_ORIGIN}
AUTHOR_ID user 1 ro; EDITOR_ID user 1 ro; PROVIDER_PARAMS json -; PROVIDER_DATA string -; RESULT_MARK int 0
RESULT_VALUE double -; RESULT_SUM double -; RESULT_CURRENCY_ID status -; RESULT_STATUS int 0
RESULT_STREAM int 0; RESULT_SOURCE_ID string -; AUTOCOMPLETE_RULE int 0; IS_INCOMING_CHANNEL flag 'N' ro
""",
    indexes="LAST_UPDATED OWNER_ID",
)

_HISTORY = "ID id - ro\nTYPE_ID int 1\nOWNER_ID int 0\nCREATED_TIME datetime -\n"
LEAD_HISTORY = table(
    "lead_history", _HISTORY + "STATUS_SEMANTIC_ID status 'P'\nSTATUS_ID status -", indexes="OWNER_ID", entity_type_id=1
)
DEAL_HISTORY = table(
    "deal_history",
    _HISTORY + "CATEGORY_ID int 0\nSTAGE_SEMANTIC_ID status 'P'\nSTAGE_ID status -",
    indexes="OWNER_ID",
    entity_type_id=2,
)

STATUS = table(
    "status",
    """ID id -
ENTITY_ID status -; STATUS_ID status -; NAME string ''; NAME_INIT string ''; SORT int 500; SYSTEM flag 'N'
CATEGORY_ID int -; COLOR string -; SEMANTICS status -; EXTRA json -
""",
    indexes="ENTITY_ID",
)
CATEGORY = table(
    "category",
    """id id -
name string ''; sort int 500; entityTypeId int 2; isDefault flag 'N'; originId string ''
originatorId string ''
""",
    key="id",
)
CURRENCY = table(
    "currency",
    """CURRENCY string -
AMOUNT_CNT int 1; AMOUNT double 1; SORT int 100; BASE flag 'N'; FULL_NAME string ''; LID string 'uk'
FORMAT_STRING string '#'; DEC_POINT string '.'; THOUSANDS_SEP string -; DECIMALS int 2
DATE_UPDATE datetime -
""",
    key="CURRENCY",
)
# EXTERNAL_AUTH_ID marks bots, guests and their like; REST never returns those users, nor the field.
USER = table(
    "user",
    """ID id -
XML_ID string -; ACTIVE bool 1; NAME string ''; LAST_NAME string ''; SECOND_NAME string ''; TITLE string -
EMAIL string ''; LAST_LOGIN datetime -; DATE_REGISTER datetime -; TIME_ZONE string ''; IS_ONLINE flag 'N'
TIMESTAMP_X datetime -; LAST_ACTIVITY_DATE datetime -; PERSONAL_GENDER string ''; PERSONAL_WWW string ''
PERSONAL_BIRTHDAY datetime -; PERSONAL_MOBILE string ''; PERSONAL_CITY string ''; WORK_PHONE string ''
WORK_POSITION string ''; UF_EMPLOYMENT_DATE string ''; UF_DEPARTMENT json '[]'; UF_PHONE_INNER string -
USER_TYPE string 'employee'; ADMIN flag 'N'; EXTERNAL_AUTH_ID string -
""",
)
DEPARTMENT = table(
    "department", "ID id -\nNAME string ''\nSORT int 500\nPARENT int -\nUF_HEAD user -", indexes="PARENT"
)
MULTIFIELD = table(
    "multifield",
    """ID id -
ENTITY_TYPE_ID int -; ELEMENT_ID int -; TYPE_ID string 'PHONE'; VALUE_TYPE string 'WORK'; VALUE string ''
""",
    indexes="ELEMENT_ID",
)
# What left the portal by deletion and may be restored: ROW is the row as JSON.
RECYCLE_BIN = table(
    "recycle_bin", "ID id -\nTABLE_NAME string -\nROW_ID int -\nROW json -\nDELETED_AT datetime -", indexes="ROW_ID"
)

TYPE_FLAGS = (
    *("isCategoriesEnabled", "isStagesEnabled", "isBeginCloseDatesEnabled", "isClientEnabled"),
    *("isUseInUserfieldEnabled", "isLinkWithProductsEnabled", "isMycompanyEnabled", "isDocumentsEnabled"),
    *("isSourceEnabled", "isObserversEnabled", "isRecyclebinEnabled", "isAutomationEnabled", "isBizProcEnabled"),
    *("isSetOpenPermissions", "isPaymentsEnabled", "isCountersEnabled"),
)
SMART_PROCESS = table(
    "smart_process",
    "id id - ro\ntitle string ''\ncode string ''\ncreatedBy user 1 ro\nentityTypeId int -\ncustomSectionId int - ro\n"
    + "\n".join(f"{flag} flag {'Y' if flag == 'isSetOpenPermissions' else 'N'}" for flag in TYPE_FLAGS)
    + "\ncreatedTime datetime - ro\nupdatedTime datetime - ro\nupdatedBy user 1 ro",
    key="id",
)
USER_FIELD = table(
    "user_field",
    """id id -
entityId string -; fieldName string -; userTypeId string 'string'; xmlId string -; sort int 100
multiple flag 'N'; mandatory flag 'N'; showFilter flag 'N'; showInList flag 'Y'; editInList flag 'Y'
isSearchable flag 'N'; settings json '[]'; editFormLabel json '{}'
""",
    key="id",
)
USER_FIELD_ITEM = table(
    "user_field_item", "id id -\nuserFieldId int -\nvalue string ''\nsort int 100", key="id", indexes="userFieldId"
)
# Items of one smart process; https://apidocs.bitrix24.com/api-reference/crm/universal/crm-item-fields.html
SMART_ITEM = table(
    "smart_item",
    f"""ID id - ro
TITLE string -; XML_ID string -; CREATED_TIME datetime - ro; UPDATED_TIME datetime - ro
CREATED_BY user 1 ro; UPDATED_BY user 1 ro; ASSIGNED_BY_ID user 1; OPENED flag 'Y'; WEBFORM_ID int 0
BEGINDATE date -; CLOSEDATE date -; COMPANY_ID link 0; CONTACT_ID link 0; CATEGORY_ID int -
MOVED_TIME datetime - ro; MOVED_BY user 1 ro; SOURCE_ID status -; SOURCE_DESCRIPTION string -
{_AMOUNT}TAX_VALUE money 0
MYCOMPANY_ID link 0
{_UTM}{_LAST_ACTIVITY}""",
    indexes="XML_ID",
)

TABLES: MappingProxyType[str, Table] = MappingProxyType(
    {
        declared.name: declared
        for declared in (
            *(LEAD, DEAL, CONTACT, COMPANY, ACTIVITY, LEAD_HISTORY, DEAL_HISTORY),
            *(STATUS, CATEGORY, CURRENCY, USER, DEPARTMENT),
            *(MULTIFIELD, RECYCLE_BIN, SMART_PROCESS, USER_FIELD, USER_FIELD_ITEM),
            *STREAM_TABLES,
        )
    }
)
ENTITY_TABLES = MappingProxyType({1: "lead", 2: "deal", 3: "contact", 4: "company"})
