"""One run at a time: the lock of a cache holds between processes and ends with them."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from b24kpi.cache.lock import exclusive
from b24kpi.errors import CacheError

HOLD = """
import sys
import threading
from pathlib import Path
from b24kpi.cache.lock import exclusive
with exclusive(Path(sys.argv[1]), "sync"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_told_to_wait(path: Path) -> None:
    """At once, for whom, and until the first one has died, however it died."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(CacheError) as caught, exclusive(path, "push"):
            pass
        other.kill()
    told = caught.value.message_id, caught.value.params["command"], caught.value.params["process"]
    assert told == ("cache.busy_with", "sync", str(other.pid))
    with exclusive(path, "push"):
        pass


def test_one_may_wait_for_a_run_of_a_kind(path: Path) -> None:
    """It takes its turn once that one has ended, and waits for no other."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(CacheError), exclusive(path, "push", after=("report",)):
            pass
        end = threading.Timer(0.7, other.kill)
        end.start()
        with exclusive(path, "push", after=("sync",)):
            assert not end.is_alive()


def test_one_that_has_only_just_begun_has_no_name_yet(path: Path) -> None:
    """It is another run all the same."""
    with exclusive(path, "sync"):
        Path(f"{path}.running").unlink()
        with pytest.raises(CacheError) as caught, exclusive(path, "push"):
            pass
    assert caught.value.message_id == "cache.busy"


def test_the_lock_is_free_after_a_failure(path: Path) -> None:
    """The next run need not know of it."""
    with pytest.raises(ZeroDivisionError), exclusive(path, "push"):
        raise ZeroDivisionError
    with exclusive(path, "push"):
        pass


def test_locks_of_different_caches_do_not_meet(path: Path) -> None:
    """Two portals can be read at a time."""
    with exclusive(path, "push"), exclusive(path.with_name("other.sqlite"), "push"):
        pass
