"""The company has everything in it that makes figures hard."""

import pytest

from b24kpi.demo.company_plan import LEAVER_ID
from b24kpi.demo.state import PortalState

NEXT = "lead(STAGE_SEMANTIC_ID) OVER (PARTITION BY OWNER_ID ORDER BY ID)"


@pytest.mark.parametrize(
    ("what", "condition"),
    [
        ("zero amounts", "OPPORTUNITY = 0"),
        ("refunds", "OPPORTUNITY < 0 AND STAGE_SEMANTIC_ID = 'S'"),
        ("recurring templates", "IS_RECURRING = 'Y'"),
        ("customers unknown", "COMPANY_ID = 0 AND CONTACT_ID = 0"),
        ("persons", "COMPANY_ID = 0 AND CONTACT_ID > 0"),
        ("firms", "COMPANY_ID > 0"),
        ("no lead", "LEAD_ID IS NULL"),
        ("advertised", "UTM_CAMPAIGN = 'brand-search' AND SOURCE_ID = 'ADVERTISING'"),
        ("analysed losses", "STAGE_ID LIKE '%APOLOGY'"),
        ("plain losses", "STAGE_ID LIKE '%LOSE'"),
        ("custom stage", "STAGE_ID = 'C1:UC_T3ND3R'"),
        ("overdue plans", "STAGE_SEMANTIC_ID = 'P' AND CLOSEDATE < '2025-11-22'"),
        ("plans ahead", "STAGE_SEMANTIC_ID = 'P' AND CLOSEDATE > '2025-11-22'"),
        ("repeated", "IS_RETURN_CUSTOMER = 'Y' AND STAGE_SEMANTIC_ID = 'S'"),
        ("retroactively repeated", "IS_RETURN_CUSTOMER = 'Y' AND STAGE_SEMANTIC_ID = 'F'"),
        ("older than history", "IS_RECURRING = 'N' AND ID NOT IN (SELECT OWNER_ID FROM deal_history)"),
        ("created final", "ID IN (SELECT OWNER_ID FROM deal_history GROUP BY 1 HAVING min(TYPE_ID) = 3)"),
        ("transferred", "ID IN (SELECT OWNER_ID FROM deal_history WHERE TYPE_ID = 5)"),
    ],
)
def test_some_deals_are_special(state: PortalState, what: str, condition: str) -> None:
    """Each speciality occurs."""
    assert state.scalar(f"SELECT count(*) FROM deal WHERE {condition}"), what


@pytest.mark.parametrize("kind", ["S", "F"])
def test_some_closed_deals_are_reopened(state: PortalState, kind: str) -> None:
    """A step to a process stage follows the final one."""
    steps = f"SELECT STAGE_SEMANTIC_ID AS kind, {NEXT} AS following FROM deal_history"
    assert state.scalar(f"SELECT count(*) FROM ({steps}) WHERE kind = '{kind}' AND following = 'P'")


@pytest.mark.parametrize("jump", [-1, 2])
def test_some_deals_go_back_or_skip_a_stage(state: PortalState, jump: int) -> None:
    """Within a pipeline and by the order of its stages."""
    ranked = (
        "SELECT h.OWNER_ID, h.CATEGORY_ID, h.STAGE_SEMANTIC_ID AS kind,"
        " s.SORT / 10 - lag(s.SORT / 10) OVER (PARTITION BY h.OWNER_ID, h.CATEGORY_ID ORDER BY h.ID) AS jump"
        " FROM deal_history h JOIN status s ON s.STATUS_ID = h.STAGE_ID AND s.ENTITY_ID LIKE 'DEAL_STAGE%'"
    )
    assert state.scalar(f"SELECT count(*) FROM ({ranked}) WHERE kind = 'P' AND jump = ?", [jump])


