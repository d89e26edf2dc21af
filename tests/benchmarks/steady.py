"""What keeping up costs on a big portal: a hundred changes, fifty deletions.

    python -m tests.benchmarks.steady --deals 1000000 --folder FOLDER [--rounds 3] [--port 18431]

FOLDER keeps the portal (the one of `compare`) and the cache that a first sync made of it. The portal is in this
process, the runs in one of their own each, over the settings as they are written by `init`; in the requests of a run
there are those for all streams and directories, of which but deals are next to empty.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

from b24kpi.demo.prebuilt import copy_prebuilt, open_prebuilt
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState
from tests.benchmarks.compare_scenarios import fill, state_path

CHANGED, DELETED = 100, 50
METHOD = "crm.deal.list"
# sqlite-utils imports pandas (50 MB) where it is installed, as it is for the tests; b24kpi has not.
CLIENT = """
import sys
sys.modules["pandas"] = None
from tests.benchmarks.steady_client import main
main(*sys.argv[1:])
"""


def main() -> None:
    """Fill a cache, where there is none; then changes, deletions, a round after another."""
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    path = state_path(options.folder, options.deals, 1)
    open_prebuilt(path, lambda state: fill(state, options.deals, 1)).close()
    with (
        tempfile.TemporaryDirectory(dir=options.folder) as own,
        closing(copy_prebuilt(path, Path(own) / "portal.db")) as state,
        DemoPortal(state, port=options.port) as portal,
    ):
        measure(options, portal, Path(own))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deals", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=18_431, help="the same as in the run that made the cache")
    parser.add_argument("--months", type=int, default=3, help="for which KPIs are asked; 0: they are left out")
    return parser.parse_args()


def measure(options: argparse.Namespace, portal: DemoPortal, own: Path) -> None:
    """Print a line for each run."""
    random, cache = Random(7), own / "b24kpi.sqlite"
    (own / "settings.toml").write_text(f'[portal]\nwebhook_url = "{portal.url}"\nplan = "self_hosted"\n')
    kept = options.folder / f"steady-{options.deals}.sqlite"
    if not kept.exists():
        show("first sync", run(portal, own, "first", options.months))
        shutil.copyfile(cache, kept)
    shutil.copyfile(kept, cache)
    show("nothing new", run(portal, own, "increment", options.months))
    for _ in range(options.rounds):
        change(portal.state, random.sample(range(1, options.deals), CHANGED))
        show(f"{CHANGED} changes", run(portal, own, "increment", options.months))
    for _ in range(options.rounds):
        gone = [
            number for number in random.sample(range(1, options.deals), DELETED) if portal.state.row("deal", number)
        ]
        portal.state.delete_many("deal", gone)
        show(f"{len(gone)} deletions", run(portal, own, "deletions", options.months))


def change(state: PortalState, numbers: list[int]) -> None:
    for number in numbers:
        if state.row("deal", number):
            state.update("deal", number, {"OPPORTUNITY": number % 1_000 + 0.5})


def run(portal: DemoPortal, own: Path, what: str, months: int) -> dict[str, Any]:
    """One child process; beside what it tells, what the portal was asked."""
    requests, before = portal.stats.requests, Counter(portal.stats.by_method)
    command = [sys.executable, "-c", CLIENT, what, str(own / "settings.toml"), str(months)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    asked = Counter(portal.stats.by_method) - before
    found = {"requests": portal.stats.requests - requests, "lists": asked[METHOD], "load": os.getloadavg()[0]}
    return found | json.loads(done.stdout.splitlines()[-1])


def show(what: str, found: dict[str, Any]) -> None:
    """One line."""
    print(
        f"{what:14} requests {found['requests']:4}  lists of deals {found['lists']:5}  rows {found['rows']:8}  "
        f"changed {found['changed']:8}  sync {found['sync']:7.2f} s, of which facts {found['facts']:6.2f} s; "
        f"KPIs {found['kpis']:5.2f} s  all {found['sync'] + found['kpis']:7.2f} s  cpu {found['processor']:7.2f} s  "
        f"{found['memory']:4} MB  load {found['load']:.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
