"""crm.item.list and crm.stagehistory.list: names, filters, pages."""

import pytest


@pytest.fixture
def items(call):
    return lambda wanted, **params: [
        row["id"]
        for row in call("crm.item.list", entityTypeId=2, filter=wanted, order={"id": "ASC"}, **params)["result"][
            "items"
        ]
    ]


def test_values_are_native(call):
    """Numbers are numbers, empty is null."""
    row = call("crm.item.list", entityTypeId=2, select=["id", "opportunity", "begindate", "contactId", "createdTime"])
    assert row["result"]["items"][0] == {
        "id": 1,
        "opportunity": 10,
        "begindate": None,
        "contactId": 0,
        "createdTime": "2025-07-01T04:00:00+03:00",
    }


def test_id_is_not_added_to_a_selection(call):
    """Unlike legacy lists."""
    assert call("crm.item.list", entityTypeId=2, select=["title"])["result"]["items"][0] == {"title": "Угода 1"}


def test_a_star_covers_user_fields(call):
    """Under camel-case or original names."""
    row = call("crm.item.list", entityTypeId=2, select=["*"])["result"]["items"][0]
    original = call("crm.item.list", entityTypeId=2, select=["*"], useOriginalUfNames="Y")["result"]["items"][0]
    assert (row["ufCrmRegion"], original["UF_CRM_REGION"]) == ("Львів", "Львів")


def test_exactly_minus_one_turns_counting_off(call):
    """Neither total nor next; other negatives count as 0."""
    quick = call("crm.item.list", entityTypeId=2, start=-1)
    counted = call("crm.item.list", entityTypeId=2, start=-2)
    assert ("total" in quick, "next" in quick) == (False, False)
    assert (counted["total"], counted["next"]) == (120, 50)


def test_beyond_the_end_there_is_nothing(call):
    """An empty list with the total, no next."""
    answer = call("crm.item.list", entityTypeId=2, start=500)
    assert (answer["result"]["items"], answer["total"], "next" in answer) == ([], 120, False)


@pytest.mark.parametrize("wanted", [{"nope": 1}, {"ID": 1}, {">id": [1]}, {"?id": 1}, {"%id": [1]}])
def test_a_wrong_filter_is_refused(post, wanted):
    """400 INVALID_ARG_VALUE for unknown fields, unknown prefixes, arrays where none may stand."""
    answer = post("crm.item.list", entityTypeId=2, filter=wanted)
    assert (answer.status_code, answer.json()["error"]) == (400, "INVALID_ARG_VALUE")


def test_an_empty_list_matches_nothing(items):
    """`@id: []` is the opposite of the legacy rule."""
    assert items({"@id": []}) == []


def test_lists_of_values(items):
    """With `@`, `=` and no prefix."""
    assert [3, 4] == items({"@id": [4, 3]}) == items({"id": [4, 3]}) == items({"=id": [4, 3]})


def test_groups_with_or(items):
    """Nested groups under numeric keys."""
    assert items({"0": {"logic": "OR", "0": {"<id": 2}, "1": {">id": 119}}}) == [1, 120]


def test_the_portal_shifts_moments_by_the_users_zone(items, state):
    """The offset in the text is dropped and the user's distance from the server subtracted."""
    assert items({">=createdTime": "2025-07-01T08:00:00+03:00"})[0] == 5
    assert items({">=createdTime": "2025-07-01T11:00:00+06:00"})[0] == 8
    state.change_row("user", 1, {"TIME_ZONE": "Asia/Almaty"})
    assert items({">=createdTime": "2025-07-01T08:00:00+03:00"})[0] == 3


def test_stage_history_converts_moments_rightly(call, state):
    """Its filters honour the offset."""
    state.insert("deal_history", [{"ID": number, "OWNER_ID": 1, "CREATED_TIME": 3600 * number} for number in (1, 2, 3)])
    wanted = {">=CREATED_TIME": "1970-01-01T04:00:00+02:00"}
    answer = call("crm.stagehistory.list", entityTypeId=2, filter=wanted, order={"ID": "ASC"}, select=["CREATED_TIME"])
    assert [row["ID"] for row in answer["result"]["items"]] == [2, 3]


def test_stage_history_rows_have_upper_names_and_native_numbers(call, state):
    """Leads have STATUS_ID, deals STAGE_ID with CATEGORY_ID."""
    state.add("lead", {"TITLE": "x"})
    row = call("crm.stagehistory.list", entityTypeId=1)["result"]["items"][0]
    assert list(row) == ["ID", "TYPE_ID", "OWNER_ID", "CREATED_TIME", "STATUS_SEMANTIC_ID", "STATUS_ID"]
    assert (row["ID"], row["TYPE_ID"], row["STATUS_SEMANTIC_ID"], row["STATUS_ID"]) == (1, 1, "P", "NEW")


def test_unknown_object_types(call, post):
    """What exists nowhere is NOT_FOUND, what is not emulated says so."""
    assert call("crm.item.list", entityTypeId=1044)["error"] == "NOT_FOUND"
    assert call("crm.item.list", entityTypeId=3)["error"] == "NOT_EMULATED"
    assert call("crm.item.list")["error"] == 100
