"""Directories that are read in one piece, or page by page where the portal pages them."""

import json
from typing import Any

import pytest
import responses

from b24kpi.errors import IncompleteRead, UnexpectedAnswer
from b24kpi.portal.entities import CATEGORY, CURRENCY, DEAL, DEPARTMENT
from b24kpi.portal.reader import read_whole
from tests.portal.far_end import URL, open_portal


def starts(wire: responses.RequestsMock) -> list[Any]:
    return [json.loads(call.request.body or b"")["start"] for call in wire.calls]


def departments(first: int, last: int) -> list[dict[str, str]]:
    return [{"ID": str(number)} for number in range(first, last + 1)]


def test_a_whole_list_is_one_call(wire: responses.RequestsMock) -> None:
    """Its rows come as they are."""
    wire.post(URL + "crm.currency.list", json={"result": [{"CURRENCY": "UAH"}, {"CURRENCY": "USD"}], "total": 0})
    assert len(read_whole(open_portal(), CURRENCY)) == 2
    assert starts(wire) == [-1]


def test_a_wrapped_list_is_unwrapped(wire: responses.RequestsMock) -> None:
    """The wrapper is part of the declaration."""
    wire.post(URL + "crm.category.list", json={"result": {"categories": [{"id": 0}]}, "total": 1})
    assert read_whole(open_portal(), CATEGORY) == [{"id": 0}]


def test_pages_are_followed_while_they_go_on(wire: responses.RequestsMock) -> None:
    """`next` leads from page to page."""
    wire.post(URL + "department.get", json={"result": departments(1, 50), "next": 50, "total": 60})
    wire.post(URL + "department.get", json={"result": departments(51, 60), "total": 60})
    assert departments(1, 60) == read_whole(open_portal(), DEPARTMENT)
    assert starts(wire) == [0, 50]


@pytest.mark.parametrize(
    "last",
    [
        {"result": departments(1, 50), "next": 50},
        {"result": departments(1, 10), "total": 60},
        {"result": departments(51, 55), "total": 60},
    ],
    ids=["does not go on", "first page again", "rows missing"],
)
def test_pages_that_do_not_make_a_whole_are_refused(wire: responses.RequestsMock, last: dict[str, Any]) -> None:
    """A start beyond the end gives the first page again: never taken for rows."""
    wire.post(URL + "department.get", json={"result": departments(1, 50), "next": 50, "total": 60})
    wire.post(URL + "department.get", json=last)
    with pytest.raises(IncompleteRead):
        read_whole(open_portal(), DEPARTMENT)


def test_an_answer_without_rows_is_not_an_empty_list(wire: responses.RequestsMock) -> None:
    """A map where the list should be is refused."""
    wire.post(URL + "crm.category.list", json={"result": {"types": []}})
    with pytest.raises(UnexpectedAnswer):
        read_whole(open_portal(), CATEGORY)


def test_what_is_walked_by_ids_is_not_read_whole() -> None:
    """A mistake of the caller."""
    with pytest.raises(ValueError, match="deal is read by ids"):
        read_whole(open_portal(), DEAL)
