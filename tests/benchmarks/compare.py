"""Our sync of deals beside fast_bitrix24 and b24pysdk, in one run on the demo portal.

    python -m tests.benchmarks.compare --deals 100000 --rounds 3 --folder FOLDER [--scenario latency] [--client b24kpi]

FOLDER keeps the portals for the next run. For each row of the table a portal and a client are started as processes of
their own. Ours writes SQLite meanwhile. A client is complete in a row where it ended without an error and neither
misses deals that were there all the time nor gives one twice; deals that come meanwhile are told, but are for the next
run. The ratio is ours to the fastest complete peer. On a machine that others use too, processor seconds say more.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.compare_clients import CLIENTS
from tests.benchmarks.compare_scenarios import SCENARIOS

OURS = "b24kpi"
SELDOM = "fast list_and_get"  # a request for every fifty deals: never the fastest, and minutes long
LONGEST = 1_800.0
MOST_WITH_TROUBLE, MOST_WITHOUT = 1.1, 1.5


@dataclass(frozen=True)
class Trial:
    """One client in one scenario, once. Seconds are of the clock and of the processor; memory is in megabytes."""

    requests: int
    rejected: int
    seconds: float
    processor: float
    memory: int
    missing: int
    late: int
    doubled: int
    strange: int
    portal: float
    error: str

    @property
    def is_complete(self) -> bool:
        return not (self.error or self.missing or self.doubled or self.strange)


def main() -> None:
    """Measure and print; ends with 1 where ours is not complete, or slower than it should be."""
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    failed = False
    for name in options.scenario or SCENARIOS:
        load = os.getloadavg()[0]
        found = trials(options, name)
        show(name, options.deals, load, found)
        failed |= not is_good(name, found)
    sys.exit(failed)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deals", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--scenario", choices=SCENARIOS, action="append")
    parser.add_argument("--client", choices=CLIENTS, action="append")
    return parser.parse_args()


def trials(options: argparse.Namespace, scenario: str) -> dict[str, list[Trial]]:
    """Client → its trials; the clients take turns, so that a busy minute of the machine meets all of them."""
    clients = options.client or [name for name in CLIENTS if name != SELDOM]
    found: dict[str, list[Trial]] = {name: [] for name in clients}
    for _ in range(options.rounds):
        for name in clients:
            found[name].append(trial(options.folder, scenario, options.deals, name))
    return found


def trial(folder: Path, scenario: str, deals: int, client: str) -> Trial:
    """One portal, one client."""
    portal = [sys.executable, "-m", "tests.benchmarks.compare_portal", str(folder), scenario, str(deals)]
    with (
        tempfile.TemporaryDirectory() as own,
        subprocess.Popen(portal, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server,
    ):
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        measured = ask(client, url, own, SCENARIOS[scenario].plan)
        verdict, _ = server.communicate(f"{own}/ids\n")
    return Trial(**measured, **json.loads(verdict))


def ask(client: str, url: str, own: str, plan: str) -> dict[str, Any]:
    """Run a client to its end; one that takes too long is ended."""
    command = [sys.executable, "-m", "tests.benchmarks.compare_clients", client, url, own, plan]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        return {"seconds": LONGEST, "processor": 0.0, "memory": 0, "error": f"{error} {error.stderr}"[-300:]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def seconds_of(trials: Sequence[Trial]) -> float:
    """Of the middle trial, by the clock."""
    return median(trial.seconds for trial in trials)


def fastest_peer(found: dict[str, list[Trial]]) -> str | None:
    """The client that was complete in all trials and took least; None where none was."""
    complete = [name for name in found if name != OURS and all(trial.is_complete for trial in found[name])]
    return min(complete, key=lambda name: seconds_of(found[name]), default=None)


def is_good(scenario: str, found: dict[str, list[Trial]]) -> bool:
    """Whether ours is complete, and fast enough beside the fastest complete peer."""
    trials, peer = found.get(OURS, []), fastest_peer(found)
    most = MOST_WITHOUT if SCENARIOS[scenario].free else MOST_WITH_TROUBLE
    is_fast = not trials or peer is None or seconds_of(trials) <= most * seconds_of(found[peer])
    return is_fast and all(trial.is_complete for trial in trials)


def show(scenario: str, deals: int, load: float, found: dict[str, list[Trial]]) -> None:
    """A table for one scenario."""
    peer = fastest_peer(found)
    best = seconds_of(found[peer]) if peer else 0.0
    print(f"\n{SCENARIOS[scenario].title}: {deals:,} deals, {os.cpu_count()} processors, load {load:.1f}")
    print(
        f"{'':30}{'requests':>9}{'503':>5}{'wall s':>8}{'cpu s':>7}{'portal':>7}"
        f"{'MB':>6}{'missing':>9}{'new':>6}{'twice':>7}{'ratio':>7}"
    )
    for name, trials in found.items():
        ratio = f"{seconds_of(trials) / best:7.2f}" if best else f"{'-':>7}"
        middle = sorted(trials, key=lambda trial: trial.seconds)[len(trials) // 2]
        worst = {what: max(getattr(trial, what) for trial in trials) for what in ("missing", "late", "doubled")}
        print(
            f"{name:30}{middle.requests:9}{middle.rejected:5}{seconds_of(trials):8.2f}"
            f"{median(trial.processor for trial in trials):7.2f}{median(trial.portal for trial in trials):7.2f}"
            f"{max(trial.memory for trial in trials):6}{worst['missing']:9}{worst['late']:6}{worst['doubled']:7}{ratio}"
            f"  {'' if middle.is_complete else 'incomplete ' + middle.error}",
            flush=True,
        )


if __name__ == "__main__":
    main()
