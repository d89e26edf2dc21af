"""The company's rows agree with each other the way a portal's do."""

import pytest

from b24kpi.demo.state import PortalState

HISTORIES = {"lead": "lead_history", "deal": "deal_history"}


@pytest.mark.parametrize(
    ("table", "moment"),
    [
        ("lead", "DATE_CREATE"),
        ("deal", "DATE_CREATE"),
        ("contact", "DATE_CREATE"),
        ("company", "DATE_CREATE"),
        ("activity", "CREATED"),
        ("lead_history", "CREATED_TIME"),
        ("deal_history", "CREATED_TIME"),
    ],
)
def test_ids_ascend_with_time_and_have_gaps(state: PortalState, table: str, moment: str) -> None:
    """A portal numbers rows as they come, and some have been deleted since."""
    times = [row[0] for row in state.select(f"SELECT {moment} FROM {table} ORDER BY ID")]
    assert times == sorted(times)
    highest = state.scalar(f"SELECT max(ID) FROM {table}")
    assert 1.01 < highest / len(times) < 1.06


@pytest.mark.parametrize("table", ["lead", "deal"])
def test_rows_stand_where_their_history_ended(state: PortalState, table: str) -> None:
    """Stage, semantics and MOVED_TIME are those of the last step."""
    stage, kind = ("STATUS_ID", "STATUS_SEMANTIC_ID") if table == "lead" else ("STAGE_ID", "STAGE_SEMANTIC_ID")
    category = "" if table == "lead" else " OR o.CATEGORY_ID <> h.CATEGORY_ID"
    last = f"SELECT max(ID) FROM {table}_history GROUP BY OWNER_ID"
    assert not state.scalar(
        f"SELECT count(*) FROM {table}_history h JOIN {table} o ON o.ID = h.OWNER_ID WHERE h.ID IN ({last})"
        f" AND (o.{stage} <> h.{stage} OR o.{kind} <> h.{kind} OR o.MOVED_TIME <> h.CREATED_TIME{category})"
    )


@pytest.mark.parametrize("table", ["lead", "deal"])
def test_first_step_is_the_creation(state: PortalState, table: str) -> None:
    """The first row of history has the moment of creation and is of type 1, or 3 on a final stage."""
    first = f"SELECT min(ID) FROM {table}_history GROUP BY OWNER_ID"
    semantics = "STATUS_SEMANTIC_ID" if table == "lead" else "STAGE_SEMANTIC_ID"
    assert not state.scalar(
        f"SELECT count(*) FROM {table}_history h LEFT JOIN {table} o ON o.ID = h.OWNER_ID WHERE h.ID IN ({first})"
        f" AND (o.ID IS NULL OR o.DATE_CREATE <> h.CREATED_TIME OR h.TYPE_ID <> iif(h.{semantics} = 'P', 1, 3))"
    )


def test_type_of_a_step_follows_from_the_steps_around_it(state: PortalState) -> None:
    """Another pipeline 5, a final stage 3, a process stage 2; no step repeats the stage before it."""
    wrong = state.select(
        "WITH steps AS (SELECT *, lag(STAGE_ID) OVER w AS old_stage, lag(CATEGORY_ID) OVER w AS old_category"
        " FROM deal_history WINDOW w AS (PARTITION BY OWNER_ID ORDER BY ID))"
        " SELECT ID FROM steps WHERE old_stage IS NOT NULL AND (STAGE_ID = old_stage OR TYPE_ID <> CASE"
        " WHEN CATEGORY_ID <> old_category THEN 5 WHEN STAGE_SEMANTIC_ID = 'P' THEN 2 ELSE 3 END)"
    )
    assert wrong == []


def test_stages_of_history_are_in_the_dictionary(state: PortalState) -> None:
    """Every code belongs to its pipeline and has the semantics of the dictionary."""
    assert not state.scalar(
        "SELECT count(*) FROM deal_history h LEFT JOIN status s ON s.STATUS_ID = h.STAGE_ID"
        " AND s.ENTITY_ID = iif(h.CATEGORY_ID = 0, 'DEAL_STAGE', 'DEAL_STAGE_' || h.CATEGORY_ID)"
        " WHERE coalesce(s.SEMANTICS, 'P') <> h.STAGE_SEMANTIC_ID OR s.ID IS NULL"
    )


