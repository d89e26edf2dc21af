"""Child process of the comparison: the portal, which at the end tells what a client has missed.

Prints its address; for the line that it then reads, the path of a file with the ids that a client got, it prints
what it has been asked and what they lack.
"""

import json
import sys
import tempfile
from array import array
from collections import Counter
from contextlib import closing
from pathlib import Path

from b24kpi.demo.prebuilt import copy_prebuilt, open_prebuilt
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState
from tests.benchmarks.compare_scenarios import SCENARIOS, Scenario, fill, state_path
from tests.benchmarks.resources import usage


def main(folder: Path, name: str, deals: int) -> None:
    """Serve one client in one scenario."""
    scenario = SCENARIOS[name]
    with tempfile.TemporaryDirectory() as own, closing(opened(folder, scenario, deals, Path(own))) as state:
        before = living(state)
        with DemoPortal(state, limits=scenario.limits) as portal:
            scenario.prepare(portal, deals)
            print(portal.url, flush=True)
            path = sys.stdin.readline().strip()
            asked = {"requests": portal.stats.requests, "rejected": portal.stats.rejected_503}
        print(json.dumps(asked | verdict(before, living(state), read(Path(path))) | {"portal": usage()["processor"]}))


def opened(folder: Path, scenario: Scenario, deals: int, own: Path) -> PortalState:
    """The portal of that size; a copy, where rows come and go."""
    path = state_path(folder, deals, scenario.spread)
    state = open_prebuilt(path, lambda state: fill(state, deals, scenario.spread))
    if not scenario.changes:
        return state
    state.close()
    return copy_prebuilt(path, own / path.name)


def living(state: PortalState) -> set[int]:
    """The ids of the deals there are."""
    return {row[0] for row in state.select("SELECT ID FROM deal")}


def read(path: Path) -> "array[int]":
    """The ids that a client got; none where it has left no file."""
    found = array("q")
    if path.is_file():
        found.frombytes(path.read_bytes())
    return found


def verdict(before: set[int], after: set[int], got: "array[int]") -> dict[str, int]:
    """Rows missing that were there all the time, rows missing that came meanwhile, rows that came more than once."""
    times = Counter(got)
    return {
        "missing": len((before & after) - times.keys()),
        "late": len((after - before) - times.keys()),
        "doubled": len(got) - len(times),
        "strange": len(times.keys() - before - after),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
