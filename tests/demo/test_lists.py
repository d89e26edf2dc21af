"""Universal lists, as far as a report is written into one."""

import pytest

LIST = {"IBLOCK_TYPE_ID": "lists", "IBLOCK_CODE": "kpi"}


@pytest.fixture
def on_list(call):
    """A call about the list of the tests."""
    return lambda method, **params: call(f"lists.{method}", **{**LIST, **params})


@pytest.fixture
def fields(on_list):
    """A list with three properties; their ids by code."""
    on_list("add", FIELDS={"NAME": "Показники"})
    made = {}
    for code, kind in (("VALUE", "N"), ("DAY", "S:Date"), ("TAGS", "S")):
        more = {"MULTIPLE": "Y"} if code == "TAGS" else {}
        made[code] = on_list("field.add", FIELDS={"NAME": code, "TYPE": kind, "CODE": code, **more})["result"]
    return made


@pytest.fixture
def write(on_list, fields):
    """Adds an element by code."""

    def add(code, **values):
        named = {fields[name]: value for name, value in values.items()}
        return on_list("element.add", ELEMENT_CODE=code, FIELDS={"NAME": code, **named})

    return add


def test_a_list_has_a_code_of_its_own(on_list, call):
    """A second one is refused; found by code."""
    number = on_list("add", FIELDS={"NAME": "Показники"})["result"]
    assert on_list("add", FIELDS={"NAME": "Ще"})["error"] == "ERROR_IBLOCK_ALREADY_EXISTS"
    found = on_list("get")
    assert ([(row["ID"], row["NAME"]) for row in found["result"]], found["total"]) == ([(str(number), "Показники")], 1)
    assert call("lists.get", IBLOCK_TYPE_ID="lists", IBLOCK_CODE="none")["result"] == []
    assert on_list("delete")["result"] is True
    assert on_list("element.get")["error"] == "ERROR_IBLOCK_NOT_FOUND"


def test_fields_are_told_by_their_ids(on_list, fields):
    """With their codes; the one that is asked for by its type."""
    told = on_list("field.get")["result"]
    assert list(told) == ["NAME", *fields.values()]
    assert told[fields["DAY"]]["CODE"] == "DAY"
    assert list(on_list("field.get", FIELD_ID=fields["DAY"])["result"]) == ["S:Date"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"CODE": ""}, "ERROR_SAVE_FIELD"),
        ({"CODE": "DAY"}, "ERROR_SAVE_FIELD"),
        ({"NAME": ""}, "ERROR_REQUIRED_PARAMETERS_MISSING"),
        ({"TYPE": "L"}, "NOT_EMULATED"),
    ],
)
def test_refused_fields(on_list, fields, changes, code):
    """A code must be there and new."""
    answer = on_list("field.add", FIELDS={"NAME": "X", "TYPE": "S", "CODE": "X", **changes})
    assert answer["error"] == code


def test_values_stand_under_ids_of_their_own(on_list, write, fields):
    """As texts; days as the portal's people write them."""
    number = write("a", VALUE=12.5, DAY="2026-05-31", TAGS=["x", "y"])["result"]
    (row,) = on_list("element.get", ELEMENT_ID=number)["result"]
    assert (row["ID"], row["CODE"], row["NAME"]) == (str(number), "a", "a")
    values = {code: list(row[key].values()) for code, key in fields.items()}
    assert values == {"VALUE": ["12.5"], "DAY": ["31.05.2026"], "TAGS": ["x", "y"]}


def test_a_code_is_taken_once(on_list, write):
    """Then the element is updated."""
    write("a", VALUE=1)
    assert write("a", VALUE=2)["error"] == "ERROR_ELEMENT_ALREADY_EXISTS"
    assert on_list("element.add", FIELDS={"NAME": "x"})["error"] == "ERROR_REQUIRED_PARAMETERS_MISSING"


def test_an_update_clears_what_it_does_not_name(on_list, write, fields):
    """Every property."""
    write("a", VALUE=1, DAY="2026-05-31")
    changed = on_list("element.update", ELEMENT_CODE="a", FIELDS={"NAME": "b", fields["VALUE"]: 2})
    assert changed["result"] is True
    (row,) = on_list("element.get", ELEMENT_CODE="a")["result"]
    assert (row["NAME"], list(row[fields["VALUE"]].values()), fields["DAY"] in row) == ("b", ["2"], False)
    assert on_list("element.update", ELEMENT_CODE="z", FIELDS={"NAME": "z"})["error"] == "ERROR_ELEMENT_NOT_FOUND"


@pytest.mark.parametrize("values", [{"VALUE": "much"}, {"DAY": "May"}, {"VALUE": [1, 2]}])
def test_values_that_fail_loudly(write, values):
    """The portal would do something else with each."""
    assert write("a", **values)["error"] == "NOT_EMULATED"


def test_elements_are_filtered_ordered_and_paged(on_list, write, fields):
    """Numbers by value; fifty a page."""
    for value in range(60):
        write(f"code{value}", VALUE=value, DAY="2026-05-31" if value % 2 else "2026-06-01")
    page = on_list("element.get", ELEMENT_ORDER={fields["VALUE"]: "desc"}, SELECT=["CODE"])
    assert (len(page["result"]), page["total"], page["next"]) == (50, 60, 50)
    assert page["result"][0] == {"CODE": "code59"}
    few = on_list("element.get", FILTER={f">={fields['VALUE']}": 57, f"<{fields['DAY']}": "01.06.2026"})
    assert [row["CODE"] for row in few["result"]] == ["code57", "code59"]
    assert [row["CODE"] for row in on_list("element.get", FILTER={"NAME": "%de3"})["result"]] == ["code3"]
    assert on_list("element.delete", ELEMENT_CODE="code3")["result"] is True
    assert on_list("element.get", FILTER={"NAME": "%de3"})["result"] == []


def test_rights_on_a_list(app_call, manager):
    """Administrators make lists; others read or write where the list says so."""
    made = {**LIST, "FIELDS": {"NAME": "x"}, "RIGHTS": {"*": "R"}}
    assert app_call("lists.add", user_id=manager, **made)["error"] == "ACCESS_DENIED"
    app_call("lists.add", **made)
    assert app_call("lists.element.get", user_id=manager, **LIST)["result"] == []
    element = {"ELEMENT_CODE": "a", "FIELDS": {"NAME": "a"}}
    assert app_call("lists.element.add", user_id=manager, **LIST, **element)["error"] == "ACCESS_DENIED"
    hidden = {**made, "IBLOCK_CODE": "more", "RIGHTS": {"U1": "X"}}
    app_call("lists.add", **hidden)
    assert [row["CODE"] for row in app_call("lists.get", user_id=manager, IBLOCK_TYPE_ID="lists")["result"]] == ["kpi"]
