"""What surrounds the demo company's deals: products, invoices, telephony, tasks, chats, what customers say.

Made out of the deals and activities that are there already, in a few statements of SQL and without a draw: what is
chosen is decided by a hash of the row's id, so that the rest of the company is the same with these rows and without.

Shapes: https://apidocs.bitrix24.com/api-reference/crm/universal/product-rows/crm-item-productrow-fields.html ,
https://apidocs.bitrix24.com/api-reference/crm/universal/invoice.html ,
https://apidocs.bitrix24.com/api-reference/telephony/voximplant/statistic/voximplant-statistic-get.html ; sessions of
open lines as activities are read from the portal's source (imopenlines module).
"""

from collections.abc import Mapping

from b24kpi.demo.company_names import load_names
from b24kpi.demo.company_voice import install_voice
from b24kpi.demo.standard_portal import INVOICE_CATEGORY, install_invoices
from b24kpi.demo.storage import Storage

TABLES = ("catalog_product", "product_row", "invoice", "invoice_history", "telephony_call", "task")
_PRODUCTS = 40
_GOODS, _OFFERS = 23, 24  # information blocks of products, and of variations of products
_LINES = (("1", "livechat"), ("2", "telegrambot"))  # open lines with the connector that each serves
# One multiplier a purpose, so that choices do not depend on each other (primes of xxHash, and Knuth's).
_PURPOSES = dict(
    zip(
        ("chosen", "parts", "product", "quantity", "outcome", "delay"),
        (2_654_435_761, 2_246_822_519, 3_266_489_917, 668_265_263, 374_761_393, 2_860_486_313),
        strict=True,
    )
)


def install_extras(storage: Storage, *, seed: int, now: int) -> Mapping[str, int]:
    """Adds the rows around a company that is complete otherwise; rows per table. `now` is in epoch seconds."""
    with storage.transaction():
        _install_catalogue(storage)
        install_invoices(storage)
        for statement in _STATEMENTS:
            storage.execute(_hashed(statement), {"seed": seed * 1_000_003, "now": now, "category": INVOICE_CATEGORY})
        install_voice(storage, now=now)
    return {table: storage.scalar(f"SELECT count(*) FROM {table}") for table in TABLES}


def _install_catalogue(storage: Storage) -> None:
    """Products, every fourth of them a variation."""
    goods = load_names().goods
    storage.insert("catalog", [{"ID": _GOODS, "IBLOCK_ID": _GOODS, "NAME": "Товарний каталог CRM"}])
    offers = {"ID": _OFFERS, "IBLOCK_ID": _OFFERS, "NAME": "Торгові пропозиції", "PRODUCT_IBLOCK_ID": _GOODS}
    storage.insert("catalog", [offers])
    rows = [
        {
            "ID": number,
            "IBLOCK_ID": _GOODS if number % 4 else _OFFERS,
            "TYPE": 1 if number % 4 else 4,
            "NAME": f"{goods[number % len(goods)]}, арт. {100 + number}",
        }
        for number in range(1, _PRODUCTS + 1)
    ]
    storage.insert("catalog_product", rows)


def _hashed(statement: str) -> str:
    """`<#chosen:ID:100#>` stands for a number under 100 that only the ID and the seed decide."""
    head, *marked = statement.split("<#")
    parts = [head]
    for text in marked:
        mark, _, rest = text.partition("#>")
        purpose, value, below = mark.split(":")
        parts.append(f"(((({value} + $seed) * {_PURPOSES[purpose]} & 4294967295) >> 11) % {below}){rest}")
    return "".join(parts)


# Each of the 1 to 3 rows of a deal takes its share of the amount in hundredths, the last one what is left; a quantity
# is taken only where it divides the share.
_PRODUCT_ROWS = f"""
WITH chosen AS (
    SELECT ID AS owner, CAST(round(OPPORTUNITY * 100) AS INTEGER) AS cents, 1 + <#parts:ID:3#> AS parts,
        (SELECT AMOUNT / AMOUNT_CNT FROM currency WHERE CURRENCY = CURRENCY_ID) AS rate
    FROM deal
    WHERE OPPORTUNITY > 0 AND <#chosen:ID:100#> < 70
), share AS (
    SELECT owner, rate, part.value AS place, 1 + <#product:(owner * 3 + part.value):{_PRODUCTS}#> AS product,
        iif(part.value = parts, cents - (parts - 1) * (cents / parts), cents / parts) AS cents,
        1 + <#quantity:(owner * 3 + part.value):6#> AS quantity
    FROM chosen JOIN json_each('[1, 2, 3]') AS part ON part.value <= parts
), priced AS (
    SELECT owner, rate, place, product, iif(cents % quantity, 1, quantity) AS quantity,
        cents / iif(cents % quantity, 1, quantity) / 100.0 AS price
    FROM share
)
INSERT INTO product_row (OWNER_ID, OWNER_TYPE, PRODUCT_ID, PRODUCT_NAME, PRICE, PRICE_ACCOUNT, PRICE_EXCLUSIVE,
    PRICE_NETTO, PRICE_BRUTTO, QUANTITY, TAX_RATE, CUSTOMIZED, SORT, XML_ID)
SELECT owner, 'D', product, goods.NAME, price, round(price * rate, 2), round(price / 1.2, 2),
    round(price / 1.2, 2), price, quantity, 20.0, 'N', place * 10, 'sale_basket_' || (owner * 3 + place)
FROM priced JOIN catalog_product AS goods ON goods.ID = product ORDER BY owner, place
"""

