"""Runs that are killed, told to stop, or started twice: no row is lost or doubled, and the next run goes on."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from b24kpi.app import Ask
from b24kpi.errors import Interrupted
from tests.first_passes import FirstPasses
from tests.pipeline.cache_tables import fact_rows, live_rows, make_all_facts, query
from tests.pipeline.conftest import OpenPlace, company
from tests.pipeline.places import Place

PATIENCE = 30.0
REPORT = """
[schedule]
refresh = "0 3 1 1 *"

[[report]]
name = "small"
metrics = ["total_sales", "win_rate"]
period = "month"
periods = 2
by = [""]
sinks = ["smart_process"]
"""


class Gate:
    """Stands in for the waiting of a slow portal: the request is held until the test lets it pass."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()

    def hold(self, seconds: float) -> None:
        self.reached.set()
        self.open.wait(PATIENCE)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def place(opened: OpenPlace, gate: Gate) -> Place:
    """A company of some thousand rows, on a portal whose slow answers wait for the gate."""
    return opened(company(200), sleep=gate.hold, further=REPORT)


def fresh(place: Place) -> Path:
    with place.app("fresh.sqlite") as app:
        assert app.sync().complete
        make_all_facts(app)
    return place.folder / "fresh.sqlite"


@contextmanager
def running(place: Place, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A command in a process of its own, which does not outlive the test."""
    with place.start(*arguments) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def held_at(place: Place, gate: Gate, request: int, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A command that waits for the answer to its nth request."""
    place.portal.faults.add("slow", after=request)
    with running(place, *arguments) as process:
        assert gate.reached.wait(PATIENCE), process.communicate()
        try:
            yield process
        finally:
            gate.open.set()


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(int(PATIENCE / 0.02)):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("it never came to that")


def assert_next_run_completes(place: Place) -> None:
    """And leaves the cache that a run without trouble leaves."""
    with place.app() as app:
        assert app.sync().complete
        make_all_facts(app)
    anew = fresh(place)
    assert live_rows(place.cache) == live_rows(anew)
    assert fact_rows(place.cache) == fact_rows(anew)


# --- killed


@pytest.mark.parametrize("request_number", [1, 4, 7])
def test_a_killed_sync_is_gone_on_with(place: Place, gate: Gate, request_number: int) -> None:
    """Between two requests, early and late: what was read is kept, what was not is read."""
    with held_at(place, gate, request_number, "sync") as process:
        process.kill()
        process.wait()
    assert_next_run_completes(place)


@pytest.mark.parametrize("milliseconds", [2, 40, 150])
def test_a_sync_killed_while_it_writes_is_gone_on_with(place: Place, gate: Gate, milliseconds: int) -> None:
    """Anywhere between reading, storing and computing."""
    with held_at(place, gate, 6, "sync") as process:
        gate.open.set()
        time.sleep(milliseconds / 1000)
        process.kill()
        process.wait()
    assert_next_run_completes(place)


def test_a_report_after_a_killed_first_sync_guesses_nothing(place: Place, gate: Gate) -> None:
    """Streams that were not come to are not loaded, so their metrics are null instead of 0."""
    with held_at(place, gate, 5, "sync") as process:
        process.kill()
        process.wait()
    states: dict[str, str] = dict(query(place.cache, "SELECT name, state FROM stream"))
    assert states.get("currency") == "complete"
    assert "deal" not in states
    with place.app() as app:
        report = app.report(Ask(("total_sales",)))
    assert {entry.value.reason for entry in report.entries} == {"not_loaded"}


# --- told to stop


def test_a_sync_told_to_stop_finishes_its_page(place: Place, gate: Gate) -> None:
    """SIGTERM: the answer at hand is stored, exit 130, and the next run goes on behind it."""
    with held_at(place, gate, 6, "sync") as process:
        process.send_signal(signal.SIGTERM)
        gate.open.set()
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, len(err.strip().splitlines())) == (130, "", 1)
    assert_next_run_completes(place)


