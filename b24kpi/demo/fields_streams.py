"""Tables around leads and deals: products and their rows, smart invoices, telephony calls, tasks.

Field names: https://apidocs.bitrix24.com/api-reference/crm/universal/product-rows/crm-item-productrow-fields.html ,
https://apidocs.bitrix24.com/api-reference/crm/universal/invoice.html ,
https://apidocs.bitrix24.com/api-reference/telephony/voximplant/statistic/voximplant-statistic-get.html ,
https://apidocs.bitrix24.com/api-reference/tasks/fields.html ,
https://apidocs.bitrix24.com/api-reference/catalog/data-types.html ; order of the fields as in the samples there.
"""

from b24kpi.demo.declaration import strings, table

PRODUCT_ROW = table(
    "product_row",
    """ID id - ro
OWNER_ID int 0; OWNER_TYPE status 'D'; PRODUCT_ID int 0; PRODUCT_NAME string ''; PRICE double 0
PRICE_ACCOUNT double 0; PRICE_EXCLUSIVE double 0; PRICE_NETTO double 0; PRICE_BRUTTO double 0; QUANTITY double 1
DISCOUNT_TYPE_ID int 2; DISCOUNT_RATE double 0; DISCOUNT_SUM double 0; TAX_RATE double -; TAX_INCLUDED flag 'Y'
CUSTOMIZED flag 'Y'; MEASURE_CODE int 796; MEASURE_NAME string 'шт'; SORT int 10; XML_ID string -; TYPE int 1
STORE_ID int 0
""",
    indexes="OWNER_ID",
)
# STAGE_SEMANTIC_ID belongs to the rows of stage history; crm.item.* does not show it for invoices.
INVOICE = table(
    "invoice",
    f"""ID id - ro
ACCOUNT_NUMBER string - ro; TITLE string -; XML_ID string -; CREATED_BY user 1 ro; UPDATED_BY user 1 ro
MOVED_BY user 1 ro; CREATED_TIME datetime - ro; UPDATED_TIME datetime - ro; MOVED_TIME datetime - ro
CATEGORY_ID int -; OPENED flag 'Y'; STAGE_ID status -; PREVIOUS_STAGE_ID status - ro; STAGE_SEMANTIC_ID status 'P' ro
BEGINDATE date -; CLOSEDATE date -; COMPANY_ID link 0; CONTACT_ID link 0; CURRENCY_ID status -; OPPORTUNITY money 0
IS_MANUAL_OPPORTUNITY flag 'N'; TAX_VALUE money 0; MYCOMPANY_ID link 0; SOURCE_ID status -
SOURCE_DESCRIPTION string -; WEBFORM_ID int 0; COMMENTS string -; LOCATION_ID string -; ASSIGNED_BY_ID user 1
LAST_ACTIVITY_BY user 1 ro; LAST_ACTIVITY_TIME datetime - ro; PARENT_ID_2 link -; PARENT_ID_7 link -
{strings("UTM_SOURCE UTM_MEDIUM UTM_CAMPAIGN UTM_CONTENT UTM_TERM")}
""",
    indexes="UPDATED_TIME PARENT_ID_2",
    entity_type_id=31,
)
INVOICE_HISTORY = table(
    "invoice_history",
    """ID id - ro
TYPE_ID int 1; OWNER_ID int 0; CREATED_TIME datetime -; CATEGORY_ID int 0; STAGE_SEMANTIC_ID status 'P'
STAGE_ID status -
""",
    indexes="OWNER_ID",
    entity_type_id=31,
)
TELEPHONY_CALL = table(
    "telephony_call",
    """ID id -
PORTAL_USER_ID user 1; PORTAL_NUMBER string ''; PHONE_NUMBER string ''; CALL_ID string -; EXTERNAL_CALL_ID string -
CALL_CATEGORY string 'external'; CALL_LOG string -; CALL_DURATION int 0; CALL_START_DATE datetime -
CALL_RECORD_URL string -; CALL_VOTE int -; COST string '0.0000'; COST_CURRENCY string ''; CALL_FAILED_CODE status '200'
CALL_FAILED_REASON string ''; CRM_ENTITY_TYPE status -; CRM_ENTITY_ID int -; CRM_ACTIVITY_ID int -; REST_APP_ID int -
REST_APP_NAME string -; TRANSCRIPT_ID int -; TRANSCRIPT_PENDING flag 'N'; SESSION_ID string -; REDIAL_ATTEMPT int -
COMMENT string -; RECORD_DURATION int -; RECORD_FILE_ID int -; CALL_TYPE status '1'
""",
    indexes="CALL_START_DATE CRM_ACTIVITY_ID",
)
TASK = table(
    "task",
    """ID id - ro
TITLE string ''; DESCRIPTION string ''; DEADLINE datetime -; CREATED_DATE datetime - ro; CHANGED_DATE datetime - ro
STATUS_CHANGED_DATE datetime - ro; CLOSED_DATE datetime - ro; DATE_START datetime -; START_DATE_PLAN datetime -
END_DATE_PLAN datetime -; CREATED_BY user 1; RESPONSIBLE_ID user 1; CHANGED_BY user 1 ro; CLOSED_BY user - ro
STATUS int 2; PRIORITY int 1; MARK string ''; GROUP_ID int 0; PARENT_ID int -; TIME_ESTIMATE int 0
TIME_SPENT_IN_LOGS int -; COMMENTS_COUNT int 0; FORUM_ID int -; XML_ID string -; UF_CRM_TASK json -
""",
    indexes="CHANGED_DATE",
)
CATALOG = table(
    "catalog",
    """IBLOCK_ID int 0; ID id - ro
LID string 's1'; NAME string ''; PRODUCT_IBLOCK_ID int -; SKU_PROPERTY_ID int -; SUBSCRIPTION flag 'N'; VAT_ID int -
""",
)
# Variations too: what they are is told by their catalogue.
CATALOG_PRODUCT = table(
    "catalog_product",
    """ID id - ro
IBLOCK_ID int 0; NAME string ''; ACTIVE flag 'Y'; CODE string -; TIMESTAMP_X datetime - ro
PURCHASING_PRICE double -; PURCHASING_CURRENCY status -; TYPE int 1; XML_ID string -
""",
)
STREAM_TABLES = (CATALOG, CATALOG_PRODUCT, PRODUCT_ROW, INVOICE, INVOICE_HISTORY, TELEPHONY_CALL, TASK)
