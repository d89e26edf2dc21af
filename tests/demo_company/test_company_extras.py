"""What surrounds the deals: product rows, invoices, telephony calls, tasks, chats."""

from typing import Any

import pytest

from b24kpi.demo.company_extras import TABLES
from b24kpi.demo.company_voice import HELD_OUT, NPS, OFFER
from b24kpi.demo.state import PortalState
from tests.demo_company.conftest import NOW, Build, Built

VOICE = (NPS, OFFER, HELD_OUT)
OTHERS = ("lead", "deal", "contact", "company", "lead_history", "deal_history", "user")


def test_the_rest_of_the_company_does_not_depend_on_them(build: Build) -> None:
    """The same leads, deals and histories with them and without, but for the fields of what customers say."""
    plain, full = build(120, extras=False), build(120)
    assert not any(plain.state.rows(table) for table in TABLES)
    assert [plain.state.rows(table) for table in OTHERS] == [own_rows(full.state, table) for table in OTHERS]


def own_rows(state: PortalState, table: str) -> list[dict[str, Any]]:
    return [{name: row[name] for name in row if name not in VOICE} for row in state.rows(table)]


def test_customers_answer_and_get_offers(state: PortalState) -> None:
    """Some closed deals have an answer from 0 to 10, hardly any nonsense; winners are kinder; offers are past."""
    closed = "FROM deal WHERE STAGE_SEMANTIC_ID IN ('S', 'F')"
    assert 0.2 < state.scalar(f"SELECT avg({NPS} IS NOT NULL) {closed}") < 0.4
    assert not state.scalar(f"SELECT count(*) FROM deal WHERE {NPS} IS NOT NULL AND STAGE_SEMANTIC_ID = 'P'")
    assert 0 < state.scalar(f"SELECT avg({NPS} NOT BETWEEN 0 AND 10) {closed} AND {NPS} IS NOT NULL") < 0.05
    won, lost = (
        state.scalar(f"SELECT avg({NPS}) FROM deal WHERE {NPS} <= 10 AND STAGE_SEMANTIC_ID = '{kind}'") for kind in "SF"
    )
    assert won > lost + 1
    assert 0.15 < state.scalar(f"SELECT avg({OFFER} IS NOT NULL) FROM company") < 0.35
    assert state.scalar(f"SELECT max({OFFER}) FROM company") < "2025-11-22"
    assert not state.scalar(f"SELECT count(*) FROM company WHERE {OFFER} IS NOT NULL AND {HELD_OUT} = 1")


def test_the_seed_decides_them(build: Build) -> None:
    """The same seed, the same rows; another seed, others."""
    first, again, other = build(120), build(120), build(120, seed=2)
    for table in TABLES:
        assert first.state.rows(table) == again.state.rows(table) != other.state.rows(table), table


def test_most_deals_have_product_rows_that_sum_up_to_their_amount(state: PortalState) -> None:
    """To the hundredth, out of a catalogue of forty."""
    with_rows = state.scalar("SELECT count(DISTINCT OWNER_ID) FROM product_row")
    assert 0.6 < with_rows / state.scalar("SELECT count(*) FROM deal") < 0.75
    sums = "SELECT OWNER_ID, sum(round(PRICE * QUANTITY * 100)) AS cents FROM product_row GROUP BY OWNER_ID"
    joined = f"FROM ({sums}) JOIN deal ON deal.ID = OWNER_ID"
    assert not state.scalar(f"SELECT count(*) {joined} WHERE cents <> round(OPPORTUNITY * 100)")
    assert state.scalar("SELECT count(DISTINCT PRODUCT_NAME) FROM product_row") == 40
    assert state.scalar("SELECT count(*) FROM product_row WHERE QUANTITY > 1")


def test_part_of_the_won_deals_has_an_invoice(state: PortalState) -> None:
    """Of the same amount; most are paid, some not yet, some never."""
    joined = "FROM invoice i LEFT JOIN deal d ON d.ID = i.PARENT_ID_2"
    assert not state.scalar(
        f"SELECT count(*) {joined} WHERE d.STAGE_SEMANTIC_ID IS NOT 'S' OR d.OPPORTUNITY <> i.OPPORTUNITY"
    )
    codes = dict(state.select("SELECT substr(STAGE_ID, -1), count(*) FROM invoice GROUP BY 1"))
    assert set(codes) == set("NSPD")
    assert codes["P"] > 0.7 * sum(codes.values())


