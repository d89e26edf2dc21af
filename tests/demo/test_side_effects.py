"""What the portal does besides what it was told."""

import pytest

from b24kpi.demo.side_effects import BadValue

DAY = 86_400


@pytest.fixture
def steps(empty_state):
    return lambda deal: [
        (row["TYPE_ID"], row["STAGE_ID"]) for row in empty_state.rows("deal_history", "OWNER_ID = ?", [deal])
    ]


def test_a_life_of_a_deal_leaves_its_history(empty_state, steps):
    """1 created, 2 moved, 3 closed, 2 reopened, 5 another pipeline."""
    deal = empty_state.add("deal", {"TITLE": "x"})
    for change in ({"STAGE_ID": "EXECUTING"}, {"STAGE_ID": "WON"}, {"STAGE_ID": "NEW"}, {"CATEGORY_ID": 3}):
        empty_state.update("deal", deal, change)
    assert steps(deal) == [(1, "NEW"), (2, "EXECUTING"), (3, "WON"), (2, "NEW"), (5, "C3:NEW")]


def test_a_deal_created_on_a_final_stage(empty_state, steps):
    """Type 3 at once."""
    assert steps(empty_state.add("deal", {"CATEGORY_ID": 3, "STAGE_ID": "C3:LOSE"})) == [(3, "C3:LOSE")]


def test_closing_sets_dates_and_flags(empty_state, clock):
    """CLOSED, today's CLOSEDATE, MOVED_TIME, the semantic, DATE_MODIFY."""
    deal = empty_state.add("deal", {"CLOSEDATE": "2027-01-01"})
    clock.wait(DAY)
    empty_state.update("deal", deal, {"STAGE_ID": "WON"})
    row = empty_state.row("deal", deal)
    assert (
        row["CLOSED"],
        row["CLOSEDATE"],
        row["STAGE_SEMANTIC_ID"],
        row["PREVIOUS_STAGE_ID"],
    ) == ("Y", "2026-01-02", "S", "NEW")
    assert int(clock()) == row["MOVED_TIME"] == row["DATE_MODIFY"]


def test_an_edit_moves_only_date_modify(empty_state, clock, steps):
    """MOVED_TIME and the history stay."""
    deal = empty_state.add("deal", {})
    clock.wait(60)
    empty_state.update("deal", deal, {"TITLE": "new", "STAGE_ID": "NEW"})
    row = empty_state.row("deal", deal)
    assert (row["DATE_MODIFY"] - row["MOVED_TIME"], len(steps(deal))) == (60, 1)


def test_the_past_can_be_played(empty_state):
    """`at` dates every side effect."""
    deal = empty_state.add("deal", {}, at=1000)
    empty_state.update("deal", deal, {"STAGE_ID": "WON"}, at=DAY)
    assert [row["CREATED_TIME"] for row in empty_state.rows("deal_history")] == [1000, DAY]
    assert empty_state.row("deal", deal)["CLOSEDATE"] == "1970-01-02"


def test_a_closed_lead_has_its_moment(empty_state):
    """DATE_CLOSED is set on a final status and emptied on return."""
    lead = empty_state.add("lead", {})
    empty_state.update("lead", lead, {"STATUS_ID": "CONVERTED"}, at=5000)
    assert tuple(empty_state.row("lead", lead)[name] for name in ("DATE_CLOSED", "STATUS_SEMANTIC_ID")) == (5000, "S")
    empty_state.update("lead", lead, {"STATUS_ID": "NEW"})
    assert empty_state.row("lead", lead)["DATE_CLOSED"] is None


def test_unknown_stages_are_refused(empty_state):
    """No silent guess about what a stage means."""
    with pytest.raises(BadValue, match="DEAL_STAGE has no stage C3:NEW"):
        empty_state.add("deal", {"STAGE_ID": "C3:NEW"})


def test_templates_have_no_history(empty_state, steps):
    """A recurring template lives no stage life."""
    assert steps(empty_state.add("deal", {"IS_RECURRING": "Y"})) == []


def test_every_deal_of_a_customer_but_the_first_won_is_a_return(empty_state):
    """Retroactively, and without DATE_MODIFY."""
    lost, won, later = (empty_state.add("deal", {"COMPANY_ID": 5}, at=at) for at in (1, 2, 3))
    empty_state.update("deal", lost, {"STAGE_ID": "LOSE"}, at=10)
    empty_state.update("deal", won, {"STAGE_ID": "WON"}, at=20)
    rows = {row["ID"]: (row["IS_RETURN_CUSTOMER"], row["DATE_MODIFY"]) for row in empty_state.rows("deal")}
    assert {lost: ("Y", 10), won: ("N", 20), later: ("Y", 3)} == rows
    empty_state.update("deal", won, {"STAGE_ID": "NEW"}, at=30)
    assert {"N"} == {row["IS_RETURN_CUSTOMER"] for row in empty_state.rows("deal")}


def test_the_company_is_the_customer_before_the_contact(empty_state):
    """A contact counts only among deals without a company."""
    empty_state.add("deal", {"COMPANY_ID": 5, "CONTACT_ID": 7, "STAGE_ID": "WON"})
    other = empty_state.add("deal", {"CONTACT_ID": 7})
    assert empty_state.row("deal", other)["IS_RETURN_CUSTOMER"] == "N"


def test_a_repeated_approach_ends_with_the_first_win(empty_state):
    """A deal out of a returning lead while its customer has not won yet."""
    lead = empty_state.add("lead", {"CONTACT_ID": 7})
    deal = empty_state.add("deal", {"CONTACT_ID": 7, "LEAD_ID": lead})
    assert (
        empty_state.row("lead", lead)["IS_RETURN_CUSTOMER"],
        empty_state.row("deal", deal)["IS_REPEATED_APPROACH"],
    ) == ("Y", "Y")
    empty_state.add("deal", {"CONTACT_ID": 7, "STAGE_ID": "WON"})
    row = empty_state.row("deal", deal)
    assert (row["IS_RETURN_CUSTOMER"], row["IS_REPEATED_APPROACH"]) == ("Y", "N")


def test_an_activity_touches_its_owner_silently(empty_state):
    """LAST_ACTIVITY_TIME moves, DATE_MODIFY does not."""
    deal = empty_state.add("deal", {}, at=100)
    empty_state.add("activity", {"OWNER_ID": deal, "OWNER_TYPE_ID": 2}, at=200)
    row = empty_state.row("deal", deal)
    assert (row["LAST_ACTIVITY_TIME"], row["DATE_MODIFY"]) == (200, 100)
