"""The loan log as a portal holds it: counts of kpi.md 4.2, read from the state alone."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from b24kpi.demo.state import PortalState
from tests.loaders import bpi2012


@pytest.fixture(scope="module")
def state() -> Iterator[PortalState]:
    state = PortalState(time_zone=bpi2012.TIME_ZONE, base_currency=bpi2012.BASE_CURRENCY, now=lambda: bpi2012.NOW)
    bpi2012.load(state)
    yield state
    state.close()


def test_every_stage_is_reached_by_as_many_deals_as_published(state: PortalState) -> None:
    """A deal reaches a stage once, however the log words it."""
    reached = dict(state.select("SELECT STAGE_ID, count(DISTINCT OWNER_ID) FROM deal_history GROUP BY 1"))
    process = [reached[code] for code, _, kind in bpi2012.STAGES if not kind]
    assert process == [13087, 13087, 7367, 5113, 5015]
    assert {"A_ACTIVATED": 2246, "A_DECLINED": 7635, "A_CANCELLED": 2807}.items() <= reached.items()


def test_deals_stand_where_their_history_ended(state: PortalState) -> None:
    """Won 2246, lost 10442, open 399, and no deal's row contradicts its last step."""
    kinds = dict(state.select("SELECT STAGE_SEMANTIC_ID, count(*) FROM deal GROUP BY 1"))
    assert kinds == {"S": 2246, "F": 10442, "P": 399}
    last = "SELECT max(ID) FROM deal_history GROUP BY OWNER_ID"
    assert (
        state.scalar(
            f"SELECT count(*) FROM deal_history h JOIN deal d ON d.ID = h.OWNER_ID AND d.STAGE_ID = h.STAGE_ID"
            f" AND d.MOVED_TIME = h.CREATED_TIME WHERE h.ID IN ({last})"
        )
        == 13087
    )


def test_amounts_are_those_applied_for(state: PortalState) -> None:
    """177,634,511 applied for, 35,290,338 granted, 15,712.53 on average."""
    assert state.scalar("SELECT sum(OPPORTUNITY) FROM deal") == 177_634_511
    won = state.select("SELECT sum(OPPORTUNITY), avg(OPPORTUNITY) FROM deal WHERE STAGE_SEMANTIC_ID = 'S'")
    assert (won[0][0], round(won[0][1], 2)) == (35_290_338, 15_712.53)


def test_cycle_of_won_deals_is_the_published_one(state: PortalState) -> None:
    """Mean 16.659 days, median 14.437, from creation to the first mark of a win."""
    days = [
        row[0] / 86400
        for row in state.select("SELECT MOVED_TIME - DATE_CREATE FROM deal WHERE STAGE_SEMANTIC_ID = 'S' ORDER BY 1")
    ]
    assert (round(sum(days) / len(days), 3), round((days[1122] + days[1123]) / 2, 3)) == (16.659, 14.437)


def test_steps_of_a_second_keep_the_order_of_the_stages(state: PortalState) -> None:
    """IDs ascend with time, and no application of this log moves backwards."""
    ranks = {code: rank for rank, (code, _, _) in enumerate(bpi2012.STAGES)}
    steps = state.select("SELECT OWNER_ID, STAGE_ID FROM deal_history ORDER BY OWNER_ID, ID")
    assert all(before[0] != after[0] or ranks[before[1]] < ranks[after[1]] for before, after in pairwise(steps))
    times = [row[0] for row in state.select("SELECT CREATED_TIME FROM deal_history ORDER BY ID")]
    assert times == sorted(times)
    assert times[-1] < bpi2012.NOW
