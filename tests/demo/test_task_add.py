"""tasks.task.add."""

from typing import Any

import pytest

from tests.demo.conftest import NOW, Call


@pytest.fixture
def add(call: Call, manager: int) -> Any:
    """Adds a task for user 5, unless its fields say otherwise."""
    return lambda **fields: call("tasks.task.add", fields={"TITLE": "Подзвонити", "RESPONSIBLE_ID": manager, **fields})


def test_a_task_is_made_and_shown(add: Any, call: Call) -> None:
    """In camel case, its values texts; the list finds it by the deal that it is bound to."""
    task = add(UF_CRM_TASK=["D_9"], DEADLINE="2026-01-02T12:00:00+02:00")["result"]["task"]
    shown = {name: task[name] for name in ("title", "responsibleId", "createdBy", "status", "deadline", "closedDate")}
    assert shown == {
        "title": "Подзвонити",
        "responsibleId": "5",
        "createdBy": "1",
        "status": "2",
        "deadline": "2026-01-02T12:00:00+02:00",
        "closedDate": None,
    }
    assert "ufCrmTask" not in task
    assert "subStatus" not in task
    rows = call("tasks.task.list", filter={"UF_CRM_TASK": "D_9"}, select=["ID", "UF_CRM_TASK"])["result"]["tasks"]
    assert [(row["id"], row["ufCrmTask"]) for row in rows] == [(task["id"], ["D_9"])]


def test_a_bound_task_stands_in_the_timeline(add: Any, state: Any) -> None:
    """As an open activity of the deal, so that the deal has a next step."""
    task_id = int(add(UF_CRM_TASK=["D_9"])["result"]["task"]["id"])
    (activity,) = state.rows("activity", "OWNER_TYPE_ID = 2 AND OWNER_ID = 9")
    told = (activity["PROVIDER_ID"], activity["ASSOCIATED_ENTITY_ID"], activity["COMPLETED"], activity["CREATED"])
    assert told == ("CRM_TASKS_TASK", task_id, "N", NOW)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"TITLE": " "}, "Не указано название задачи<br>"),
        ({"RESPONSIBLE_ID": ""}, "Не указан исполнитель<br>"),
        ({"RESPONSIBLE_ID": 77}, 'Пользователь указанный в поле "Исполнитель" не найден<br>'),
    ],
)
def test_what_is_missing_is_the_documented_error(add: Any, fields: dict[str, Any], text: str) -> None:
    """400 with ERROR_CORE."""
    answer = add(**fields)
    assert (answer["error"], answer["error_description"]) == ("ERROR_CORE", text)


def test_without_fields_the_controller_complains(call: Call) -> None:
    """Empty ones are none."""
    assert call("tasks.task.add", fields={})["error_description"] == "Could not find value for parameter {fields}"


@pytest.mark.parametrize("fields", [{"SE_PARAMETER": 1}, {"UF_CRM_TASK": ["D_999"]}, {"UF_CRM_TASK": ["deal 9"]}])
def test_what_is_not_played_says_so(add: Any, fields: dict[str, Any]) -> None:
    """Rather than being dropped."""
    assert add(**fields)["error"] == "NOT_EMULATED"


def test_an_application_needs_the_scope(app_call: Call) -> None:
    """That of the fixture has none for tasks."""
    assert app_call("tasks.task.add", fields={"TITLE": "x", "RESPONSIBLE_ID": 1})["error"] == "insufficient_scope"
