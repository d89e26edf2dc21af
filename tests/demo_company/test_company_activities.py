"""Calls, letters, forms and plans of the company."""

from b24kpi.demo.state import PortalState

CALLS = {"VOXIMPLANT_CALL": {1, 2}, "CRM_EMAIL": {1, 2}, "CRM_WEBFORM": {1}, "IMOPENLINES_SESSION": {1}}
PLANS = {"CRM_TODO": {0}, "CRM_TASKS_TASK": {0}, "CRM_MEETING": {0}}


def test_every_kind_occurs_in_its_directions(state: PortalState) -> None:
    """Incoming is 1, outgoing 2, what has no direction 0."""
    found: dict[str, set[int]] = {}
    for provider, direction in state.select("SELECT DISTINCT PROVIDER_ID, DIRECTION FROM activity"):
        found.setdefault(provider, set()).add(direction)
    assert found == CALLS | PLANS


def test_open_plans_wait_for_open_deals_only(state: PortalState) -> None:
    """A closed deal has no open to-do; some open deals have none either."""
    todo = "SELECT OWNER_ID FROM activity WHERE OWNER_TYPE_ID = 2 AND COMPLETED = 'N' AND PROVIDER_ID = 'CRM_TODO'"
    assert not state.scalar(f"SELECT count(*) FROM deal WHERE ID IN ({todo}) AND STAGE_SEMANTIC_ID <> 'P'")
    assert state.scalar(f"SELECT count(*) FROM deal WHERE ID NOT IN ({todo}) AND STAGE_SEMANTIC_ID = 'P'")


def test_most_leads_are_answered_and_some_never(state: PortalState) -> None:
    """The first outgoing call or letter is the answer; it never precedes the lead."""
    answers = "SELECT OWNER_ID, min(START_TIME) at FROM activity WHERE OWNER_TYPE_ID = 1 AND DIRECTION = 2 GROUP BY 1"
    figures = "count(*), count(a.at), sum(a.at < lead.DATE_CREATE)"
    joined = f"SELECT {figures} FROM lead LEFT JOIN ({answers}) a ON a.OWNER_ID = lead.ID"
    leads, answered, early = state.select(joined)[0]
    assert 0.75 < answered / leads < 0.95
    assert not early


def test_missed_calls_are_marked_as_such(state: PortalState) -> None:
    """An incoming call nobody took is open and unanswered."""
    found = state.select("SELECT DISTINCT COMPLETED, RESULT_STATUS FROM activity WHERE TYPE_ID = 2 AND DIRECTION = 1")
    assert set(found) == {("Y", 2), ("N", 1)}


def test_last_activity_of_a_deal_is_the_newest_of_its_activities(state: PortalState) -> None:
    """LAST_ACTIVITY_TIME is the creation of the newest activity, of the deal itself where there is none."""
    newest = "SELECT OWNER_ID, max(CREATED) at FROM activity WHERE OWNER_TYPE_ID = 2 GROUP BY 1"
    joined = f"FROM deal LEFT JOIN ({newest}) a ON a.OWNER_ID = deal.ID"
    assert not state.scalar(f"SELECT count(*) {joined} WHERE LAST_ACTIVITY_TIME <> coalesce(at, DATE_CREATE)")
