"""A webhook whose owner may read less than everything."""

import pytest

from b24kpi.demo.server import Webhook

HISTORY = ("crm.stagehistory.list", {"entityTypeId": 2})


@pytest.fixture
def watched(portal, session, empty_state):
    """Deal 200 in pipeline 3 with history and an activity, and how many rows of a list the webhook sees."""
    empty_state.add("deal", {"ID": 200, "CATEGORY_ID": 3})
    empty_state.add("lead", {})
    empty_state.add("activity", {"OWNER_TYPE_ID": 2, "OWNER_ID": 200})
    empty_state.add("activity", {"OWNER_TYPE_ID": 1, "OWNER_ID": 1})

    def total(method, **params):
        answer = session.post(portal.url + method, json=params, timeout=5).json()
        return answer.get("total", answer.get("error_description"))

    return total


def see(portal, **rights):
    portal.webhooks[1] = Webhook(portal.webhooks[1].secret, **rights)


def test_with_all_rights_everything_is_seen(watched):
    """The measure for what follows."""
    lists = ("crm.deal.list", "crm.activity.list", "crm.lead.list")
    assert [*(watched(method) for method in lists), watched(HISTORY[0], **HISTORY[1])] == [121, 2, 1, 1]


def test_a_hidden_pipeline_takes_deals_history_and_activities_along(portal, watched):
    """Absent without an error, from totals too; the pipeline is not listed."""
    see(portal, hidden_pipelines=frozenset({3}))
    lists = ("crm.deal.list", "crm.activity.list", "crm.lead.list")
    assert [*(watched(method) for method in lists), watched(HISTORY[0], **HISTORY[1])] == [120, 1, 1, 0]
    assert watched("crm.item.list", entityTypeId=2) == 120
    assert watched("crm.category.list", entityTypeId=2) == 1


def test_an_entity_may_be_lost_alone(portal, watched):
    """Its rows vanish from its lists and from those that follow it; other entities stay."""
    portal.state.insert("user", [{"ID": 5, "UF_DEPARTMENT": "[1]"}])
    portal.state.execute("UPDATE deal SET ASSIGNED_BY_ID = 5")
    see(portal, entities={"deal": "own"})
    lists = ("crm.deal.list", "crm.activity.list", "crm.lead.list")
    assert [*(watched(method) for method in lists), watched(HISTORY[0], **HISTORY[1])] == [0, 1, 1, 0]


def test_without_any_right_on_an_entity_there_is_an_error(portal, watched):
    """Legacy lists say so, and its activities are not shown."""
    see(portal, entities={"deal": "none"})
    assert watched("crm.deal.list") == "Access denied."
    assert watched(HISTORY[0], **HISTORY[1]) == "Access denied."
    assert watched("crm.item.list", entityTypeId=2) == "Access denied"
    assert (watched("crm.activity.list"), watched("crm.lead.list")) == (1, 1)


def test_single_rows_follow(portal, call, watched):
    """What a list does not show, `get` does not find."""
    see(portal, hidden_pipelines=frozenset({3}))
    assert call("crm.deal.get", id=200)["error_description"] == "Not found"
    assert call("crm.item.get", entityTypeId=2, id=200)["error"] == "ACCESS_DENIED"
    assert call("crm.item.productrow.list", filter={"=ownerType": "D", "=ownerId": 200})["error"] == "ACCESS_DENIED"
