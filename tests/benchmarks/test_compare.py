"""The comparison with other clients tells what is missing, what is doubled, and who was fastest."""

from array import array
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.compare import Trial, fastest_peer, is_good, trial
from tests.benchmarks.compare_portal import verdict

GOOD = Trial(
    requests=41, rejected=0, seconds=10.0, processor=1.0, memory=50, missing=0, late=0, doubled=0, strange=0,
    portal=9.0, error="",
)  # fmt: skip


def test_rows_are_held_against_the_portal() -> None:
    """5 was deleted meanwhile and need not be there; 7 and 8 came meanwhile; 9 never was."""
    found = verdict({1, 2, 3, 4, 5}, {1, 2, 3, 4, 7, 8}, array("q", [1, 2, 2, 2, 3, 7, 9]))
    assert found == {"missing": 1, "late": 1, "doubled": 2, "strange": 1}


def test_only_a_complete_peer_counts() -> None:
    """One that loses a row, or ended with an error, is no measure, however fast."""
    quick = replace(GOOD, seconds=1.0)
    found = {
        "b24kpi": [GOOD],
        "slow": [GOOD],
        "lost": [replace(quick, missing=1)],
        "failed": [replace(quick, error="x")],
    }
    assert (fastest_peer(found), is_good("bucket", found)) == ("slow", True)


def test_ours_may_take_a_tenth_longer_but_lose_nothing() -> None:
    """Half as long again where nothing holds anybody up."""
    late, lost = [replace(GOOD, seconds=12.0)], [replace(GOOD, missing=1)]
    answers = [is_good(name, {"b24kpi": ours, "peer": [GOOD]}) for name in ("plain", "bucket") for ours in (late, lost)]
    assert answers == [True, False, False, False]


def test_ours_is_complete_where_commands_fail(tmp_path: Path) -> None:
    """In a process of its own, beside the portal in another."""
    found = trial(tmp_path, "errors", 1_000, "b24kpi")
    assert (found.is_complete, found.requests > 2) == (True, True)
