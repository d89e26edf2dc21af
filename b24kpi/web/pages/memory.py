"""What was computed is kept until the cache changes; what takes long is computed beside the request."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from b24kpi.cache.lock import exclusive
from b24kpi.errors import CacheError

Stamp = tuple[int, ...]


@dataclass(frozen=True)
class _Known:
    """An answer and the state of the cache that it is of."""

    stamp: Stamp
    answer: Any


class Memory:
    """Answers by key, the least lately used ones forgotten first.

    An answer of an earlier state of the cache is given as long as the new one is not ready, or a sync is at work.
    """

    def __init__(self, *, patience: float = 0.2, size: int = 400, workers: int = 2) -> None:
        """Remember so many answers.

        Args:
            patience: seconds that a request waits for an answer that is not known yet.
            workers: threads that compute.
        """
        self._patience, self._size, self._workers = patience, size, workers
        self._known: OrderedDict[Hashable, _Known] = OrderedDict()
        self._running: dict[Hashable, Future[Any]] = {}
        self._lock = Lock()
        self._pool: ThreadPoolExecutor | None = None

    def recall(self, key: Hashable, cache: Path, make: Callable[[], Any], *, wait: bool = False) -> Any | None:
        """The answer under a key, made by `make` where it is not known; None where it takes longer than the patience.

        Args:
            wait: however long it takes.

        Raises:
            Whatever `make` raises.
        """
        now = stamp(cache)
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
        if known is not None and (known.stamp == now or _is_busy(cache)):
            return known.answer
        try:
            return self._begin(key, now, make).result(None if wait else self._patience)
        except NotYet:
            return None if known is None else known.answer

    def close(self) -> None:
        """End the threads; what they are at is finished first."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _begin(self, key: Hashable, now: Stamp, make: Callable[[], Any]) -> "Future[Any]":
        with self._lock:
            running = self._running.get(key)
            if running is not None:
                return running
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="pages")
            future = self._running[key] = self._pool.submit(self._make, key, now, make)
        future.add_done_callback(lambda _: self._end(key))
        return future

    def _make(self, key: Hashable, now: Stamp, make: Callable[[], Any]) -> Any:
        answer = make()
        with self._lock:
            self._known[key] = _Known(now, answer)
            self._known.move_to_end(key)
            while len(self._known) > self._size:
                self._known.popitem(last=False)
        return answer

    def _end(self, key: Hashable) -> None:
        with self._lock:
            self._running.pop(key, None)


def stamp(cache: Path) -> Stamp:
    """Changes whenever something is written to the cache file or to the log beside it."""
    found: list[int] = []
    for path in (cache, Path(f"{cache}-wal")):
        try:
            state = path.stat()
        except FileNotFoundError:
            continue
        if state.st_size:
            found += [state.st_size, state.st_mtime_ns]
    return tuple(found)


def _is_busy(cache: Path) -> bool:
    """Whether a run is at work on the cache: what it writes is shown when it has ended."""
    try:
        with exclusive(cache):
            return False
    except CacheError:
        return True