def test_invoices_stand_where_their_history_ended(state: PortalState) -> None:
    """Stage and MOVED_TIME are those of the last step, the first step is the creation."""
    last = "SELECT OWNER_ID, max(ID) AS step FROM invoice_history GROUP BY OWNER_ID"
    joined = f"FROM ({last}) JOIN invoice_history h ON h.ID = step JOIN invoice i ON i.ID = h.OWNER_ID"
    assert state.scalar(f"SELECT count(*) {joined}") == state.scalar("SELECT count(*) FROM invoice")
    assert not state.scalar(
        f"SELECT count(*) {joined} WHERE h.STAGE_ID <> i.STAGE_ID OR h.CREATED_TIME <> i.MOVED_TIME"
        " OR h.STAGE_SEMANTIC_ID <> i.STAGE_SEMANTIC_ID"
    )


@pytest.mark.parametrize(
    ("table", "moment"),
    [
        ("invoice", "CREATED_TIME"),
        ("invoice_history", "CREATED_TIME"),
        ("telephony_call", "CALL_START_DATE"),
        ("task", "CREATED_DATE"),
    ],
)
def test_ids_ascend_with_time_up_to_the_present(state: PortalState, table: str, moment: str) -> None:
    """As in the other tables."""
    times = [row[0] for row in state.select(f"SELECT {moment} FROM {table} ORDER BY ID")]
    assert times == sorted(times)
    assert times[-1] <= NOW


def test_every_call_activity_has_its_call(state: PortalState) -> None:
    """With its moment, its person and its direction; missed ones lasted nothing."""
    joined = "FROM activity a LEFT JOIN telephony_call c ON c.CRM_ACTIVITY_ID = a.ID WHERE a.TYPE_ID = 2"
    assert not state.scalar(
        f"SELECT count(*) {joined} AND (c.ID IS NULL OR c.CALL_START_DATE <> a.START_TIME"
        " OR c.PORTAL_USER_ID <> a.RESPONSIBLE_ID OR (c.CALL_TYPE = '2') <> (a.DIRECTION = 1)"
        " OR (c.CALL_DURATION > 0) <> (c.CALL_FAILED_CODE = '200'))"
    )
    codes = {row[0] for row in state.select("SELECT DISTINCT CALL_FAILED_CODE FROM telephony_call")}
    assert codes == {"200", "304", "486", "480", "603-S"}
    votes = {row[0] for row in state.select("SELECT DISTINCT CALL_VOTE FROM telephony_call")}
    assert votes == {None, 1, 2, 3, 4, 5}


def test_missed_calls_are_those_of_the_activities(state: PortalState) -> None:
    """RESULT_STATUS 1 is 304."""
    joined = "FROM activity a JOIN telephony_call c ON c.CRM_ACTIVITY_ID = a.ID WHERE a.DIRECTION = 1"
    assert not state.scalar(f"SELECT count(*) {joined} AND (a.RESULT_STATUS = 1) <> (c.CALL_FAILED_CODE = '304')")


def test_tasks_are_linked_with_activities_both_ways(state: PortalState) -> None:
    """By ASSOCIATED_ENTITY_ID and by UF_CRM_TASK; some tasks are open, some of these late."""
    joined = "FROM activity a LEFT JOIN task t ON t.ID = a.ASSOCIATED_ENTITY_ID WHERE a.PROVIDER_ID = 'CRM_TASKS_TASK'"
    assert not state.scalar(f"SELECT count(*) {joined} AND t.UF_CRM_TASK IS NOT json_array('D_' || a.OWNER_ID)")
    late = f"SELECT count(*), sum(DEADLINE < {NOW}) FROM task WHERE STATUS = 2"
    assert 0 < state.select(late)[0][1] < state.select(late)[0][0]


def test_chats_have_the_columns_of_open_lines(state: PortalState) -> None:
    """Line, session, connector, whether they were answered."""
    rows = state.rows("activity", "PROVIDER_ID = 'IMOPENLINES_SESSION'")
    assert [row["ORIGIN_ID"] for row in rows] == [f"IMOL_{row['ASSOCIATED_ENTITY_ID']}" for row in rows]
    assert {(row["PROVIDER_TYPE_ID"], row["RESULT_SOURCE_ID"]) for row in rows} == {
        ("1", "livechat"),
        ("2", "telegrambot"),
    }
    assert {row["RESULT_STATUS"] for row in rows} == {1, 2}
    assert all(row["END_TIME"] > row["START_TIME"] for row in rows)


def test_invoices_have_a_pipeline_of_their_own(built: Built) -> None:
    """Apart from those of deals."""
    assert [row["id"] for row in built.state.rows("category", "entityTypeId = 31")] == [11]
    assert len(built.state.rows("status", "ENTITY_ID = 'SMART_INVOICE_STAGE_11'")) == 4
