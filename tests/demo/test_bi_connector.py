"""The BI connector: who is let in, what an answer looks like, what a plan lets through."""

import json

import pytest

from b24kpi.demo.server import DemoPortal

KEY = "k" * 32
PBI = "/bitrix/tools/biconnector/pbi.php"


@pytest.fixture
def portal(state):
    with DemoPortal(state, bi_key=KEY) as portal:
        yield portal


@pytest.fixture
def ask(portal, session):
    """The answer's text: `ask("crm_deal", limit=…, **body)`."""

    def ask(table, limit=None, **body):
        query = f"?table={table}" + (f"&limit={limit}" if limit is not None else "")
        answer = session.post(portal.address + PBI + query, json={"key": KEY, **body}, timeout=5)
        assert answer.status_code == 200
        return answer.text

    return ask


@pytest.fixture
def rows(ask):
    return lambda *args, **body: json.loads(ask(*args, **body))


def names(*fields):
    return [{"name": field} for field in fields]


def test_an_answer_is_one_row_a_line_with_the_header_first(ask, state):
    """Ints are numbers, decimals text, moments without an offset; slashes are escaped, letters are not."""
    state.change_row("deal", 1, {"TITLE": "А/Б"})
    fields = names("ID", "TITLE", "OPPORTUNITY", "DATE_CREATE", "CLOSEDATE", "LEAD_ID")
    assert ask("crm_deal", limit=1, fields=fields) == (
        '[\n["ID","TITLE","OPPORTUNITY","DATE_CREATE","CLOSEDATE","LEAD_ID"]\n'
        ',[1,"А\\/Б","10.00","2025-07-01 04:00:00","2025-08-30 00:00:00",null]\n]\n'
    )


def test_answers_are_chunked_and_say_json(portal, session):
    """So that they can be read while they come."""
    answer = session.post(portal.address + PBI + "?table=crm_deal", json={"key": KEY}, timeout=5)
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert answer.headers["Transfer-Encoding"] == "chunked"


def test_a_limit_takes_the_first_by_key(rows):
    """Without one the order is none."""
    first = [row[0] for row in rows("crm_deal", limit=60, fields=names("ID"))[1:]]
    everything = [row[0] for row in rows("crm_deal", fields=names("ID"))[1:]]
    assert first == list(range(1, 61))
    assert everything != sorted(everything) == list(range(1, 121))


def test_no_rows_are_a_header_alone(ask):
    """Zero rows are no error."""
    assert ask("crm_lead", fields=names("ID")) == '[\n["ID"]\n]\n'


@pytest.mark.parametrize(
    ("table", "body", "code"),
    [
        ("crm_deal", {"key": "x" * 32}, "WRONG_KEY"),
        ("no_table", {"key": "x" * 32}, "WRONG_KEY"),
        ("no_table", {}, "NO_TABLE"),
        ("crm_deal", {"fields": [{"name": "NOPE"}]}, "EMPTY_SELECT_FIELDS_LIST"),
        ("crm_deal", {"fields": ["ID"]}, "INVALID_SELECT_FIELDS_FORMAT"),
    ],
)
def test_errors_come_with_status_200(rows, table, body, code):
    """The key is checked before the table."""
    assert rows(table, **body) == {"error": code}


def test_a_key_may_come_with_a_language_or_in_the_address(portal, session, rows):
    """Its first 32 characters count; a key in the body wins."""
    assert len(rows("crm_deal", limit=1, key=KEY + "ru")) == 2
    url = f"{portal.address}{PBI}?table=crm_deal&limit=1&token={KEY}"
    assert len(session.get(url, timeout=5).json()) == 2
    assert session.post(url, json={"key": "wrong"}, timeout=5).json() == {"error": "WRONG_KEY"}


def test_without_a_key_nobody_is_let_in(portal, rows):
    """An empty key is none."""
    portal.bi.key = ""
    assert rows("crm_deal", key="") == {"error": "WRONG_KEY"}


def test_features_and_locks_are_checked_after_the_key(portal, rows):
    """DISABLED by the plan, then LIMIT_EXCEEDED."""
    portal.bi.has_feature, portal.bi.is_locked = False, True
    assert rows("no_table") == {"error": "DISABLED"}
    portal.bi.has_feature = True
    assert rows("no_table") == {"error": "LIMIT_EXCEEDED"}


