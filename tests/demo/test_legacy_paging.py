"""Pages of legacy lists."""


def test_a_page_has_fifty_rows_and_names_the_next_start(call):
    """`next` and `total` come along while there is more."""
    answer = call("crm.deal.list", order={"ID": "ASC"}, select=["ID"])
    assert (len(answer["result"]), answer["next"], answer["total"]) == (50, 50, 120)


def test_the_last_page_has_no_next(call):
    """`next` is absent at the end."""
    answer = call("crm.deal.list", order={"ID": "ASC"}, select=["ID"], start=100)
    assert len(answer["result"]) == 20
    assert "next" not in answer


def test_a_start_beyond_the_end_gives_the_first_page_again(call):
    """Page navigation falls back to page 1, with its `next`."""
    answer = call("crm.deal.list", order={"ID": "ASC"}, select=["ID"], start=5000)
    assert (answer["result"][0]["ID"], answer["next"]) == ("1", 50)


def test_a_start_within_a_page_gives_that_page(call):
    """75 behaves like 50."""
    answer = call("crm.deal.list", order={"ID": "ASC"}, select=["ID"], start=75)
    assert (answer["result"][0]["ID"], answer["next"]) == ("51", 100)


def test_any_negative_start_counts_nothing(call):
    """The first fifty, total 0, no next."""
    for start in (-1, -7, "-1"):
        answer = call("crm.deal.list", order={"ID": "ASC"}, select=["ID"], start=start)
        assert (len(answer["result"]), answer["total"], "next" in answer) == (50, 0, False)


def test_start_is_known_in_lower_case_only(call):
    """START is just another parameter."""
    assert call("crm.deal.list", select=["ID"], START=-1)["total"] == 120


def test_descending_is_whatever_is_not_asc(call):
    """A direction other than ASC means DESC."""
    answer = call("crm.deal.list", order={"ID": "backwards"}, select=["ID"], start=-1)
    assert answer["result"][0]["ID"] == "120"


def test_unknown_order_fields_are_ignored(call):
    """The list is answered in the engine's own order."""
    assert call("crm.deal.list", order={"NOPE": "DESC"}, select=["ID"], start=-1)["result"][0]["ID"] == "1"


def test_activities_come_by_start_time_unless_told_otherwise(call, state):
    """The documented default order of crm.activity.list."""
    state.insert("activity", [{"ID": 1, "START_TIME": 200}, {"ID": 2, "START_TIME": 100}])
    assert [row["ID"] for row in call("crm.activity.list")["result"]] == ["2", "1"]
