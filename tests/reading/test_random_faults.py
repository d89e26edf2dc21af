"""Whatever a portal, its proxy and the network do to a sync: in the end the cache is as if nothing had happened."""

from pathlib import Path
from random import Random

import pytest

from b24kpi.demo.faults import CARRYING_OUT, REPLACING
from b24kpi.errors import B24KpiError
from tests.pipeline.cache_tables import fact_rows, live_rows, make_all_facts, query
from tests.pipeline.conftest import company
from tests.pipeline.places import Clock, Place, opened_place

METHODS = ("crm.deal.list", "crm.lead.list", "crm.stagehistory.list", "crm.activity.list")
CODES = ("INTERNAL_SERVER_ERROR", "OPERATION_TIME_LIMIT", "QUERY_LIMIT_EXCEEDED", "ERROR_UNEXPECTED_ANSWER")


def disturb(place: Place, random: Random) -> None:
    """Faults of every kind at random requests, and commands that fail inside of batches."""
    place.portal.faults.at_random(0.2, random.randrange(10**9), (*REPLACING, *CARRYING_OUT))
    for _ in range(random.randrange(6)):
        place.portal.faults.add(
            "command_error",
            random.choice(METHODS),
            times=random.randrange(1, 4),
            after=random.randrange(40),
            code=random.choice(CODES),
        )


def try_to_sync(place: Place) -> bool:
    """Whether a run was complete; one that cannot go on tells why, with an error meant for people."""
    try:
        with place.app() as app:
            complete = app.sync().complete
            make_all_facts(app)
            return complete
    except B24KpiError:
        return False


def end_as_undisturbed(folder: Path, seed: int) -> None:
    """Disturbed runs, changes in between, then a quiet run."""
    random, clock = Random(seed), Clock()
    with opened_place(folder, company(120, seed=seed % 3), clock=clock, sleep=clock.sleep) as place:
        for _ in range(3):
            disturb(place, random)
            try_to_sync(place)
            place.portal.faults.clear()
            clock.sleep(3600)
            change_some(place, random)
        assert try_to_sync(place)
        with place.app("undisturbed.sqlite") as app:
            assert app.sync().complete
            make_all_facts(app)
        anew = folder / "undisturbed.sqlite"
        assert live_rows(place.cache) == live_rows(anew)
        assert fact_rows(place.cache) == fact_rows(anew)
        assert query(place.cache, "SELECT COUNT(*) FROM stream_range") == [(0,)]


def change_some(place: Place, random: Random) -> None:
    for row in random.sample(place.state.rows("deal"), 3):
        place.state.update("deal", row["ID"], {"TITLE": f"Changed {random.random()}"})


@pytest.mark.parametrize("seed", range(6))
def test_a_bad_day_leaves_no_trace(tmp_path: Path, seed: int) -> None:
    """Every fifth request fails in one way or another, commands fail besides."""
    end_as_undisturbed(tmp_path, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(6, 206))
def test_no_bad_day_of_many_leaves_a_trace(tmp_path: Path, seed: int) -> None:
    """Two hundred of them."""
    end_as_undisturbed(tmp_path, seed)
