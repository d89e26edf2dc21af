"""What a working command needs around it: settings, logging, the application, an orderly end on Ctrl-C."""

import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from b24kpi.commands.face import Face
from b24kpi.errors import RetryLater

if TYPE_CHECKING:
    from b24kpi.app import App
    from b24kpi.settings import Settings

DONE, FAILED, INCOMPLETE = 0, 1, 3


def read_settings(face: Face) -> "Settings":
    """The settings of this run; from here on the face speaks the language they ask for.

    Raises:
        BadInput: everything that is wrong with them.
    """
    from b24kpi.settings import find, load

    settings = load(find(face.settings, face.environ, Path.cwd()), face.environ)
    face.language = face.asked or settings.ui.language or face.language
    start_logging(face.verbose)
    return settings


@contextmanager
def opened(face: Face, *, portal: bool = False) -> Iterator["App"]:
    """The application; with `portal` it is refused early where no webhook is set.

    Raises:
        BadInput: wrong settings, or no webhook.
    """
    settings = read_settings(face)
    with opened_with(settings, face.language, portal=portal) as app:
        yield app


@contextmanager
def opened_with(settings: "Settings", language: str, *, portal: bool = False) -> Iterator["App"]:
    """The application over settings that are already read."""
    from b24kpi.app import open_app
    from b24kpi.settings import require_portal

    if portal:
        require_portal(settings)
    with stoppable(gently=portal) as stop, open_app(settings, stop=stop, language=language) as app:
        try:
            yield app
        except RetryLater:
            if stop():
                raise KeyboardInterrupt from None
            raise


@contextmanager
def stoppable(*, gently: bool) -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or SIGTERM has asked to stop.

    An interrupt stays one where SQLite makes its own error of it, amid a function that it has called.

    Args:
        gently: only the second signal interrupts, the first lets the page at hand be finished.
    """
    flag, interrupted = threading.Event(), threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if flag.is_set() or not gently:
            interrupted.set()
        flag.set()
        if interrupted.is_set():
            raise KeyboardInterrupt

    with handling({signal.SIGINT: stop, signal.SIGTERM: stop}):
        try:
            yield flag.is_set
        except Exception:
            if interrupted.is_set():
                raise KeyboardInterrupt from None
            raise


@contextmanager
def handling(handlers: dict[signal.Signals, Callable[[int, FrameType | None], None]]) -> Iterator[None]:
    """Signal handlers for a while; threads other than the main one cannot set any, and go without."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM interrupts as Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with handling({signal.SIGINT: interrupt, signal.SIGTERM: interrupt}):
        yield


def start_logging(verbose: int) -> None:
    """Logs in English to stderr: warnings, with -v what is done, with -vv every call."""
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    ours = logging.getLogger("b24kpi")
    ours.handlers, ours.propagate = [handler], False
    ours.setLevel(level)


def progress_wanted() -> bool:
    """Bars are for people who watch."""
    return sys.stderr.isatty()
