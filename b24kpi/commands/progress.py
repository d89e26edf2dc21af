"""How far a sync is: bars on a terminal, log lines elsewhere."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from b24kpi.cache.sync import Progress

_log = logging.getLogger("b24kpi.progress")


class LoggedProgress:
    """For logs: a line when a stream is done."""

    def start(self, stream: str, total_ids: int) -> None:
        _log.info("reading stream=%s ids=%d", stream, total_ids)

    def advance(self, stream: str, rows: int, done_ids: int) -> None:
        _log.debug("read stream=%s rows=%d ids=%d", stream, rows, done_ids)

    def finish(self, stream: str, state: str) -> None:
        _log.info("finished stream=%s state=%s", stream, state)

    def note(self, text: str) -> None:
        _log.info("%s", text)


class BarProgress:
    """For people: a bar for each stream, by the range of ids that is done. Thread-safe, as rich's bars are.

    Args:
        name: the stream's name for people.
    """

    def __init__(self, bars: "Bars", name: Callable[[str], str]) -> None:
        self._bars = bars
        self._name = name
        self._tasks: dict[str, TaskID] = {}

    def start(self, stream: str, total_ids: int) -> None:
        self._tasks[stream] = self._bars.add_task(self._name(stream), total=total_ids or None)

    def advance(self, stream: str, rows: int, done_ids: int) -> None:
        self._bars.update(self._task(stream), completed=done_ids)

    def finish(self, stream: str, state: str) -> None:
        """The stream's bar is full, whatever was expected."""
        task = self._task(stream)
        total = self._bars.tasks[self._bars.task_ids.index(task)].total or 1
        self._bars.update(task, total=total, completed=total)

    def note(self, text: str) -> None:
        """A line above the bars."""
        from rich.text import Text

        self._bars.console.print(Text(text))

    def _task(self, stream: str) -> "TaskID":
        if stream not in self._tasks:
            self.start(stream, 0)
        return self._tasks[stream]


@contextmanager
def shown_progress(bars_wanted: bool, name: Callable[[str], str]) -> Iterator["Progress"]:
    """Progress on stderr."""
    if not bars_wanted:
        yield LoggedProgress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield BarProgress(bars, name)
