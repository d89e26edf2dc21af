"""tasks.task.list."""

import pytest


@pytest.fixture
def tasks(empty_state):
    """Three tasks; the second belongs to deal 5 and is done."""
    link = {"UF_CRM_TASK": '["D_5"]', "STATUS": 5, "CLOSED_DATE": 1_700_000_000, "CLOSED_BY": 1}
    empty_state.insert("task", [{"ID": number, "TITLE": f"Задача {number}"} for number in (1, 2, 3)])
    empty_state.change_row("task", 2, link)


@pytest.fixture
def rows(call, tasks):
    return lambda **params: call("tasks.task.list", **params)["result"]["tasks"]


def test_names_go_in_upper_and_come_out_in_camel_case(rows):
    """Values are strings, empty moments null."""
    row = rows(filter={"ID": 2}, select=["ID", "TITLE", "STATUS", "CLOSED_DATE", "DEADLINE", "UF_CRM_TASK"])[0]
    assert {name: row[name] for name in ("id", "status", "subStatus", "deadline", "ufCrmTask")} == {
        "id": "2",
        "status": "5",
        "subStatus": "5",
        "deadline": None,
        "ufCrmTask": ["D_5"],
    }
    assert row["closedDate"] == "2023-11-15T00:13:20+02:00"


def test_user_fields_come_only_by_name(rows):
    """A star does not cover them."""
    assert "ufCrmTask" not in rows(select=["*"])[0]


def test_people_come_along(rows):
    """With a link to their page."""
    person = rows(select=["RESPONSIBLE_ID"])[0]["responsible"]
    assert (person["id"], person["name"], person["link"]) == ("1", "Адміністратор", "/company/personal/user/1/")


def test_keys_turn_pages(call, rows):
    """A negative start shows no total."""
    answer = call("tasks.task.list", filter={">ID": 1}, order={"ID": "asc"}, select=["ID"], start=-1)
    assert ([row["id"] for row in answer["result"]["tasks"]], "total" in answer) == (["2", "3"], False)


def test_a_wrong_sorting_key_is_the_documented_error(call, tasks):
    """400 with the code "0"."""
    answer = call("tasks.task.list", order={"NOPE": "asc"})
    assert (answer["error"], answer["error_description"]) == ("0", "Invalid sorting key (internal error)")


@pytest.mark.parametrize("params", [{"filter": {"NOPE": 1}}, {"select": ["TAGS"]}, {"params": {"WITH_RESULT_INFO": 1}}])
def test_what_is_not_emulated_says_so(call, tasks, params):
    """Rather than an answer made up."""
    assert call("tasks.task.list", **params)["error"] == "NOT_EMULATED"