# What a product costs is 45 to 69 % of what it was sold for on average; of every ninth nobody has entered it.
_PURCHASE_PRICES = """
UPDATE catalog_product SET PURCHASING_CURRENCY = (SELECT CURRENCY FROM currency WHERE BASE = 'Y'), PURCHASING_PRICE = (
    SELECT round(sum(PRICE_ACCOUNT * QUANTITY) / sum(QUANTITY) * (45 + <#parts:catalog_product.ID:25#>) / 100, 2)
    FROM product_row WHERE PRODUCT_ID = catalog_product.ID)
WHERE ID % 9 AND ID IN (SELECT PRODUCT_ID FROM product_row)
"""

_INVOICES = """
WITH won AS (
    SELECT *, max(DATE_CREATE, MOVED_TIME - 86400 * (1 + <#parts:ID:5#>)) AS made, <#outcome:ID:100#> AS outcome
    FROM deal WHERE STAGE_SEMANTIC_ID = 'S' AND OPPORTUNITY > 0 AND <#chosen:ID:100#> < 55
), plan AS (
    SELECT *, min($now, made + 3600 + 3600 * <#delay:ID:400#>) AS moved,
        CASE WHEN outcome < 80 THEN 'P' WHEN outcome < 92 THEN 'S' WHEN outcome < 96 THEN 'D' ELSE 'N' END AS code
    FROM won
)
INSERT INTO invoice (TITLE, CREATED_BY, UPDATED_BY, MOVED_BY, ASSIGNED_BY_ID, LAST_ACTIVITY_BY, CREATED_TIME,
    UPDATED_TIME, MOVED_TIME, LAST_ACTIVITY_TIME, CATEGORY_ID, STAGE_ID, PREVIOUS_STAGE_ID, STAGE_SEMANTIC_ID,
    BEGINDATE, CLOSEDATE, COMPANY_ID, CONTACT_ID, CURRENCY_ID, OPPORTUNITY, PARENT_ID_2, SOURCE_ID)
SELECT 'Рахунок: ' || TITLE, ASSIGNED_BY_ID, ASSIGNED_BY_ID, ASSIGNED_BY_ID, ASSIGNED_BY_ID, ASSIGNED_BY_ID, made,
    iif(code = 'N', made, moved), iif(code = 'N', made, moved), made, $category, 'DT31_' || $category || ':' || code,
    CASE code WHEN 'N' THEN NULL WHEN 'S' THEN 'DT31_' || $category || ':N' ELSE 'DT31_' || $category || ':S' END,
    CASE code WHEN 'P' THEN 'S' WHEN 'D' THEN 'F' ELSE 'P' END, date(made, 'unixepoch'),
    date(made + 864000, 'unixepoch'), coalesce(COMPANY_ID, 0), coalesce(CONTACT_ID, 0), CURRENCY_ID, OPPORTUNITY, ID,
    SOURCE_ID
FROM plan ORDER BY made, ID
"""

_INVOICE_STEPS = """
WITH step (owner, place, type, moment, code, kind) AS (
    SELECT ID, 1, 1, CREATED_TIME, 'N', 'P' FROM invoice
    UNION ALL
    SELECT ID, 2, 2, CREATED_TIME + (MOVED_TIME - CREATED_TIME) / 4, 'S', 'P' FROM invoice
    WHERE STAGE_SEMANTIC_ID <> 'P'
    UNION ALL
    SELECT ID, 3, iif(STAGE_SEMANTIC_ID = 'P', 2, 3), MOVED_TIME, substr(STAGE_ID, -1), STAGE_SEMANTIC_ID FROM invoice
    WHERE PREVIOUS_STAGE_ID IS NOT NULL
)
INSERT INTO invoice_history (TYPE_ID, OWNER_ID, CREATED_TIME, CATEGORY_ID, STAGE_SEMANTIC_ID, STAGE_ID)
SELECT type, owner, moment, $category, kind, 'DT31_' || $category || ':' || code FROM step ORDER BY moment, owner, place
"""

# Half of the letters that customers wrote about deals were messages in a chat.
_SESSIONS = f"""
UPDATE activity SET TYPE_ID = 6, PROVIDER_ID = 'IMOPENLINES_SESSION', SUBJECT = 'Звернення у відкриту лінію',
    ASSOCIATED_ENTITY_ID = session, ORIGIN_ID = 'IMOL_' || session, END_TIME = START_TIME + 120 + <#delay:ID:1800#>,
    PROVIDER_TYPE_ID = iif(<#parts:ID:3#>, '{_LINES[0][0]}', '{_LINES[1][0]}'),
    RESULT_SOURCE_ID = iif(<#parts:ID:3#>, '{_LINES[0][1]}', '{_LINES[1][1]}'),
    RESULT_STATUS = iif(<#outcome:ID:100#> < 90, 2, 1)
FROM (
    SELECT ID AS chosen, row_number() OVER (ORDER BY ID) AS session FROM activity
    WHERE PROVIDER_ID = 'CRM_EMAIL' AND DIRECTION = 1 AND OWNER_TYPE_ID = 2 AND <#chosen:ID:100#> < 50
)
WHERE ID = chosen
"""

