"""How much memory a sync takes: a bounded number of batches, whatever the size of the table."""

import subprocess
import sys
from pathlib import Path

import pytest

from b24kpi.demo.standard_portal import install
from b24kpi.demo.state import PortalState
from tests.pipeline.cache_tables import query
from tests.pipeline.places import Place, clean_environment, opened_place

# A process tells its own peak: what the system counts for a child includes its parent's memory at the start.
# sqlite-utils imports pandas (50 MB) where it is installed, as lifelines has it in the test environment; b24kpi has
# not.
ALONE = """
import atexit, re, sys
from pathlib import Path

sys.modules["pandas"] = None
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024
atexit.register(lambda: print(peak(), file=sys.stderr))
from b24kpi.cli import main

main()
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="a process's peak is read from /proc")


def deals(count: int, state: PortalState) -> None:
    install(state)
    moments = {"DATE_CREATE": 1_700_000_000, "DATE_MODIFY": 1_750_000_000, "MOVED_TIME": 1_750_000_000}
    common = {"STAGE_ID": "NEW", "CURRENCY_ID": "UAH", "SOURCE_ID": "CALL", "ASSIGNED_BY_ID": 1, **moments}
    state.insert("deal", ({"ID": number, "OPPORTUNITY": number * 1.5, **common} for number in range(1, count + 1)))


def peak(place: Place) -> int:
    """Megabytes that a sync of deals takes at its peak, in a process of its own."""
    command = [sys.executable, "-c", ALONE, "sync", "--only", "deal", "--settings", str(place.settings)]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), cwd=place.folder)
    assert done.returncode == 0, done.stderr
    return int(done.stderr)


def peak_of(folder: Path, count: int) -> int:
    with opened_place(folder, lambda state: deals(count, state)) as place:
        megabytes = peak(place)
        assert query(place.cache, "SELECT COUNT(*) FROM deal") == [(count,)]
    return megabytes


def test_ten_thousand_deals_take_120_megabytes_at_most(tmp_path: Path) -> None:
    """Most of them are the interpreter and its libraries."""
    assert peak_of(tmp_path, 10_000) <= 120


@pytest.mark.soak
def test_a_hundred_thousand_deals_take_120_megabytes_at_most(tmp_path: Path) -> None:
    """Only a few batches are in memory at once."""
    assert peak_of(tmp_path, 100_000) <= 120


@pytest.mark.soak
def test_a_million_deals_take_200_megabytes_at_most(tmp_path: Path) -> None:
    """Facts included."""
    assert peak_of(tmp_path, 1_000_000) <= 200
