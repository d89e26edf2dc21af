"""What the portal does not allow is told with its remedy."""

import pytest

from b24kpi.demo.server import DemoPortal
from b24kpi.demo.server import Webhook as DemoWebhook
from b24kpi.demo.state import PortalState
from b24kpi.errors import PortalError, Refused, Unauthorized
from b24kpi.locale import LANGUAGES
from b24kpi.portal.auth import Webhook
from b24kpi.portal.client import Portal
from b24kpi.sinks import SmartProcess
from tests.portal.far_end import Clock
from tests.sinks.reports import Push, managers, report, types

WRITES = ("crm.type.list", "crm.type.add", "userfieldconfig.add", "crm.item.batchImport")


def test_an_employee_without_rights_is_told_who_has_them(demo: DemoPortal, state: PortalState) -> None:
    """The webhook has to be an administrator's."""
    state.insert("user", [{"ID": 9, "NAME": "Іван"}])
    demo.webhooks[9] = DemoWebhook("another0secret")
    with Portal(Webhook.parse(demo.webhook_url(9)), clock=Clock()) as portal:
        sink = SmartProcess(portal, language="en")
        with pytest.raises(Refused, match="an account that may change the settings of CRM"):
            sink.push([report(managers(3))], dry_run=True)


@pytest.mark.parametrize("method", WRITES)
def test_no_right_to_a_step_ends_the_push(push: Push, demo: DemoPortal, method: str) -> None:
    """At once, with the method in the message."""
    demo.denied[method] = "ACCESS_DENIED"
    with pytest.raises(Refused, match=rf"{method}: .* may change the settings"):
        push(report(managers(3)))


def test_a_plan_without_smart_processes_is_told(push: Push, demo: DemoPortal) -> None:
    """The remedy is another plan, or another sink."""
    demo.denied["crm.type.add"] = "CREATE_DYNAMIC_TYPE_RESTRICTED"
    with pytest.raises(Refused, match="plan has no room") as caught:
        push(report(managers(3)))
    assert caught.value.code == "CREATE_DYNAMIC_TYPE_RESTRICTED"


def test_a_plan_that_was_cut_down_is_told(push: Push, demo: DemoPortal) -> None:
    """The smart process is still there, but takes no more items."""
    push(report([]))
    demo.faults.add("import_error", positions=range(20), code="CREATE_DYNAMIC_ITEM_RESTRICTED")
    with pytest.raises(Refused, match="plan has no room"):
        push(report(managers(3)))


@pytest.mark.parametrize("scope", ["crm", "userfieldconfig"])
def test_a_missing_permission_of_the_webhook_is_told(push: Push, demo: DemoPortal, scope: str) -> None:
    """Both are named."""
    demo.scopes.discard(scope)
    with pytest.raises(Refused, match="permissions crm and userfieldconfig"):
        push(report(managers(3)))


def test_a_webhook_that_is_gone_is_told_as_such(push: Push, demo: DemoPortal) -> None:
    """No other remedy is promised."""
    demo.webhooks[1] = DemoWebhook("renewed0secret")
    with pytest.raises(Unauthorized):
        push(report(managers(3)))


def test_a_field_of_ours_that_is_refused_ends_the_push(push: Push, demo: DemoPortal, state: PortalState) -> None:
    """Without its fields an item says nothing; the next push goes on from there."""
    demo.faults.add("command_error", "userfieldconfig.add", code="ERROR_CORE")
    with pytest.raises(PortalError, match=r"userfieldconfig\.add"):
        push(report(managers(3)))
    assert push(report(managers(3))).created == 3
    assert len(types(state)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_remedy_is_told_in_the_users_language(push: Push, demo: DemoPortal, language: str) -> None:
    """The method and the name of the smart process are in each."""
    demo.denied["crm.type.add"] = "ACCESS_DENIED"
    with pytest.raises(Refused) as caught:
        push(report(managers(3)))
    message = caught.value.text(language)
    assert message.startswith("crm.type.add: ")
    assert "KPI" in message
