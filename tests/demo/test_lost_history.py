"""Stage history that portals hide or rewrite."""

import pytest

from b24kpi.demo.options import Options
from b24kpi.demo.server import DemoPortal


@pytest.fixture
def moved(empty_state):
    """A deal that went from pipeline 0 to pipeline 3."""
    deal = empty_state.add("deal", {}, at=100)
    empty_state.update("deal", deal, {"STAGE_ID": "PREPARATION"}, at=200)
    empty_state.update("deal", deal, {"CATEGORY_ID": 3}, at=300)
    return deal


@pytest.mark.parametrize(("options", "steps"), [(Options(), 3), (Options(history_follows_pipeline=True), 1)])
def test_moving_to_another_pipeline_may_hide_what_was(empty_state, session, moved, options, steps):
    """Rows of the former pipeline are kept, but not shown."""
    with DemoPortal(empty_state, options=options) as portal:
        answer = session.post(portal.url + "crm.stagehistory.list", json={"entityTypeId": 2}, timeout=5).json()
    assert (len(answer["result"]["items"]), answer["total"]) == (steps, steps)
    assert len(empty_state.rows("deal_history")) == 3


def test_renaming_a_stage_rewrites_rows_and_history(empty_state, moved):
    """By plain SQL: DATE_MODIFY stays."""
    empty_state.rename_stage("DEAL_STAGE_3", "C3:NEW", "C3:UC_F1RST")
    deal = empty_state.row("deal", moved)
    assert (deal["STAGE_ID"], deal["DATE_MODIFY"]) == ("C3:UC_F1RST", 300)
    assert [row["STAGE_ID"] for row in empty_state.rows("deal_history")] == ["NEW", "PREPARATION", "C3:UC_F1RST"]
    codes = [row["STATUS_ID"] for row in empty_state.rows("status", "ENTITY_ID = 'DEAL_STAGE_3'")]
    assert ("C3:UC_F1RST" in codes, "C3:NEW" in codes) == (True, False)


def test_lead_statuses_are_renamed_too(empty_state):
    """The same for STATUS."""
    lead = empty_state.add("lead", {})
    empty_state.rename_stage("STATUS", "NEW", "UC_FRESH")
    assert (empty_state.row("lead", lead)["STATUS_ID"], empty_state.rows("lead_history")[0]["STATUS_ID"]) == (
        "UC_FRESH",
        "UC_FRESH",
    )


@pytest.mark.parametrize(("entity", "code"), [("DEAL_STAGE_3", "C3:NOPE"), ("SOURCE", "CALL")])
def test_only_stages_that_exist_are_renamed(empty_state, entity, code):
    """LookupError."""
    with pytest.raises(LookupError):
        empty_state.rename_stage(entity, code, "X")
