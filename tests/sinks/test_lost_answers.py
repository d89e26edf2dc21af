"""Answers that never came: what was written is found again, nothing is written twice."""

from collections.abc import Callable, Iterator

import pytest

from b24kpi.demo.faults import CARRYING_OUT, REPLACING
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState
from b24kpi.errors import Interrupted, PortalError
from b24kpi.portal.client import Portal
from b24kpi.sinks import SmartProcess
from tests.sinks.reports import Push, items, keys, managers, report, types, with_value

LOSING = ("reply_lost", "truncated", "gateway_timeout", "bad_gateway", "server_error", "reset")


def entries_of(state: PortalState) -> int:
    """How many items there are, none of them twice."""
    found = keys(state)
    assert len(found) == len(set(found))
    return len(found)


@pytest.mark.parametrize("kind", LOSING)
@pytest.mark.parametrize(("method", "place"), [("crm.type.add", 0), ("batch", 0), ("batch", 1), ("batch", 2)])
def test_a_first_push_survives_the_loss_of_any_answer(
    push: Push, demo: DemoPortal, state: PortalState, kind: str, method: str, place: int
) -> None:
    """To the making of the type, of the fields, of the first or of the second batch of items."""
    demo.faults.add(kind, method, after=place)
    result = push(report(managers(210)))
    assert demo.faults.played == [(kind, method)]
    assert (result.created, result.failed, result.unchanged) == (210, 0, 0)
    assert (len(types(state)), entries_of(state)) == (1, 210)
    assert push(report(managers(210))).unchanged == 210


@pytest.mark.parametrize("kind", LOSING)
def test_updates_and_deletions_survive_too(push: Push, demo: DemoPortal, state: PortalState, kind: str) -> None:
    """Each is counted once."""
    push(report(managers(30)))
    demo.faults.add(kind, "batch", after=1, times=2)
    result = push(report(with_value(entry, "5") for entry in managers(20)))
    assert (result.updated, result.deleted, result.failed, entries_of(state)) == (20, 10, 0, 20)
    assert {item["VALUE"] for item in items(state)} == {5}


def test_only_what_is_missing_is_written_again(push: Push, demo: DemoPortal, state: PortalState) -> None:
    """A batch that was carried out is not repeated."""
    demo.faults.add("reply_lost", "batch", after=1)
    push(report(managers(400)))
    assert demo.stats.by_method["crm.item.batchImport"] == 20


def test_after_a_loss_the_batches_are_smaller(push: Push, demo: DemoPortal) -> None:
    """The portal may have hung up because they took too long."""
    demo.faults.add("gateway_timeout", "batch", after=1)
    push(report(managers(200)))
    assert demo.stats.by_method["batch"] == 1 + 2 + 2  # fields, two halves of the items, two looks


def test_a_portal_that_loses_every_answer_is_given_up(push: Push, demo: DemoPortal, state: PortalState) -> None:
    """In the end the user is told which entries are in doubt, and to run again."""
    push(report([]))
    demo.faults.add("command_error", "crm.item.batchImport", times=-1, code="INTERNAL_SERVER_ERROR")
    result = push(report(managers(3)))
    assert (result.created, result.failed) == (0, 3)
    assert "запустіть передавання ще раз" in result.problems[0]
    demo.faults.clear()
    assert push(report(managers(3))).created == 3


def test_a_type_that_never_comes_is_an_error(push: Push, demo: DemoPortal) -> None:
    """It is asked for twice, not again and again."""
    demo.faults.add("bad_gateway", "crm.type.add", times=-1)
    with pytest.raises(PortalError, match=r"crm\.type\.add"):
        push(report(managers(3)))
    assert demo.faults.played == [("bad_gateway", "crm.type.add")] * 2


def test_a_lost_answer_to_a_question_is_just_asked_again(push: Push, demo: DemoPortal, state: PortalState) -> None:
    """Reading changes nothing."""
    demo.faults.add("reset", "crm.type.list", times=2)
    assert push(report(managers(3))).created == 3


@pytest.mark.parametrize("seed", range(6))
def test_storms_leave_no_twins(push: Push, demo: DemoPortal, state: PortalState, seed: int) -> None:
    """Failures at random, pushed until one succeeds."""
    kinds = [kind for kind in (*REPLACING, *CARRYING_OUT) if kind in LOSING or kind == "query_limit"]
    demo.faults.at_random(0.3, seed, kinds)
    for _ in range(20):
        try:
            push(report(managers(210)))
        except PortalError:
            continue
        break
    demo.faults.clear()
    push(report(managers(210)))
    assert (len(types(state)), entries_of(state)) == (1, 210)


def stop_after(batches: int) -> Callable[[], bool]:
    answers: Iterator[bool] = iter([False] * batches)
    return lambda: next(answers, True)


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_a_push_that_was_stopped_goes_on(portal: Portal, push: Push, state: PortalState, batches: int) -> None:
    """What was written is kept."""
    with pytest.raises(Interrupted):
        SmartProcess(portal, language="en", stop=stop_after(batches)).push([report(managers(500))], dry_run=False)
    assert entries_of(state) == batches * 200
    assert push(report(managers(500)), language="en").created == 500 - batches * 200
    assert entries_of(state) == 500