def test_moments_of_a_row_are_in_order(state: PortalState) -> None:
    """Created, then moved, then modified; closed exactly when on a final stage."""
    for table in HISTORIES:
        assert not state.scalar(
            f"SELECT count(*) FROM {table} WHERE NOT (DATE_CREATE <= MOVED_TIME AND MOVED_TIME <= DATE_MODIFY)"
        )
    assert not state.scalar("SELECT count(*) FROM deal WHERE (CLOSED = 'Y') <> (STAGE_SEMANTIC_ID <> 'P')")
    assert not state.scalar("SELECT count(*) FROM lead WHERE (DATE_CLOSED IS NULL) <> (STATUS_SEMANTIC_ID = 'P')")


@pytest.mark.parametrize(
    ("table", "column", "target"),
    [
        ("deal", "LEAD_ID", "lead"),
        ("deal", "COMPANY_ID", "company"),
        ("deal", "CONTACT_ID", "contact"),
        ("contact", "COMPANY_ID", "company"),
        ("contact", "LEAD_ID", "lead"),
        ("company", "LEAD_ID", "lead"),
        ("lead", "CONTACT_ID", "contact"),
        ("lead", "COMPANY_ID", "company"),
        ("deal", "ASSIGNED_BY_ID", "user"),
        ("lead", "ASSIGNED_BY_ID", "user"),
        ("activity", "RESPONSIBLE_ID", "user"),
    ],
)
def test_links_point_to_rows_that_exist(state: PortalState, table: str, column: str, target: str) -> None:
    """Each kind of link occurs, and none hangs in the air."""
    linked = f"SELECT count(*) FROM {table} WHERE {column} > 0"
    assert state.scalar(linked)
    assert not state.scalar(f"{linked} AND {column} NOT IN (SELECT ID FROM {target})")


def test_activities_belong_to_leads_and_deals_already_there(state: PortalState) -> None:
    """Nobody calls about a deal before it exists."""
    for owner_type, table in ((1, "lead"), (2, "deal")):
        assert not state.scalar(
            f"SELECT count(*) FROM activity a LEFT JOIN {table} o ON o.ID = a.OWNER_ID"
            f" WHERE a.OWNER_TYPE_ID = {owner_type} AND (o.ID IS NULL OR a.CREATED < o.DATE_CREATE)"
        )


def test_flags_of_returning_customers_are_what_the_portal_computes(state: PortalState) -> None:
    """Once a customer has a won deal, all others are repeated, the earlier lost ones too; none is both."""
    wrong = state.select(
        "WITH client AS (SELECT ID, STAGE_SEMANTIC_ID AS kind, IS_RETURN_CUSTOMER AS flag,"
        " iif(COMPANY_ID > 0, 'CO' || COMPANY_ID, 'C' || CONTACT_ID) AS who"
        " FROM deal WHERE COMPANY_ID > 0 OR CONTACT_ID > 0),"
        " first_won AS (SELECT who, min(ID) AS won FROM client WHERE kind = 'S' GROUP BY who)"
        " SELECT ID FROM client LEFT JOIN first_won USING (who)"
        " WHERE flag <> iif(won IS NOT NULL AND won <> ID, 'Y', 'N')"
    )
    assert wrong == []
    assert not state.scalar("SELECT count(*) FROM deal WHERE IS_RETURN_CUSTOMER = 'Y' AND IS_REPEATED_APPROACH = 'Y'")


def test_converted_leads_are_closed_when_their_deal_begins(state: PortalState) -> None:
    """The conversion and the deal share their moment."""
    assert not state.scalar(
        "SELECT count(*) FROM deal d JOIN lead l ON l.ID = d.LEAD_ID"
        " WHERE l.STATUS_ID <> 'CONVERTED' OR l.DATE_CLOSED <> d.DATE_CREATE"
    )
