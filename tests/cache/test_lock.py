"""One run at a time: the lock of a cache holds between processes and ends with them."""

import subprocess
import sys
from pathlib import Path

import pytest

from b24kpi.cache.lock import exclusive
from b24kpi.errors import CacheError

HOLD = """
import sys
from pathlib import Path
from b24kpi.cache.lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_told_to_wait(path: Path) -> None:
    """At once, and until the first one has died, however it died."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(CacheError) as caught, exclusive(path):
            pass
        other.kill()
    assert caught.value.message_id == "cache.busy"
    with exclusive(path):
        pass


def test_the_lock_is_free_after_a_failure(path: Path) -> None:
    """The next run need not know of it."""
    with pytest.raises(ZeroDivisionError), exclusive(path):
        raise ZeroDivisionError
    with exclusive(path):
        pass


def test_locks_of_different_caches_do_not_meet(path: Path) -> None:
    """Two portals can be read at a time."""
    with exclusive(path), exclusive(path.with_name("other.sqlite")):
        pass
