"""Making facts by two processes, of which either may be killed anywhere: the next run makes what is missing."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from b24kpi.cache.store import Store
from b24kpi.facts.refresh import made_facts, refresh
from tests.event_logs import REPORT_CURRENCY, ZONE, random_tables
from tests.event_ratings import with_answers
from tests.facts.mutations import filled_store
from tests.facts.test_delta import FIGURES, facts, rebuilt

ROOT = Path(__file__).parents[2]  # where `tests` is found
KILLS = 20
MAKING = """
import subprocess, sys
from b24kpi.cache import interpreter, store
from b24kpi.facts import everyone
from b24kpi.facts.refresh import refresh
from tests.event_logs import REPORT_CURRENCY, ZONE
from tests.facts.test_delta import FIGURES

def start(*arguments, **options):
    process = subprocess.Popen(*arguments, **options)
    print(process.pid, flush=True)
    return process

store.BIG, everyone.SHARE, interpreter.Popen = 0, 2, start
with store.Store(sys.argv[1]) as cache:
    refresh(cache, ZONE, REPORT_CURRENCY, FIGURES)
"""


def make(path: Path, rng: Random) -> str:
    """Make facts in a process of their own, one of the two killed within a second; what it said on standard error.

    Both have the same, so that it is read to its end only when both are gone.
    """
    command = [sys.executable, "-c", MAKING, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as near:
        assert near.stdout
        far = int(near.stdout.readline())
        time.sleep(rng.uniform(0, 1))
        with suppress(ProcessLookupError):  # it was quicker
            os.kill(rng.choice([near.pid, far]), signal.SIGKILL)
        return near.communicate(timeout=60)[1]


@pytest.mark.soak
def test_facts_are_made_however_often_that_was_cut_off(tmp_path: Path) -> None:
    """Nobody outlives the other, nothing half made counts as made, and in the end there is what there should be."""
    rng = Random(7)
    lost = 0
    with filled_store(with_answers(random_tables(7, 60), 7)) as filled, Store(tmp_path / "big.sqlite") as big:
        filled.db.conn.backup(big.db.conn)
        for _ in range(KILLS):
            errors = make(big.path, rng)
            lost += "CacheError" in errors
            if made_facts(big):
                assert facts(big) == rebuilt(big)
                big.db.execute("DELETE FROM meta")
        assert 0 < lost < KILLS
        refresh(big, ZONE, REPORT_CURRENCY, FIGURES)
        assert facts(big) == rebuilt(big)
    assert {path.name for path in tmp_path.iterdir()} == {"big.sqlite"}
