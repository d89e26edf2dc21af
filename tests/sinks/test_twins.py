"""Things that are there twice, after a race of two writers."""

from b24kpi.demo.state import PortalState
from tests.sinks.reports import Push, items, keys, managers, money, report, table, types


def test_of_twin_items_the_oldest_stays(push: Push, state: PortalState) -> None:
    """The others are deleted, however many."""
    push(report(managers(3)))
    first = items(state)[0]
    for _ in range(2):
        state.add(table(state), {"TITLE": first["TITLE"], "XML_ID": first["XML_ID"]})
    result = push(report(managers(3)))
    assert (result.deleted, result.unchanged) == (2, 3)
    assert [item["ID"] for item in items(state)] == [1, 2, 3]


def test_twins_that_left_the_report_all_go(push: Push, state: PortalState) -> None:
    """None is kept."""
    push(report(managers(1)))
    state.add(table(state), {"XML_ID": items(state)[0]["XML_ID"]})
    assert push(report([])).deleted == 2
    assert items(state) == []


def test_of_twin_types_the_oldest_is_used(push: Push, state: PortalState) -> None:
    """The user is told to delete the other one; whose items are in it we cannot know."""
    push(report([money("10")]))
    state.insert("smart_process", [{"title": "KPI", "code": "B24KPI", "entityTypeId": 1044}])
    state.create_item_table(1044)
    result = push(report([money("11")]))
    assert (len(types(state)), len(keys(state)), state.rows("item_1044")) == (2, 1, [])
    (problem,) = result.problems
    assert "номер 1," in problem
    assert "(2)" in problem
