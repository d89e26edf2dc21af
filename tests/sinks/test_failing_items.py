"""Entries that the portal refuses: the others are written, and the user learns why."""

from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState
from tests.sinks.reports import Push, items, managers, report, table, with_value


def test_the_rest_of_an_import_is_kept(push: Push, demo: DemoPortal, state: PortalState) -> None:
    """Two of five fail, three are there."""
    demo.faults.add("import_error", positions=(1, 3), code="CRM_FIELD_ERROR_REQUIRED")
    result = push(report(managers(5)))
    assert (result.created, result.failed, result.unchanged) == (3, 2, 0)
    assert [item["DIMENSIONS"] for item in items(state)] == ["manager=1", "manager=3", "manager=5"]


def test_the_user_learns_what_failed_and_why(push: Push, demo: DemoPortal) -> None:
    """By the title of the entry and the portal's reason."""
    demo.faults.add("import_error", positions=(0,), code="CRM_FIELD_ERROR_REQUIRED")
    (problem,) = push(report(managers(5))).problems
    assert "Середній чек · 2026-06 · Менеджер 1" in problem
    assert "CRM_FIELD_ERROR_REQUIRED" in problem


def test_what_failed_is_tried_again_the_next_time(push: Push, demo: DemoPortal) -> None:
    """And only that."""
    demo.faults.add("import_error", positions=(0,), code="CRM_FIELD_ERROR_REQUIRED")
    push(report(managers(5)))
    result = push(report(managers(5)))
    assert (result.created, result.unchanged) == (1, 4)


def test_a_long_list_of_failures_is_cut(push: Push, state: PortalState) -> None:
    """An administrator made a field of his own mandatory: every entry fails."""
    push(report(managers(1)))
    own = {"entityId": "CRM_1", "fieldName": "UF_CRM_1_OWN", "userTypeId": "string", "mandatory": "Y"}
    state.insert("user_field", [own])
    result = push(report(managers(31)))
    assert (result.created, result.failed, result.unchanged) == (0, 30, 1)
    assert len(result.problems) == 21
    assert result.problems[-1] == "і ще 10 записів не вдалося записати"


def test_an_update_that_is_refused_is_counted(push: Push, demo: DemoPortal) -> None:
    """The others are made."""
    push(report(managers(3)))
    demo.faults.add("command_error", "crm.item.update", code="CRM_FIELD_ERROR_VALUE_NOT_VALID")
    result = push(report(with_value(entry, "5") for entry in managers(3)))
    assert (result.updated, result.failed, result.unchanged) == (2, 1, 0)


def test_a_row_that_vanished_meanwhile_is_made_anew(push: Push, demo: DemoPortal, state: PortalState) -> None:
    """Someone deleted it between our look and our update."""
    push(report(managers(3)))
    state.delete(table(state), items(state)[0]["ID"])
    demo.faults.add("command_error", "crm.item.update", code="NOT_FOUND")
    result = push(report(with_value(entry, "5") for entry in managers(3)))
    assert (result.created, result.updated, result.failed) == (1, 2, 0)
    assert [item["VALUE"] for item in items(state)] == [5, 5, 5]


def test_a_row_that_vanished_needs_no_deletion(push: Push, demo: DemoPortal) -> None:
    """What was to be gone is gone."""
    push(report(managers(3)))
    demo.faults.add("command_error", "crm.item.delete", code="NOT_FOUND")
    result = push(report([]))
    assert (result.deleted, result.failed) == (3, 0)
