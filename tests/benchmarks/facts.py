"""How long facts and KPIs take on a big portal, beside pandas and DuckDB on the same raw rows.

    python -m tests.benchmarks.facts --deals 1000000 --folder FOLDER [--duckdb PYTHON]

FOLDER keeps the portal's rows for the next run. PYTHON is an interpreter with `duckdb==1.5.5`,
`duckdb-extension-sqlite-scanner` and the requirements of b24kpi; without it DuckDB is left out. pandas comes with the
test extra (lifelines needs it). Each part is a process of its own, so that its peak of memory is its own; on a machine
that others use too, processor seconds say more than those of the clock.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.agreement import differences
from tests.benchmarks.big_cache import big_cache

TARGETS = {"facts": 90, "kpis": 10, "change1": 1, "change2": 1}  # seconds
ROUND = "facts and the present month after 100 changed deals"
NAMES = {
    "facts": "facts of the nine KPIs from nothing",
    "kpis": "nine KPIs, 24 months, 4 slicings",
    "change1": ROUND,
    "change2": f"{ROUND}, again",
    "with_pandas": "the same KPIs by pandas",
    "with_duckdb": "the same KPIs by DuckDB",
    "rest": "all other facts",
}


def main() -> None:
    """Measure, compare the answers, print the table; ends with 1 where answers differ."""
    options = arguments()
    cache = options.folder / "measured.sqlite"
    for old in options.folder.glob(f"{cache.name}*"):
        old.unlink()
    shutil.copyfile(big_cache(options.folder, options.deals), cache)
    found = {what: child(sys.executable, "tests.benchmarks.ours", what, str(cache)) for what in ("facts", "kpis")}
    found["with_pandas"] = child(sys.executable, "tests.benchmarks.with_pandas", str(cache))
    if options.duckdb:
        found["with_duckdb"] = child(options.duckdb, "tests.benchmarks.with_duckdb", str(cache))
    differing = {
        name: differences(found["kpis"]["answers"], found[name]["answers"]) for name in found if "with" in name
    }
    later = ("change1", "change2", "rest")
    found |= {what: child(sys.executable, "tests.benchmarks.ours", what, str(cache)) for what in later}
    print(f"{options.deals:,} deals, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    show(found)
    for name, cells in differing.items():
        print(f"{NAMES[name]}: {len(cells)} of {sum(map(len, found['kpis']['answers'].values()))} values differ")
        print("\n".join(cells[:5]))
    sys.exit(any(differing.values()))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deals", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--duckdb", metavar="PYTHON", default="")
    return parser.parse_args()


def child(python: str, module: str, *rest: str) -> dict[str, Any]:
    """What a part printed, in a process of its own."""
    run = subprocess.run([python, "-W", "ignore", "-m", module, *rest], stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def show(found: dict[str, dict[str, Any]]) -> None:
    """The table; ratios are to our KPIs, and to our facts and KPIs together, by processor seconds."""
    warm = found["kpis"]["processor"]
    cold = warm + found["facts"]["processor"]
    print(f"{'':<62} {'clock s':>8} {'target':>7} {'proc. s':>8} {'MB':>6} {'/ KPIs':>7} {'/ facts + KPIs':>14}")
    for what, name in NAMES.items():
        part = found.get(what)
        if part:
            ratios = f"{part['processor'] / warm:7.2f} {part['processor'] / cold:14.2f}" if "with" in what else ""
            print(
                f"{name:<62} {part['seconds']:8.2f} {TARGETS.get(what, ''):>7} {part['processor']:8.2f} "
                f"{part['memory']:6.0f} {ratios}"
            )


if __name__ == "__main__":
    main()
