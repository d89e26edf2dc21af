"""The filter engine of legacy lists."""

import pytest


def test_bounds_of_a_key_range(ids):
    """`>ID` and `<=ID` cut a half-open range."""
    assert ids({">ID": 10, "<=ID": 13}) == [11, 12, 13]


def test_an_unknown_field_matches_everything(ids):
    """It is dropped silently."""
    assert len(ids({"NO_SUCH_FIELD": 1})) == 50


def test_names_are_upper_case(ids):
    """A lower-case name is an unknown field."""
    assert len(ids({">id": 119})) == 50


def test_an_empty_array_is_no_condition(ids):
    """`@ID: []` matches everything."""
    assert len(ids({"@ID": []})) == 50


def test_an_array_means_any_of(ids):
    """With no prefix, `=` and `@`."""
    for key in ("ID", "=ID", "@ID"):
        assert ids({key: [7, 5]}) == [5, 7]


def test_a_negated_array_means_none_of(ids):
    """`!` and `!@` alike, together with further conditions."""
    for key in ("!ID", "!@ID", "!=ID"):
        assert ids({key: [1, 3], "<ID": 4}) == [2]


def test_an_array_under_a_comparison_counts_as_one(ids):
    """`>ID: [49]` restarts at 2: the trap of chained batches."""
    assert ids({">ID": {"49": {"ID": "50"}}})[0] == 2


def test_text_in_a_number_is_zero(ids):
    """`>ID: abc` matches all."""
    assert len(ids({">ID": "abc"})) == 50


def test_zero_matches_null_too(ids, state):
    """`=LEAD_ID: 0` and `=LEAD_ID: ''` find empty links."""
    state.insert("deal", [{"ID": 500, "LEAD_ID": 4}, {"ID": 501, "LEAD_ID": None}, {"ID": 502, "LEAD_ID": 0}])
    assert [501, 502] == ids({">ID": 499, "=LEAD_ID": 0}) == ids({">ID": 499, "=LEAD_ID": ""})
    assert ids({">ID": 499, "!LEAD_ID": 0}) == [500]


def test_a_negation_keeps_empty_values(ids):
    """`!UF_CRM_REGION: Львів` finds rows without a region."""
    assert ids({"!UF_CRM_REGION": "Львів", "<ID": 6}) == [2, 4]


def test_empty_and_filled_texts(ids):
    """`=F: ''` is empty, `!F: ''` is filled."""
    assert ids({"=UF_CRM_REGION": "", "<ID": 6}) == [2, 4]
    assert ids({"!UF_CRM_REGION": "", "<ID": 6}) == [1, 3, 5]


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("%TITLE", "ГОДА 11", [11, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119]),
        ("=%TITLE", "Угода 12%", [12, 120]),
        ("%=TITLE", "%а 12", [12]),
        ("%TITLE", "%", []),
    ],
)
def test_likeness(ids, key, value, found):
    """`%` looks for a part without wildcards, `=%` and `%=` take the value's own; case does not matter."""
    assert found == ids({key: value})


def test_likeness_of_a_reference_is_equality(ids, state):
    """`%STAGE_ID` on a crm_status field is rewritten to `=`."""
    state.insert("deal", [{"ID": 500, "STAGE_ID": "C3:NEW"}])
    assert ids({">ID": 499, "%STAGE_ID": "C3:NEW"}) == [500]
    assert ids({">ID": 499, "%STAGE_ID": "C3"}) == []


def test_moments_are_converted_with_their_offset(ids):
    """Deal 5 was made at 05:00 UTC."""
    for text in (
        "2025-07-01T05:00:00+00:00",
        "2025-07-01T08:00:00+03:00",
        "2025-07-01T08:00:00",
        "2025-07-01T05:00:00Z",
    ):
        assert ids({">=DATE_CREATE": text})[0] == 5


def test_dates_compare_as_dates(ids):
    """Only the calendar day of the value counts."""
    assert len(ids({"<=CLOSEDATE": "2025-08-30T00:00:00+03:00"})) == 50
    assert ids({"<CLOSEDATE": "2025-08-30"}) == []


def test_filters_may_be_spelled_in_four_ways(call):
    """filter, FILTER, Filter and arFilter."""
    for name in ("filter", "FILTER", "Filter", "arFilter"):
        assert call("crm.deal.list", **{name: {"ID": 7}})["total"] == 1


def test_a_filter_that_is_no_array_is_refused(post):
    """The documented error of crm.deal.list."""
    answer = post("crm.deal.list", filter="ID")
    assert answer.status_code == 400
    assert answer.json() == {"error": "", "error_description": "Parameter 'filter' must be array."}


@pytest.mark.parametrize("key", ["><ID", "?TITLE", "LOGIC", "0", "%ID"])
def test_what_is_not_emulated_fails_loudly(post, key):
    """A prefix or group that the demo portal does not play is no silent guess."""
    answer = post("crm.deal.list", filter={key: "1"})
    assert (answer.status_code, answer.json()["error"]) == (500, "NOT_EMULATED")


def test_people_are_found_by_phone(call):
    """A multifield filters by its exact value, without regard to case."""
    fields = {"NAME": "Олег", "PHONE": [{"VALUE": "+380501112233"}], "EMAIL": [{"VALUE": "oleg@demo.example"}]}
    new = call("crm.contact.add", fields=fields)["result"]
    assert [str(new)] == [
        row["ID"] for row in call("crm.contact.list", filter={"EMAIL": "Oleg@demo.example"})["result"]
    ]
