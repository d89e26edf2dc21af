"""user.get and its neighbours."""

import pytest


@pytest.fixture
def staff(state):
    state.insert(
        "user",
        [
            {"ID": 2, "NAME": "Олена", "UF_DEPARTMENT": "[1, 2]", "USER_TYPE": "employee"},
            {"ID": 3, "NAME": "Fired", "ACTIVE": 0, "UF_DEPARTMENT": "[2]"},
            {"ID": 4, "NAME": "Guest", "USER_TYPE": "extranet"},
            {"ID": 6, "NAME": "Bot", "EXTERNAL_AUTH_ID": "bot", "UF_DEPARTMENT": "[1]"},
        ],
    )


@pytest.fixture
def found(call, staff):
    return lambda **params: [row["ID"] for row in call("user.get", **params)["result"]]


def test_bots_never_and_guests_only_for_administrators_who_ask(found):
    """The fired ones come along."""
    assert found() == ["1", "2", "3"]
    assert found(ADMIN_MODE=True) == ["1", "2", "3", "4"]


def test_filters_stand_in_filter_or_at_top_level(found):
    """FILTER wins; unknown fields are dropped."""
    assert found(FILTER={">ID": 1}) == found(**{">ID": 1}) == ["2", "3"]
    assert found(FILTER={"ACTIVE": True, "NOPE": 1}) == found(ACTIVE="Y") == ["1", "2"]
    assert found(UF_DEPARTMENT=2) == ["2", "3"]


def test_sorting_takes_a_field_and_a_direction(found):
    """`sort` and `order` are texts here, in any case."""
    assert found(sort="ID", order="DESC") == found(SORT="ID", ORDER="desc") == ["3", "2", "1"]


def test_active_is_a_boolean_and_departments_are_numbers(call, staff):
    """JSON values among texts."""
    row = call("user.get", FILTER={"ID": 2})["result"][0]
    assert (row["ACTIVE"], row["UF_DEPARTMENT"], row["ID"]) == (True, [1, 2], "2")
    assert not {"ADMIN", "EXTERNAL_AUTH_ID"} & set(row)


def test_nobody_found_means_no_total(call):
    """An empty list without `total`."""
    assert "total" not in call("user.get", FILTER={"ID": 99})


def test_masks_in_select(call):
    """`*`, `UF_*` and names."""
    row = call("user.get", select=["NAME", "UF_*"])["result"][0]
    assert set(row) >= {"ID", "NAME", "UF_DEPARTMENT"}
    assert "EMAIL" not in row


def test_departments_tell_parent_and_head_where_set(call, state):
    """The root has no PARENT."""
    state.insert("department", [{"ID": 2, "NAME": "Продажі", "PARENT": 1, "SORT": 20}])
    rows = call("department.get", sort="NAME", order="ASC")["result"]
    assert rows == [
        {"ID": "1", "NAME": "Компанія", "SORT": 500, "UF_HEAD": "1"},
        {"ID": "2", "NAME": "Продажі", "SORT": 20, "PARENT": "1"},
    ]
    assert [row["ID"] for row in call("department.get", PARENT=1)["result"]] == ["2"]


def test_the_webhooks_owner(call):
    """profile, user.current, user.admin."""
    assert call("profile")["result"]["ADMIN"] is True
    assert (call("user.current")["result"]["ID"], call("user.admin")["result"]) == ("1", True)