_CALLS = """
WITH call AS (
    SELECT a.*, d.COMPANY_ID, d.CONTACT_ID, <#outcome:a.ID:100#> AS outcome,
        CASE WHEN a.DIRECTION = 1 THEN iif(a.RESULT_STATUS = 1, '304', '200')
            WHEN <#outcome:a.ID:100#> < 5 THEN '486' WHEN <#outcome:a.ID:100#> < 9 THEN '603-S'
            WHEN <#outcome:a.ID:100#> < 12 THEN '480' ELSE '200' END AS code
    FROM activity AS a LEFT JOIN deal AS d ON a.OWNER_TYPE_ID = 2 AND d.ID = a.OWNER_ID
    WHERE a.PROVIDER_ID = 'VOXIMPLANT_CALL'
)
INSERT INTO telephony_call (PORTAL_USER_ID, PORTAL_NUMBER, PHONE_NUMBER, CALL_ID, CALL_DURATION, CALL_START_DATE,
    CALL_VOTE, COST, COST_CURRENCY, CALL_FAILED_CODE, CALL_FAILED_REASON, CRM_ENTITY_TYPE, CRM_ENTITY_ID,
    CRM_ACTIVITY_ID, CALL_TYPE, RECORD_DURATION)
SELECT RESPONSIBLE_ID, 'reg100001', '+38050' || (1000000 + <#product:OWNER_ID:9000000#>),
    'DEMO' || ID || '.' || START_TIME,
    iif(code = '200', 20 + <#delay:ID:580#>, 0), START_TIME,
    iif(code = '200' AND DIRECTION = 1 AND outcome < 30, 1 + max(4 - outcome % 9, 0), NULL), '0.0000', 'UAH', code,
    CASE code WHEN '200' THEN '' WHEN '304' THEN 'Skipped' WHEN '486' THEN 'Busy' WHEN '480' THEN 'Unavailable'
        ELSE 'Decline self' END,
    CASE WHEN OWNER_TYPE_ID = 1 THEN 'LEAD' WHEN COMPANY_ID > 0 THEN 'COMPANY' WHEN CONTACT_ID > 0 THEN 'CONTACT' END,
    CASE WHEN OWNER_TYPE_ID = 1 THEN OWNER_ID WHEN COMPANY_ID > 0 THEN COMPANY_ID WHEN CONTACT_ID > 0 THEN CONTACT_ID
        END,
    ID, iif(DIRECTION = 1, '2', '1'), iif(code = '200', 20 + <#delay:ID:580#>, NULL)
FROM call ORDER BY START_TIME, ID
"""

# Tasks that activities tell of are done, some time after they were given; some open deals have one that waits, some
# of these are late.
_TASKS = """
WITH plan (title, made, closed, person, link, xml, deadline) AS (
    SELECT SUBJECT, CREATED - 600 * (1 + <#delay:ID:30#>), LAST_UPDATED, RESPONSIBLE_ID,
        json_array(iif(OWNER_TYPE_ID = 1, 'L_', 'D_') || OWNER_ID),
        'activity_' || ID, CREATED + 86400 * (1 + <#delay:ID:5#>)
    FROM activity WHERE PROVIDER_ID = 'CRM_TASKS_TASK'
    UNION ALL
    SELECT 'Перевірити угоду', DATE_MODIFY, NULL, ASSIGNED_BY_ID, json_array('D_' || ID), NULL,
        DATE_MODIFY + 86400 * (1 + <#delay:ID:20#>)
    FROM deal WHERE STAGE_SEMANTIC_ID = 'P' AND IS_RECURRING = 'N' AND <#chosen:ID:100#> < 25
)
INSERT INTO task (TITLE, DEADLINE, CREATED_DATE, CHANGED_DATE, STATUS_CHANGED_DATE, CLOSED_DATE, CREATED_BY,
    RESPONSIBLE_ID, CHANGED_BY, CLOSED_BY, STATUS, UF_CRM_TASK, XML_ID)
SELECT title, deadline, made, coalesce(closed, made), coalesce(closed, made), closed, person, person, person,
    iif(closed IS NULL, NULL, person), iif(closed IS NULL, 2, 5), link, xml
FROM plan ORDER BY made, link
"""

_LINKS_OF_TASKS = """
UPDATE activity SET ASSOCIATED_ENTITY_ID = task.ID FROM task
WHERE task.XML_ID LIKE 'activity_%' AND activity.ID = CAST(substr(task.XML_ID, 10) AS INTEGER)
"""
_STATEMENTS = (
    *(_PRODUCT_ROWS, _PURCHASE_PRICES, _INVOICES, _INVOICE_STEPS),
    *(_SESSIONS, _CALLS, _TASKS, _LINKS_OF_TASKS),
)
