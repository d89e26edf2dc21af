"""The benchmark of facts and KPIs compares like with like."""

import sys
from pathlib import Path

import pytest

from b24kpi.metrics.presets import find_preset
from tests.benchmarks.agreement import differences
from tests.benchmarks.big_cache import big_cache
from tests.benchmarks.facts import child, disagreements, left_out
from tests.benchmarks.questions import COMMON

OURS, PANDAS = "tests.benchmarks.ours", "tests.benchmarks.with_pandas"


@pytest.mark.soak
def test_pandas_answers_as_we_do(tmp_path: Path) -> None:
    """Every value of the common KPIs of a small portal, in processes of their own as in the benchmark."""
    cache = str(big_cache(tmp_path, 300))
    made = child(sys.executable, OURS, "common_facts", cache)
    ours, theirs = child(sys.executable, OURS, "common", cache), child(sys.executable, PANDAS, cache)
    assert made["wanted"]
    assert set(ours["answers"]) == set(theirs["answers"]) == set(COMMON)
    assert differences(ours["answers"], theirs["answers"]) == []


def test_a_value_that_differs_or_is_left_out_is_named() -> None:
    """What another engine does not say at all counts as empty."""
    preset = find_preset("default").metrics
    ours = {"aov": {"202611  ": [5.0, 2.0]}, "win_rate": {"202611  ": [1.0, 2.0]}}
    found = {
        "common": {"answers": ours},
        "kpis": {"answers": ours},
        "with_pandas": {"answers": {"aov": {"202611  ": [5.0, 2.0]}}},
        "each": {"kpis": dict.fromkeys(preset, (0.0, 1, 1))},
    }
    assert disagreements(found)["kpis"] == []
    assert [cell.split()[0] for cell in disagreements(found)["with_pandas"]] == ["win_rate"]
    assert left_out(found, "with_pandas") == ", ".join(name for name in preset if name != "aov")
