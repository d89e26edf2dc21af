"""“Refresh now” of the pages: one at a time, told as it goes."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from b24kpi.cache.progress import SyncResult
from b24kpi.errors import CacheError
from b24kpi.web.dashboard import _Refresh
from b24kpi.web.refreshing import Refresher
from tests.portal.far_end import Clock


class Job:
    """An application whose sync goes on step by step, and fails if it is told to."""

    def __init__(self) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.problem: Exception | None = None
        self.stop: Callable[[], bool] = lambda: False

    def __enter__(self) -> "Job":
        return self

    def __exit__(self, *error: object) -> None: ...

    def sync(self, progress: Any) -> SyncResult:
        progress.start("deal", 500)
        progress.advance("deal", 120, 130)
        self.reached.set()
        self.go_on.wait()
        if self.problem is not None:
            raise self.problem
        progress.finish("deal", "complete")
        return SyncResult()

    def push(self) -> None: ...


@pytest.fixture
def job() -> Job:
    return Job()


@pytest.fixture
def refresher(job: Job) -> Refresher:
    def opened(stop: Callable[[], bool]) -> Any:
        job.stop = stop
        return job

    return Refresher(opened, Clock())


def test_a_refresh_is_told_as_it_goes(job: Job, refresher: Refresher) -> None:
    """In the language of who looks; a second one does not begin beside it."""
    button = _Refresh(refresher)
    assert button.state("en").text == ""
    assert refresher.start()
    job.reached.wait()
    assert not refresher.start()
    assert (button.state("uk").is_running, button.state("uk").text) == (True, "Читаю CRM: поки що 120 рядків")
    assert (refresher.status().done, refresher.status().total) == (130, 500)
    job.go_on.set()
    refresher.stop()
    assert (button.state("ru").is_running, button.state("ru").text) == (False, "Обновлено: прочитано 120 строк.")


@pytest.mark.parametrize(
    ("problem", "told"),
    [(CacheError("cache.busy", path="x"), "Another run"), (ValueError("secret"), "failed (ValueError)")],
)
def test_a_failure_is_told_and_the_next_one_may_begin(
    job: Job, refresher: Refresher, problem: Exception, told: str
) -> None:
    """One of ours in its words; another one without what it says, which is for the log."""
    job.problem = problem
    job.go_on.set()
    refresher.start()
    while refresher.status().running:
        threading.Event().wait(0.01)
    state = _Refresh(refresher).state("en")
    assert state.failed
    assert told in state.text
    assert "secret" not in state.text
    assert refresher.start()
    refresher.stop()


def test_the_end_of_the_program_ends_a_refresh(job: Job, refresher: Refresher) -> None:
    """It is told to stop at the next page, and none begins after it."""
    refresher.start()
    job.reached.wait()
    assert not job.stop()
    job.go_on.set()
    refresher.stop()
    assert job.stop()
    assert not refresher.start()
