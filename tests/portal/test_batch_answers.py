"""Answers to a batch."""

from typing import Any

import pytest

from b24kpi.errors import PortalError, Refused, RetryLater, UnexpectedAnswer
from b24kpi.portal.protocol import Answer, Command, PortalTime, unpack_batch

COMMANDS = {key: Command("crm.deal.list", {}) for key in ("p0", "p1")}


def unpacked(commands: dict[str, Command] = COMMANDS, **maps: Any) -> dict[str, Answer | PortalError]:
    empty = {"result": [], "result_error": [], "result_total": [], "result_next": [], "result_time": []}
    return unpack_batch(Answer({**empty, **maps}, time=PortalTime(now=7.0)), commands)


def test_each_command_gets_its_own_answer() -> None:
    """Totals, next pages and times are put beside their results."""
    answers = unpacked(
        result={"p0": [1], "p1": [2]},
        result_total={"p0": 5},
        result_next={"p1": 50},
        result_time={"p1": {"operating": 2}},
    )
    assert answers["p0"] == Answer([1], total=5, time=PortalTime(7.0))
    assert answers["p1"] == Answer([2], next=50, time=PortalTime(7.0, 2.0))


def test_results_with_the_keys_0_and_1_come_as_a_list() -> None:
    """PHP writes a map with keys counted from 0 as a list; the commands find their results all the same."""
    commands = {key: Command("profile", {}) for key in ("0", "1")}
    answers = unpacked(commands, result=[["a"], ["b"]])
    assert [Answer(["a"], time=PortalTime(7.0)), Answer(["b"], time=PortalTime(7.0))] == list(answers.values())


def test_a_failed_command_is_an_error_among_answers() -> None:
    """The others keep their results."""
    answers = unpacked(
        result={"p1": []}, result_error={"p0": {"error": "OPERATION_TIME_LIMIT", "error_description": "x"}}
    )
    assert isinstance(answers["p0"], RetryLater)
    assert isinstance(answers["p1"], Answer)


def test_an_error_given_as_text_is_an_error() -> None:
    """Not every error of a command is a map."""
    error = unpacked(result={"p1": []}, result_error={"p0": "Access denied."})["p0"]
    assert isinstance(error, Refused)
    assert error.message_id == "portal.no_access"


def test_a_command_without_an_answer_is_an_error() -> None:
    """What is missing is never taken for an empty list."""
    error = unpacked(result={"p0": []})["p1"]
    assert isinstance(error, UnexpectedAnswer)
    assert "p1" in str(error)


def test_all_maps_empty_is_two_missing_answers() -> None:
    """`[]` is how PHP writes an empty map."""
    assert all(isinstance(answer, UnexpectedAnswer) for answer in unpacked().values())


@pytest.mark.parametrize("result", [[], None, "text", {"p0": []}])
def test_another_shape_is_no_batch(result: Any) -> None:
    """The maps must be where a batch has them."""
    with pytest.raises(UnexpectedAnswer):
        unpack_batch(Answer(result), COMMANDS)
