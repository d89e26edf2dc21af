"""Parameters as PHP reads them."""

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.demo import php


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("filter[>ID]=10&select[]=ID&select[]=UF_*", {"filter": {">ID": "10"}, "select": {0: "ID", 1: "UF_*"}}),
        ("filter%5B%3EID%5D=1%2B2+3", {"filter": {">ID": "1+2 3"}}),
        ("a=1&a=2&b", {"a": "2", "b": ""}),
        ("a[x][]=1&a[x][]=2&a[5]=3&a[]=4", {"a": {"x": {0: "1", 1: "2"}, 5: "3", 6: "4"}}),
        ("a.b=1&c d=2&e[f=3", {"a_b": "1", "c_d": "2", "e_f": "3"}),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
        ("", {}),
    ],
)
def test_brackets_make_arrays(query, params):
    """parse_str of PHP, url-decoded."""
    assert php.parse_str(query) == params


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("12abc", 12),
        ("abc", 0),
        ("", 0),
        (None, 0),
        (True, 1),
        ({}, 0),
        ({0: 9}, 1),
        ("-1", -1),
        (" 7", 7),
        ("1e2", 100),
    ],
)
def test_numbers_are_cast_loosely(value, number):
    """(int) of PHP."""
    assert php.to_int(value) == number


@pytest.mark.parametrize("value", ["false", "N", "00", {0: 0}, 1, "0.0"])
def test_what_is_true(value):
    """Any text but '' and '0', any filled array."""
    assert php.is_true(value)


@pytest.mark.parametrize("value", ["", "0", 0, None, False, {}])
def test_what_is_false(value):
    """The short list of PHP."""
    assert not php.is_true(value)


@given(st.dictionaries(st.sampled_from([0, 1, 2, 3, "a"]), st.integers()))
def test_only_whole_sequences_encode_as_lists(array):
    """Keys 0 … n-1 in order make a list, anything else an object, nothing a list."""
    assert isinstance(php.encode(array), list) == (list(array) == list(range(len(array))))


def test_query_and_body_are_merged(portal, session):
    """GET and POST together; the body wins."""
    url = portal.url + "crm.deal.list?start=-1&filter[ID]=5&select[]=ID"
    answer = session.post(url, data={"filter[ID]": "6"}, timeout=5).json()
    assert answer["result"] == [{"ID": "6"}]


def test_json_replaces_top_level_keys(portal, session):
    """Not merged within an array."""
    answer = session.post(portal.url + "crm.deal.list?filter[<ID]=3&start=-1", json={"filter": {">ID": 119}}, timeout=5)
    assert [row["ID"] for row in answer.json()["result"]] == ["120"]


def test_malformed_json_means_no_parameters(portal, session):
    """The list is answered unfiltered, without an error."""
    headers = {"Content-Type": "application/json"}
    answer = session.post(portal.url + "crm.deal.list", data='{"filter": {"ID": 1}', headers=headers, timeout=5).json()
    assert answer["total"] == 120


def test_json_counts_only_with_its_content_type(portal, session):
    """Otherwise the body is read as a form."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = session.post(portal.url + "crm.deal.list", data='{"filter":{"ID":1}}', headers=headers, timeout=5).json()
    assert answer["total"] == 120


def test_other_bodies_fail_loudly(portal):
    """Multipart bodies are not emulated."""
    answer = requests.post(portal.url + "crm.deal.list", files={"a": b"1"}, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (500, "NOT_EMULATED")


@given(
    st.recursive(
        st.text(max_size=8), lambda inner: st.dictionaries(st.sampled_from(["a", "b c", ">ID"]), inner, min_size=1)
    )
)
def test_what_is_written_is_read_again(value):
    """A form that the portal sends says what it was made of."""
    assert php.parse_str(php.build_query({"data": value})) == {"data": value}


def test_what_a_form_cannot_say():
    """Null and empty arrays are left out, true is 1, false 0."""
    assert php.build_query({"a": None, "b": {}, "c": True, "d": False, "e": [1, "x&y"]}) == (
        "c=1&d=0&e%5B0%5D=1&e%5B1%5D=x%26y"
    )
