"""What goes wrong while several threads read: nothing is lost, and what cannot be read is told."""

from collections.abc import Callable
from typing import Any

import pytest
import responses

from b24kpi.errors import IncompleteRead, Interrupted, Refused, RetryLater
from b24kpi.portal.crew import read_ranges
from b24kpi.portal.entities import DEAL, DEAL_STEP, LEAD, Entity
from tests.portal.far_end import URL, Clock, Shelf, open_portal
from tests.reading.walks import BLOCKED, FAILED, reading, walk

OpenShelf = Callable[..., Shelf]
ALL = list(range(1, 20_001))


@pytest.mark.parametrize("entity", [DEAL, DEAL_STEP], ids=lambda entity: entity.name)
def test_failed_commands_cost_requests_not_rows(shelf: OpenShelf, entity: Entity) -> None:
    """One in seventy commands fails; each page is asked for again."""
    far_end = shelf(ALL, entity.wrapper)
    far_end.before = lambda request, key: FAILED if far_end.commands % 70 == 0 else None
    found = walk(reading(entity, upto=20_000))
    assert (found.ids(entity.name), found.errors) == (ALL, {entity.name: None})
    assert found.read(entity.name) == [(0, 20_000)]


def test_a_page_that_cannot_be_read_leaves_a_hole(shelf: OpenShelf, wire: responses.RequestsMock) -> None:
    """After seven attempts; all the others are read, and the stream is not complete."""
    far_end = shelf(ALL)
    run = far_end._run
    far_end._run = lambda key, params, results: (  # type: ignore[method-assign]
        FAILED if reads(params, results, 7_501) else run(key, params, results)
    )
    found = walk(reading(upto=20_000))
    assert isinstance(found.errors["deal"], RetryLater)
    assert found.ids() == [number for number in ALL if not 7_500 < number <= 7_550]
    assert found.read() == [(0, 7_500), (7_550, 20_000)]


def reads(params: dict[str, Any], results: dict[str, Any], row: int) -> bool:
    """Whether a command's page begins with this row; in the middle of a chain the row before tells."""
    after = params["filter"][">ID"]
    if after.startswith("$"):
        before = list(results.values())[-1] if results else []
        return bool(before) and int(before[-1]["ID"]) == row - 1
    return int(after) == row - 1


def test_pages_that_stay_wrong_leave_holes(shelf: OpenShelf) -> None:
    """Twice the same nonsense: the ids are told as unread, never taken for empty."""
    far_end = shelf(ALL)
    run = far_end._run

    def bad(key: str, params: dict[str, Any], results: dict[str, Any]) -> Any:
        return [{"ID": "3"}] if reads(params, results, 5_001) else run(key, params, results)

    far_end._run = bad  # type: ignore[method-assign]
    found = walk(reading(upto=20_000))
    assert isinstance(found.errors["deal"], IncompleteRead)
    assert found.read() == [(0, 5_000), (5_050, 20_000)]


def test_a_refused_stream_keeps_no_other_from_being_read(shelf: OpenShelf) -> None:
    """Even in the same batch."""
    far_end = shelf(range(1, 101))
    run = far_end._run

    def refuse(key: str, params: dict[str, Any], results: dict[str, Any]) -> Any:
        return {"error": "ACCESS_DENIED"} if key.startswith("c0") else run(key, params, results)

    far_end._run = refuse  # type: ignore[method-assign]
    found = walk(reading(LEAD, upto=100), reading(DEAL, upto=100))
    assert isinstance(found.errors["lead"], Refused)
    assert (found.errors["deal"], found.ids("deal")) == (None, list(range(1, 101)))


def test_a_portal_that_resolves_no_references_is_read_by_single_pages(shelf: OpenShelf) -> None:
    """In the end each batch asks for fifty pages side by side."""
    far_end = shelf(ALL)
    far_end.before = lambda request, key: None if key.endswith("p0") else [{"ID": "1"}]
    assert walk(reading(upto=20_000)).ids() == ALL
    assert far_end.requests <= 60


def test_batches_too_long_for_the_portal_are_shortened(wire: responses.RequestsMock) -> None:
    """The cloud cuts off what takes longer than a minute; fifty pages may, six do not."""
    far_end = Shelf(range(1, 3_001))

    def patient(request: Any) -> tuple[int, dict[str, str], str]:
        return (504, {}, "<html>") if request.body.count(b"crm.deal.list") > 6 else far_end.answer(request)

    wire.add_callback(responses.POST, URL + "batch", patient)
    assert walk(reading(upto=3_000)).ids() == list(range(1, 3_001))


def test_an_unreachable_portal_fails_after_a_few_minutes(wire: responses.RequestsMock) -> None:
    """However many threads there are."""
    wire.post(URL + "batch", status=502)
    clock = Clock()
    found = walk(reading(upto=10**6), clock=clock)
    assert isinstance(found.errors["deal"], RetryLater)
    assert len(wire.calls) <= 60
    assert clock.seconds - 1_000 < 600


def test_while_a_method_is_blocked_the_others_are_read(shelf: OpenShelf) -> None:
    """Leads come first, are blocked at their second batch, and are gone on with after the deals."""
    far_end = shelf(range(1, 5_001))
    run = far_end._run

    def block(key: str, params: dict[str, Any], results: dict[str, Any]) -> Any:
        return BLOCKED if far_end.blocks(params) else run(key, params, results)

    told: list[str] = []
    far_end.blocks = Blocks(2)  # type: ignore[attr-defined]
    far_end._run = block  # type: ignore[method-assign]
    clock = Clock()
    found = walk(
        reading(LEAD, upto=5_000),
        reading(DEAL, upto=5_000),
        clock=clock,
        lanes=1,
        waiting=lambda method, seconds: told.append(method),
    )
    assert (found.ids("lead"), found.ids("deal")) == (list(range(1, 5_001)), list(range(1, 5_001)))
    assert found.order.index("deal") < len(found.order) - 1
    assert found.order[-1] == "lead"
    assert set(told) == {"crm.lead.list"}
    assert len(told) <= 2


class Blocks:
    """Blocks the reading of leads a number of times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, params: dict[str, Any]) -> bool:
        if "STATUS_ID" not in params["select"].values() or self.left == 0:
            return False
        self.left -= 1
        return True


def test_a_reader_told_to_stop_ends_with_the_answer_at_hand(shelf: OpenShelf) -> None:
    """The threads end, nothing more is asked."""
    far_end = shelf(range(1, 100_001))
    portal = open_portal(stop=lambda: far_end.requests >= 3)
    with pytest.raises(Interrupted):
        list(read_ranges(portal, [reading(upto=100_000)]))
    assert far_end.requests <= 3 + 8


def test_a_consumer_that_stops_stops_the_threads(shelf: OpenShelf) -> None:
    """Closing the iterator waits for them."""
    far_end = shelf(range(1, 100_001))
    with open_portal() as portal:
        events = read_ranges(portal, [reading(upto=100_000)])
        next(events)
        events.close()
        asked = far_end.requests
    assert asked < 41
    assert far_end.requests == asked
