"""Rows that first passes bring: what has changed since they began comes after them, and counts not."""

from collections.abc import Container

from b24kpi.cache.progress import Silent


class FirstPasses(Silent):
    """Progress that counts the `rows` of some streams, and asks to stop once there are so many."""

    def __init__(self, streams: Container[str], stop_after: int = 10**9) -> None:
        self.rows = 0
        self._streams = streams
        self._stop_after = stop_after
        self._first: set[str] = set()

    def start(self, stream: str, total_ids: int) -> None:
        self._first.discard(stream)
        if total_ids and stream in self._streams:
            self._first.add(stream)

    def advance(self, stream: str, rows: int, done_ids: int) -> None:
        self.rows += rows if stream in self._first else 0

    def stop(self) -> bool:
        return self.rows >= self._stop_after
