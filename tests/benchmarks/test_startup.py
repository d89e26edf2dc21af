"""How long people wait for help: the command beside the bare interpreter, best of fifteen fresh processes."""

import subprocess
import sys
from time import perf_counter

import pytest

RUNS = 15
LINES = {
    "python -c pass": ["-c", "pass"],
    "b24kpi --help": ["-m", "b24kpi", "--help"],
    "b24kpi report --help": ["-m", "b24kpi", "report", "--help"],
}


@pytest.mark.benchmark
def test_startup() -> None:
    """Prints milliseconds and the ratio to an interpreter that does nothing."""
    best = {name: min(seconds_of(arguments) for _ in range(RUNS)) for name, arguments in LINES.items()}
    bare = best["python -c pass"]
    for name, seconds in best.items():
        print(f"{name:<24} {seconds * 1000:6.0f} ms  {seconds / bare:5.1f} x")


def seconds_of(arguments: list[str]) -> float:
    began = perf_counter()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
    return perf_counter() - began
