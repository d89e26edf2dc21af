"""How often the portal is asked: as seldom as its pages allow, and never faster than it bears."""

import json
from math import ceil

from b24kpi.demo.limits import Limits
from b24kpi.portal.entities import ENTITIES
from tests.pipeline.conftest import OpenPlace, company
from tests.pipeline.places import Place

ROWS_PER_REQUEST = 2500
BURST, RATE = 50, 2.0
# Twelve streams and their bounds, a few directories that come alone, and who asks whom at which time.
APART = 10
REPORT = """
[[report]]
name = "wide"
metrics = ["total_sales", "aov", "win_rate", "stage_conversion", "ltv_historic", "won_deals"]
period = "month"
periods = 12
by = ["", "manager", "source", "pipeline"]
sinks = ["smart_process"]
"""


def allowed(rows: dict[str, int]) -> int:
    return sum(ceil(rows[entity.name] / ROWS_PER_REQUEST) + 2 for entity in ENTITIES) + APART


def test_a_full_sync_asks_once_for_2500_rows(opened: OpenPlace) -> None:
    """Plus two requests a stream and ten apart; the command tells the number truly."""
    place = opened(company(1000))
    told = json.loads(place.run("sync", "--format", "json").stdout)
    assert told["requests"] == place.portal.stats.requests
    assert told["requests"] <= allowed({stream["stream"]: stream["rows"] for stream in told["streams"]})
    assert told["rows"] > 10_000


def test_the_table_tells_the_number_of_requests(opened: OpenPlace) -> None:
    """In the sentence below it."""
    place = opened(company(30))
    lines = place.run("sync").stdout.splitlines()
    assert str(place.portal.stats.requests) in lines[-1]


def test_nothing_new_costs_next_to_nothing(opened: OpenPlace) -> None:
    """Whatever the size of the portal: the bounds, one request for all changes, and the directories."""
    place = opened(company(1000))
    place.run("sync")
    assert json.loads(place.run("sync", "--format", "json").stdout)["requests"] <= 12


def test_the_portal_never_has_to_say_too_many_requests(opened: OpenPlace) -> None:
    """Thirty thousand rows and thousands of entries, with a burst of 50 and 2 a second: not one 503."""
    place = opened(company(2000), limits=Limits(burst=BURST, rate=RATE), further=REPORT)
    synced, created = refresh(place)
    assert (synced > 30_000, created > 1_000, place.portal.stats.rejected_503) == (True, True, 0)
    assert place.portal.stats.requests > BURST


def refresh(place: Place) -> tuple[int, int]:
    """Rows read and entries created; on the clock of the test waiting takes no time."""
    with place.app() as app:
        synced = app.sync(full=True)
        assert synced.complete
        for _ in range(5):
            app.sync()
        return synced.rows, sum(result.created for result in app.push())
