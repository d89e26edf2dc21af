"""“Refresh now”: one refresh at a time in a thread of its own, and how it goes on."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from b24kpi.app import App
from b24kpi.cache.progress import Progress
from b24kpi.clock import Clock
from b24kpi.errors import B24KpiError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RefreshStatus:
    """How a refresh goes on.

    Attributes:
        stream, done, total: what is read now, and how much of its ids; "" before, between and after.
        rows: rows read so far.
        finished_at: epoch seconds; None while it runs, and before the first.
        complete: whether all could be read.
        problem: why it failed, a message of ours; None where it did not.
    """

    running: bool = False
    stream: str = ""
    done: int = 0
    total: int = 0
    rows: int = 0
    finished_at: float | None = None
    complete: bool = True
    problem: B24KpiError | None = None


class Refresher:
    """Refreshes on demand. Thread-safe.

    Args:
        open_app: opens the application; `stop` is given to it, so that the end of the program ends a refresh.
    """

    def __init__(self, open_app: Callable[[Callable[[], bool]], App], clock: Clock) -> None:
        self._open_app = open_app
        self._clock = clock
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._status = RefreshStatus()

    def start(self) -> bool:
        """Begin a refresh. Returns False where one is under way already, or the program ends."""
        with self._lock:
            if self._status.running or self._stopped.is_set():
                return False
            self._status = RefreshStatus(running=True)
            self._thread = threading.Thread(target=self._run, name="refresh")
            self._thread.start()
        return True

    def status(self) -> RefreshStatus:
        """How the last one goes on, or went."""
        return self._status

    def stop(self) -> None:
        """End a refresh after the page at hand, and begin no other."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        problem: B24KpiError | None = None
        complete = False
        try:
            with self._open_app(self._stopped.is_set) as app:
                synced = app.sync(progress=_Told(self._change))
                app.push()
                complete = synced.complete
        except B24KpiError as error:
            problem = error
            _log.error("refresh failed: %s", error)
        except Exception as error:  # a thread's failure would be seen by nobody
            problem = B24KpiError("entry.refresh_crashed", problem=type(error).__name__)
            _log.exception("refresh crashed")
        finally:
            ended = replace(self._status, running=False, stream="", finished_at=self._clock.now())
            self._status = replace(ended, complete=complete, problem=problem)

    def _change(self, stream: str, rows: int, done: int, total: int) -> None:
        status = self._status
        self._status = replace(status, stream=stream, rows=status.rows + rows, done=done, total=total)


class _Told(Progress):
    """Progress that is kept for who asks."""

    def __init__(self, change: Callable[[str, int, int, int], None]) -> None:
        self._change = change
        self._totals: dict[str, int] = {}

    def start(self, stream: str, total_ids: int) -> None:
        self._totals[stream] = total_ids
        self._change(stream, 0, 0, total_ids)

    def advance(self, stream: str, rows: int, done_ids: int) -> None:
        self._change(stream, rows, done_ids, self._totals.get(stream, 0))

    def finish(self, stream: str, state: str) -> None:
        self._change("", 0, 0, 0)

    def note(self, text: str) -> None:
        _log.info("refresh: %s", text)
