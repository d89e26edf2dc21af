"""How long facts and KPIs take on a big portal, beside pandas and DuckDB on the same raw rows.

    python -m tests.benchmarks.facts --deals 1000000 --folder FOLDER [--duckdb PYTHON]

FOLDER keeps the portal's rows for the next run. PYTHON is an interpreter with `duckdb==1.5.5`,
`duckdb-extension-sqlite-scanner` and the requirements of b24kpi; without it DuckDB is left out. pandas comes with the
test extra (lifelines needs it); the targets are for b24kpi with the extra `fast`. Each part is a process of its own, so
that its peak of memory is its own; on a machine that others use too, processor seconds say more than those of the
clock.

Ours answers the whole default preset. The others answer what plain tables can tell (`questions.COMMON`), so that what
ours takes for just these KPIs and their facts stands first, and is what the others are compared with; of response time
and lost requests they tell one number each, ours those beside it too.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3

from b24kpi.metrics.presets import find_preset
from tests.benchmarks.agreement import differences
from tests.benchmarks.big_cache import big_cache
from tests.benchmarks.questions import COMMON

Found = dict[str, dict[str, Any]]

TARGETS = {"facts": 90, "kpis": 10, "change1": 1, "change2": 1}  # seconds
ROUND = "facts and the present month's preset after 100 changed deals"
NAMES = {
    "common_facts": "facts of the common KPIs, from nothing",
    "common": f"{len(COMMON)} common KPIs, 24 months, 4 slicings",
    "with_pandas": "the same KPIs by pandas",
    "with_duckdb": "the same KPIs by DuckDB",
    "facts": "facts of the default preset, from nothing",
    "kpis": f"default preset ({len(find_preset('default').metrics)} KPIs), 24 months, 4 slicings",
    "change1": ROUND,
    "change2": f"{ROUND}, again",
    "all": "all facts, from nothing",
}
ROUNDS = (("common_facts", "common"), ("facts", "kpis", "each", "change1", "change2"), ("all",))  # each on a new cache


def main() -> None:
    """Measure, compare the answers, print the tables; ends with 1 where answers differ."""
    options = arguments()
    found: Found = {}
    for parts in ROUNDS:
        cache = new_cache(options.folder, options.deals)
        found |= {part: child(sys.executable, "tests.benchmarks.ours", part, str(cache)) for part in parts}
        if "common" in parts:
            found |= others(options.duckdb, cache)
    machine = f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, SQLite {sqlite3.sqlite_version}"
    print(f"{options.deals:,} deals, {machine}")
    show(found)
    show_each(found["each"]["kpis"])
    differing = disagreements(found)
    for name, cells in differing.items():
        print(f"{NAMES[name]}: {len(cells)} of {values_of(found)} values differ; left out: {left_out(found, name)}")
        for each in cells[:5]:
            print(each)
    sys.exit(any(differing.values()))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deals", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--duckdb", metavar="PYTHON", default="")
    return parser.parse_args()


def new_cache(folder: Path, deals: int) -> Path:
    """A copy of the portal's rows, without facts."""
    cache = folder / "measured.sqlite"
    for old in folder.glob(f"{cache.name}*"):
        old.unlink()
    shutil.copyfile(big_cache(folder, deals), cache)
    return cache


def others(duckdb: str, cache: Path) -> Found:
    """What the engines beside ours take for the raw rows of the cache."""
    found = {"with_pandas": child(sys.executable, "tests.benchmarks.with_pandas", str(cache))}
    if duckdb:
        found["with_duckdb"] = child(duckdb, "tests.benchmarks.with_duckdb", str(cache))
    return found


def child(python: str, module: str, *rest: str) -> dict[str, Any]:
    """What a part printed, in a process of its own."""
    run = subprocess.run([python, "-W", "ignore", "-m", module, *rest], stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def disagreements(found: Found) -> dict[str, list[str]]:
    """Part → the values that are not those of our common KPIs; the whole preset must say the same of them."""
    ours = found["common"]["answers"]
    return {
        part: differences(ours, {name: theirs["answers"].get(name, {}) for name in ours})
        for part, theirs in found.items()
        if part == "kpis" or "with" in part
    }


def values_of(found: Found) -> int:
    """How many values are compared."""
    return sum(map(len, found["common"]["answers"].values()))


def left_out(found: Found, part: str) -> str:
    """The KPIs of the preset that it does not answer."""
    missing = [name for name in found["each"]["kpis"] if name not in found[part]["answers"]]
    return ", ".join(missing) or "nothing"


def show(found: Found) -> None:
    """The table; ratios are to ours for the common KPIs, and to their facts and them together, by processor seconds."""
    warm = found["common"]["processor"]
    cold = warm + found["common_facts"]["processor"]
    print(f"{'':<62} {'clock s':>8} {'target':>7} {'proc. s':>8} {'MB':>6} {'/ KPIs':>7} {'/ facts + KPIs':>14}")
    for what, name in NAMES.items():
        part = found.get(what)
        if part:
            ratios = f"{part['processor'] / warm:7.2f} {part['processor'] / cold:14.2f}" if "with" in what else ""
            print(
                f"{name:<62} {part['seconds']:8.2f} {TARGETS.get(what, ''):>7} {part['processor']:8.2f} "
                f"{part['memory']:6.0f} {ratios}"
            )


def show_each(kpis: Mapping[str, tuple[float, int, int]]) -> None:
    """What each KPI of the preset takes when nothing is read for others too."""
    print(f"\n{'each by itself':<62} {'proc. s':>8} {'values':>7} {'of':>7}")
    for name, (seconds, known, values) in kpis.items():
        print(f"{name:<62} {seconds:8.2f} {known:7} {values:7}")


if __name__ == "__main__":
    main()
