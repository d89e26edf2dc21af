"""A further Python that works for this one, on another processor: its start and its end.

It loads what its work needs and no more. Those of the standard library's `multiprocessing` would first run the main
module again, whatever that does, or be a copy of this process with its threads stopped
(https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods).
"""

import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from subprocess import PIPE, Popen
from threading import Thread
from typing import IO, cast

# It finds modules where this one does. sqlite-utils takes numpy and pandas where they are installed, half a second
# long: they are there for others only.
_START = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
sys.modules.update(numpy=None, pandas=None)
work = pickle.load(sys.stdin.buffer)
del sys.modules["numpy"], sys.modules["pandas"]
work()
"""


@contextmanager
def interpreter(work: Callable[[], None], told: bytes) -> "Iterator[Popen[bytes]]":
    """A new Python that calls a function of a module; it is gone afterwards, whatever it was at.

    Ctrl-C in a terminal does not reach it: who started it ends it.

    Args:
        told: what the function finds at its standard input, which stays open.

    Raises:
        OSError: it cannot be started.
    """
    with Popen([sys.executable, "-P", "-c", _START], stdin=PIPE, stdout=PIPE, start_new_session=True) as process:
        pipe = cast("IO[bytes]", process.stdin)
        message = pickle.dumps(sys.path) + pickle.dumps(work) + told
        sending = Thread(target=_send, args=(pipe, message), daemon=True)  # it reads the end of a long one late
        sending.start()
        try:
            yield process
        finally:
            process.kill()
            sending.join()
            with suppress(OSError):  # what it has not read
                pipe.close()


def end_with_input() -> None:
    """From now on this process ends when its standard input does: nobody waits for it any more."""
    Thread(target=_await_end, args=(sys.stdin.fileno(),), daemon=True).start()


def _send(pipe: IO[bytes], message: bytes) -> None:
    with suppress(OSError):  # it has ended, as the next reading finds
        pipe.write(message)
        pipe.flush()


def _await_end(pipe: int) -> None:
    while os.read(pipe, 1):
        pass
    os._exit(1)
