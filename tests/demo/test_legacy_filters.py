"""The filter engine of legacy lists."""

import pytest


def test_bounds_of_a_key_range(ids):
    """`>ID` and `<=ID` cut a half-open range."""
    assert [11, 12, 13] == ids({">ID": 10, "<=ID": 13})


def test_an_unknown_field_matches_everything(ids):
    """It is dropped silently."""
    assert 50 == len(ids({"NO_SUCH_FIELD": 1}))


def test_names_are_upper_case(ids):
    """A lower-case name is an unknown field."""
    assert 50 == len(ids({">id": 119}))


def test_an_empty_array_is_no_condition(ids):
    """`@ID: []` matches everything."""
    assert 50 == len(ids({"@ID": []}))


def test_an_array_means_any_of(ids):
    """With no prefix, `=` and `@`."""
    for key in ("ID", "=ID", "@ID"):
        assert [5, 7] == ids({key: [7, 5]})


def test_a_negated_array_means_none_of(ids):
    """`!` and `!@` alike, together with further conditions."""
    for key in ("!ID", "!@ID", "!=ID"):
        assert [2] == ids({key: [1, 3], "<ID": 4})


def test_an_array_under_a_comparison_counts_as_one(ids):
    """`>ID: [49]` restarts at 2: the trap of chained batches."""
    assert 2 == ids({">ID": {"49": {"ID": "50"}}})[0]


def test_text_in_a_number_is_zero(ids):
    """`>ID: abc` matches all."""
    assert 50 == len(ids({">ID": "abc"}))


def test_zero_matches_null_too(ids, state):
    """`=LEAD_ID: 0` and `=LEAD_ID: ''` find empty links."""
    state.insert("deal", [{"ID": 500, "LEAD_ID": 4}, {"ID": 501, "LEAD_ID": None}, {"ID": 502, "LEAD_ID": 0}])
    assert [501, 502] == ids({">ID": 499, "=LEAD_ID": 0}) == ids({">ID": 499, "=LEAD_ID": ""})
    assert [500] == ids({">ID": 499, "!LEAD_ID": 0})


def test_a_negation_keeps_empty_values(ids):
    """`!UF_CRM_REGION: Львів` finds rows without a region."""
    assert [2, 4] == ids({"!UF_CRM_REGION": "Львів", "<ID": 6})


def test_empty_and_filled_texts(ids):
    """`=F: ''` is empty, `!F: ''` is filled."""
    assert [2, 4] == ids({"=UF_CRM_REGION": "", "<ID": 6})
    assert [1, 3, 5] == ids({"!UF_CRM_REGION": "", "<ID": 6})


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
    assert [500] == ids({">ID": 499, "%STAGE_ID": "C3:NEW"})
    assert [] == ids({">ID": 499, "%STAGE_ID": "C3"})


def test_moments_are_converted_with_their_offset(ids):
    """Deal 5 was made at 05:00 UTC."""
    for text in (
        "2025-07-01T05:00:00+00:00",
        "2025-07-01T08:00:00+03:00",
        "2025-07-01T08:00:00",
        "2025-07-01T05:00:00Z",
    ):
        assert 5 == ids({">=DATE_CREATE": text})[0]


def test_dates_compare_as_dates(ids):
    """Only the calendar day of the value counts."""
    assert 50 == len(ids({"<=CLOSEDATE": "2025-08-30T00:00:00+03:00"}))
    assert [] == ids({"<CLOSEDATE": "2025-08-30"})


def test_filters_may_be_spelled_in_four_ways(call):
    """filter, FILTER, Filter and arFilter."""
    for name in ("filter", "FILTER", "Filter", "arFilter"):
        assert 1 == call("crm.deal.list", **{name: {"ID": 7}})["total"]


def test_a_filter_that_is_no_array_is_refused(post):
    """The documented error of crm.deal.list."""
    answer = post("crm.deal.list", filter="ID")
    assert 400 == answer.status_code
    assert {"error": "", "error_description": "Parameter 'filter' must be array."} == answer.json()


@pytest.mark.parametrize("key", ["><ID", "?TITLE", "LOGIC", "0", "%ID"])
def test_what_is_not_emulated_fails_loudly(post, key):
    """A prefix or group that the demo portal does not play is no silent guess."""
    answer = post("crm.deal.list", filter={key: "1"})
    assert (500, "NOT_EMULATED") == (answer.status_code, answer.json()["error"])


def test_people_are_found_by_phone(call):
    """A multifield filters by its exact value, without regard to case."""
    fields = {"NAME": "Олег", "PHONE": [{"VALUE": "+380501112233"}], "EMAIL": [{"VALUE": "oleg@demo.example"}]}
    new = call("crm.contact.add", fields=fields)["result"]
    assert [str(new)] == [
        row["ID"] for row in call("crm.contact.list", filter={"EMAIL": "Oleg@demo.example"})["result"]
    ]
