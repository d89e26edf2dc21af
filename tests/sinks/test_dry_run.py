"""A dry run tells what a push would do."""

from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState
from tests.sinks.reports import Push, items, managers, report, types, with_value, writes


def test_an_untouched_portal_stays_so(push: Push, demo: DemoPortal, state: PortalState) -> None:
    """Not even the smart process is made."""
    result = push(report(managers(3)), dry_run=True)
    assert (result.created, result.where) == (3, "смарт-процес «KPI», який ще буде створено")
    assert (types(state), writes(demo)) == ([], {})


def test_it_foretells_the_push(push: Push, demo: DemoPortal, state: PortalState) -> None:
    """The same figures, without a writing call."""
    push(report(managers(10)))
    next_report = report([*(with_value(entry, "5") for entry in managers(3)), *managers(12)[8:]])
    foretold = push(next_report, dry_run=True)
    assert writes(demo) == {}
    assert len(items(state)) == 10
    assert (foretold.created, foretold.updated, foretold.deleted, foretold.unchanged) == (2, 3, 5, 2)
    assert push(next_report) == foretold


def test_missing_fields_are_not_made(push: Push, demo: DemoPortal, state: PortalState) -> None:
    """All items count as changed then, since a push would fill the fields."""
    state.insert("smart_process", [{"title": "KPI", "code": "B24KPI", "entityTypeId": 1030}])
    state.create_item_table(1030)
    state.add("item_1030", {"TITLE": "?", "XML_ID": "b24kpi:monthly:aov:2026-06:manager=1"})
    result = push(report(managers(2)), dry_run=True)
    assert (result.created, result.updated) == (1, 1)
    assert (state.rows("user_field"), writes(demo)) == ([], {})
