"""A further Python: what it is told, and that it never outlives who started it."""

import os
import signal
import subprocess
import sys
from pickle import dumps, load
from time import sleep

import pytest

from b24kpi.cache.interpreter import end_with_input, interpreter
from tests.cache.ending import end

STARTING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what it does not wait for without it
from time import sleep
from b24kpi.cache.interpreter import interpreter
from tests.cache.test_interpreter import stay
with interpreter(stay, b"") as process:
    print(process.stdout.readline().decode(), end="", flush=True)
    while process.poll() is None:
        sleep(0.01)  # an interrupt that comes as Python begins to wait takes effect when that is over
"""


def tell() -> None:
    """How much it was told, whether numpy is loaded, and whether it is there for who wants it."""
    from importlib.util import find_spec

    told = load(sys.stdin.buffer)
    sys.stdout.write(f"{len(told)} {'numpy' in sys.modules} {find_spec('numpy') is not None}")


def stay() -> None:
    """At work for ever."""
    end_with_input()
    sys.stdout.write("at work\n")
    sys.stdout.flush()
    while True:
        sleep(0.001)


def test_it_is_told_more_than_a_pipe_holds() -> None:
    """And finds the modules that this process finds, but has not loaded what nobody wants."""
    with interpreter(tell, dumps("x" * 1_000_000)) as process:
        assert process.stdout
        length, has_numpy, may_have_it = process.stdout.readline().split()
    assert (length, has_numpy, may_have_it) == (b"1000000", b"False", b"True")
    assert process.returncode is not None


def test_one_that_reads_nothing_is_no_trouble() -> None:
    """It is ended in the midst of its work."""
    with interpreter(stay, b"x" * 1_000_000) as process:
        assert process.stdout
        assert process.stdout.readline() == b"at work\n"
    assert process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_who_started_it(number: signal.Signals) -> None:
    """However that ends: both have the same standard error, which is closed at once."""
    command = [sys.executable, "-c", STARTING]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout
        assert process.stdout.readline() == "at work\n"
        end(process, number)
