"""Entries that left a report, and items that are not ours to touch."""

from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState
from tests.sinks.reports import Push, items, keys, managers, money, report, table, writes


def test_an_entry_that_left_is_deleted(push: Push, demo: DemoPortal, state: PortalState) -> None:
    """The report's window moves on, its items with it."""
    push(report(managers(100)))
    result = push(report(managers(40)))
    assert (result.deleted, result.unchanged, len(items(state))) == (60, 40, 40)
    assert writes(demo) == {"crm.item.delete": 60}


def test_an_empty_report_leaves_nothing(push: Push, state: PortalState) -> None:
    """Of its own."""
    push(report(managers(3)))
    assert push(report([])).deleted == 3


def test_items_of_people_stay(push: Push, state: PortalState) -> None:
    """Whatever key they have, or none."""
    push(report(managers(2)))
    for key in (None, "my own", "b24kpi", "b24kpi:", "b24kpi:monthly"):
        state.add(table(state), {"TITLE": "Моє", "XML_ID": key})
    assert push(report([])).deleted == 2
    assert [item["TITLE"] for item in items(state)] == ["Моє"] * 5


def test_items_of_another_report_stay(push: Push, state: PortalState) -> None:
    """Even where its name begins with the same letters."""
    push(report([money("1")], name="month"), report([money("2")], name="monthly"))
    result = push(report([], name="month"))
    assert result.deleted == 1
    assert keys(state) == ["b24kpi:monthly:aov:2026-06"]


def test_another_smart_process_stays(push: Push, state: PortalState) -> None:
    """Even if it is called KPI too: only the code tells."""
    process = {"title": "KPI", "code": "", "entityTypeId": 1030}
    state.insert("smart_process", [process])
    state.create_item_table(1030)
    state.add("item_1030", {"TITLE": "Моє", "XML_ID": "b24kpi:monthly:aov:2026-06"})
    push(report([]))
    assert len(state.rows("item_1030")) == 1
    assert [row["code"] for row in state.rows("smart_process")] == ["", "B24KPI"]