def test_pipelines_currencies_and_people_are_as_many_as_planned(state: PortalState) -> None:
    """Three pipelines, four currencies of which one is quoted by ten, eight managers under a director."""
    assert [row["id"] for row in state.rows("category", "entityTypeId = 2")] == [0, 1, 2]
    quoted_by = {row["CURRENCY"]: row["AMOUNT_CNT"] for row in state.rows("currency")}
    assert quoted_by == {"UAH": 1, "USD": 1, "EUR": 1, "PLN": 10}
    assert state.scalar("SELECT count(DISTINCT CURRENCY_ID) FROM deal") == 4
    assert len(state.rows("user")) == 9
    assert [row["PARENT"] for row in state.rows("department")] == [None, 1, 1]


def test_the_manager_who_left_has_no_open_deal_but_old_wins(state: PortalState) -> None:
    """Open deals went to a colleague, results stayed."""
    assert [row["ID"] for row in state.rows("user", "ACTIVE = 0")] == [LEAVER_ID]
    own = f"FROM deal WHERE ASSIGNED_BY_ID = {LEAVER_ID}"
    assert set(state.select(f"SELECT DISTINCT STAGE_SEMANTIC_ID {own}")) == {("S",), ("F",)}
    handed_over = f"CREATED_BY_ID = {LEAVER_ID} AND ASSIGNED_BY_ID <> {LEAVER_ID}"
    assert state.scalar(f"SELECT count(*) FROM deal WHERE {handed_over}")


def test_proportions_are_those_of_a_plausible_firm(state: PortalState) -> None:
    """About 1.3 leads and 3 activities a deal, 35 to 60 per cent won of closed, some still open."""
    deals = state.scalar("SELECT count(*) FROM deal")
    assert 1.2 < state.scalar("SELECT count(*) FROM lead") / deals < 1.4
    assert 2.5 < state.scalar("SELECT count(*) FROM activity") / deals < 4.5
    kinds = dict(state.select("SELECT STAGE_SEMANTIC_ID, count(*) FROM deal GROUP BY 1"))
    assert 0.35 < kinds["S"] / (kinds["S"] + kinds["F"]) < 0.6
    assert 0.01 < kinds["P"] / deals < 0.15


def test_some_customers_buy_several_times(state: PortalState) -> None:
    """Three wins and more."""
    wins = "SELECT count(*) AS wins FROM deal WHERE STAGE_SEMANTIC_ID = 'S' AND COMPANY_ID > 0 GROUP BY COMPANY_ID"
    assert state.scalar(f"SELECT max(wins) FROM ({wins})") >= 3


def test_the_last_year_brings_more_deals_than_the_one_before(state: PortalState) -> None:
    """The company grows, and December beats January."""
    years = "SELECT sum(DATE_CREATE >= 1732269600), sum(DATE_CREATE < 1732269600) FROM deal"
    assert state.select(years)[0][0] > 1.1 * state.select(years)[0][1]
    months = dict(state.select("SELECT strftime('%m', DATE_CREATE, 'unixepoch'), count(*) FROM deal GROUP BY 1"))
    assert months["12"] > months["01"]


def test_leads_end_in_every_way(state: PortalState) -> None:
    """Converted, junk, duplicates, in work, untouched; some converted to a contact alone; some from old customers."""
    statuses = {row[0] for row in state.select("SELECT DISTINCT STATUS_ID FROM lead")}
    assert {"CONVERTED", "JUNK", "UC_D0UBLE", "IN_PROCESS", "NEW"} == statuses
    converted = "SELECT count(*) FROM lead WHERE STATUS_ID = 'CONVERTED'"
    assert state.scalar(f"{converted} AND ID NOT IN (SELECT LEAD_ID FROM deal WHERE LEAD_ID > 0)")
    assert state.scalar(f"{converted} AND IS_RETURN_CUSTOMER = 'Y' AND CONTACT_ID > 0")


def test_names_are_ukrainian_with_apostrophes(state: PortalState) -> None:
    """An apostrophe inside a name is what breaks careless SQL."""
    assert state.scalar("SELECT count(*) FROM contact WHERE LAST_NAME LIKE '%м''ян%'")
    assert state.scalar("SELECT count(*) FROM company WHERE TITLE LIKE '%''%'")