def test_a_sync_stopped_within_a_stream_goes_on_behind_its_last_page(opened: OpenPlace) -> None:
    """The cursor is stored with the rows of the page: none of them is read again."""
    place = opened(company(300))
    progress = FirstPasses({"deal_step"}, stop_after=100)
    with place.app(stop=progress.stop) as app, pytest.raises(Interrupted):
        app.sync(only=["deal_step"], progress=progress)
    assert query(place.cache, "SELECT COUNT(*) FROM stage_step") == [(100,)]
    rest = FirstPasses({"deal_step"})
    with place.app() as app:
        app.sync(only=["deal_step"], progress=rest)
    assert rest.rows == len(place.state.rows("deal_history")) - 100


# --- two at once


def test_two_runs_at_once_take_no_turns_unasked(place: Place, gate: Gate) -> None:
    """The second says that another one is at work, and ends."""
    with held_at(place, gate, 6, "sync") as first:
        second = place.run("sync")
        assert (second.exit_code, len(second.stderr.strip().splitlines())) == (1, 1)
        assert str(place.cache) in second.stderr
        gate.open.set()
        assert first.wait(PATIENCE) == 0


def test_a_report_can_be_read_while_a_sync_is_at_work(place: Place, gate: Gate) -> None:
    """Readers do not wait for the writer, once its facts were asked for."""
    place.run("sync")
    assert place.run("report", "total_sales").exit_code == 0
    with held_at(place, gate, 4, "sync", "--full"):
        assert place.run("report", "total_sales").exit_code == 0


def test_a_report_of_new_facts_waits_for_the_sync(place: Place, gate: Gate) -> None:
    """It says for whom, and is of what that sync has brought; so is the first one of all."""
    for arguments in (("sync",), ("sync", "--full")):
        gate.reached.clear()
        gate.open.clear()
        with held_at(place, gate, 4, *arguments) as sync:
            question = place.start("report", "task_time" if "--full" in arguments else "total_sales")
            assert question.stderr is not None
            assert f"b24kpi sync (process {sync.pid}) is at work" in question.stderr.readline()
            gate.open.set()
            out, further = question.communicate(timeout=PATIENCE)
            assert (question.returncode, further) == (0, "")
            assert sync.wait(PATIENCE) == 0
        assert out


# --- the daemon


def test_a_daemon_refreshes_at_its_start_and_stops_when_told(opened: OpenPlace) -> None:
    """Sync and push at once, then waiting for the schedule; SIGTERM ends it with 0 within seconds."""
    place = opened(company(60), further=REPORT)
    with running(place, "daemon") as process:
        wait_for(lambda: place.cache.exists() and finished_runs(place) >= 2)
        began = time.monotonic()
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert time.monotonic() - began < 10
    assert [row[0] for row in query(place.cache, "SELECT kind FROM run WHERE state = 'complete' ORDER BY id")] == [
        "sync",
        "push",
    ]
    assert place.state.rows("smart_process")


def finished_runs(place: Place) -> int:
    try:
        return int(query(place.cache, "SELECT COUNT(*) FROM run WHERE finished IS NOT NULL")[0][0])
    except Exception:
        return 0


def test_a_daemon_told_to_stop_finishes_its_page(place: Place, gate: Gate) -> None:
    """A run in progress ends with the answer at hand, not after all of them, and nothing of it is lost."""
    with held_at(place, gate, 6, "daemon") as process:
        process.terminate()
        gate.open.set()
        assert process.wait(PATIENCE) == 0
    assert query(place.cache, "SELECT kind, state FROM run") == [("sync", "interrupted")]
    assert_next_run_completes(place)


def test_a_daemon_survives_a_portal_that_is_down(opened: OpenPlace) -> None:
    """The failed run is told in the log, and the daemon goes on."""
    place = opened(company(20), further=REPORT)
    place.portal.faults.add("overload", times=-1)
    with running(place, "daemon") as process:
        wait_for(lambda: place.cache.exists() and finished_runs(place) >= 1)
        assert process.poll() is None
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, "OVERLOAD_LIMIT" in err) == (0, True)