def test_rows_beyond_the_plans_limit_are_cut_with_a_mark(portal, rows):
    """An object closes the array; a limit within the plan is no overrun."""
    portal.bi.row_limit = 50
    found = rows("crm_deal", fields=names("ID"))
    assert (len(found), found[-1]["error"]) == (52, "OVER_LIMIT")
    assert len(rows("crm_deal", limit=50, fields=names("ID"))) == 51


def test_older_portals_send_all_and_lock_later(portal, rows, clock):
    """An overrun after fourteen days of grace locks the service; seven quiet days forgive."""
    portal.bi.row_limit, portal.bi.cuts_at_limit = 50, False
    for days in (0, 6, 12):
        clock.now += 6 * 86_400 if days else 0
        assert len(rows("crm_deal", fields=names("ID"))) == 121
    clock.now += 6 * 86_400
    rows("crm_deal", fields=names("ID"))
    assert rows("crm_deal") == {"error": "LIMIT_EXCEEDED"}


def test_a_data_time_zone_shifts_by_the_offset_of_today(portal, rows):
    """No history of clock changes: a summer moment moves by the difference of winter."""
    portal.bi.data_time_zone = "UTC"
    row = rows("crm_deal", limit=1, fields=names("DATE_CREATE", "CLOSEDATE"))[1]
    assert row == ["2025-07-01 02:00:00", "2025-08-29 22:00:00"]


def test_tables_and_columns_are_described(portal, session):
    """show_tables by gds.php; desc by both."""
    gds = portal.address + "/bitrix/tools/biconnector/gds.php"
    tables = dict(session.post(f"{gds}?show_tables", json={"key": KEY}, timeout=5).json())
    assert tables["crm_deal_stage_history"] == "Deal stage history"
    columns = session.post(f"{gds}?desc&table=crm_deal", json={"key": KEY}, timeout=5).json()
    assert [(row["ID"], row["TYPE"], row["IS_PRIMARY"]) for row in columns[:2]] == [
        ("ID", "NUMBER", "Y"),
        ("DATE_CREATE", "YEAR_MONTH_DAY_SECOND", "N"),
    ]
    assert session.post(f"{gds}?data&table=crm_deal", json={"key": KEY}, timeout=5).json() == {
        "error": "UKNOWN_COMMAND"
    }


TABLES = (
    *("crm_deal", "crm_deal_uf", "crm_deal_stage_history", "crm_lead", "crm_lead_status_history", "crm_stages"),
    *("crm_activity", "crm_activity_relation", "crm_contact", "crm_company", "crm_deal_product_row"),
    *("telephony_call", "user"),
)


@pytest.mark.parametrize("table", TABLES)
def test_every_column_of_every_table_can_be_read(rows, state, table):
    """All of them without `fields`."""
    deal = state.add("deal", {"TITLE": "x"})
    for other in ("lead", "contact", "company"):
        state.add(other, {})
    state.add("activity", {"OWNER_ID": deal, "OWNER_TYPE_ID": 2})
    state.insert("product_row", [{"OWNER_ID": deal, "QUANTITY": 3.0}])
    state.insert("telephony_call", [{"CALL_ID": "a", "CALL_START_DATE": 5}])
    header, *found = rows(table)
    assert found
    assert all(len(row) == len(header) for row in found)


def test_no_rights_apply_and_templates_are_included(portal, rows, state):
    """Unlike in REST."""
    state.change_row("deal", 5, {"IS_RECURRING": "Y"})
    assert len(rows("crm_deal", fields=names("ID"))) == 121


def test_user_fields_come_as_text_in_a_table_of_their_own(rows):
    """With the key of the element."""
    assert rows("crm_deal_uf", limit=1, fields=names("DEAL_ID", "UF_CRM_REGION"))[1] == [1, "Львів"]


def test_connector_requests_leave_the_bucket_of_rest_alone(portal, rows):
    """Its requests are counted apart."""
    rows("crm_deal", limit=1)
    assert portal.stats.by_method["pbi.php"] == 1
