"""The Maven opportunities as a portal holds them: the golden figures, read from the state alone."""

from collections.abc import Iterator

import pytest

from b24kpi.demo.state import PortalState
from tests.loaders import maven


@pytest.fixture(scope="module")
def state() -> Iterator[PortalState]:
    state = PortalState(time_zone=maven.TIME_ZONE, base_currency=maven.BASE_CURRENCY, now=lambda: maven.NOW)
    maven.load(state)
    yield state
    state.close()


def test_every_opportunity_is_a_deal_on_its_stage(state: PortalState) -> None:
    """Won 4,238, lost 2,473, engaging 1,589, prospecting 500."""
    stages = dict(state.select("SELECT STAGE_ID, count(*) FROM deal GROUP BY 1"))
    assert stages == {"WON": 4238, "LOSE": 2473, "PREPARATION": 1589, "NEW": 500}


def test_revenue_is_the_published_one(state: PortalState) -> None:
    """10,005,534 in all, 2,360.91 on average."""
    found = state.select("SELECT sum(OPPORTUNITY), avg(OPPORTUNITY) FROM deal WHERE STAGE_SEMANTIC_ID = 'S'")
    assert (found[0][0], round(found[0][1], 2)) == (10_005_534, 2_360.91)


def test_quarters_of_2017_bring_the_published_revenue(state: PortalState) -> None:
    """The moment of a win is its final step in stage history."""
    found = state.select(
        "SELECT (CAST(strftime('%m', h.CREATED_TIME, 'unixepoch') AS INTEGER) + 2) / 3, sum(d.OPPORTUNITY)"
        " FROM deal_history h JOIN deal d ON d.ID = h.OWNER_ID WHERE h.STAGE_SEMANTIC_ID = 'S' GROUP BY 1"
    )
    assert found == [(1, 1_134_672), (2, 3_086_111), (3, 2_982_255), (4, 2_802_496)]


def test_deals_without_an_account_have_no_company(state: PortalState) -> None:
    """1,425 opportunities name no account; all others point to one that exists."""
    assert state.scalar("SELECT count(*) FROM deal WHERE COMPANY_ID = 0") == 1425
    assert state.scalar("SELECT count(*) FROM deal d JOIN company c ON c.ID = d.COMPANY_ID") == 7375


def test_closed_deals_have_two_steps_and_open_ones_one(state: PortalState) -> None:
    """A closed opportunity was engaged first; IDs ascend with time."""
    steps = dict(state.select("SELECT TYPE_ID, count(*) FROM deal_history GROUP BY 1"))
    assert steps == {1: 8800, 3: 6711}
    times = [row[0] for row in state.select("SELECT CREATED_TIME FROM deal_history ORDER BY ID")]
    assert times == sorted(times)


def test_agents_stand_in_the_department_of_their_manager(state: PortalState) -> None:
    """35 agents, 6 managers and the administrator; six departments under the root."""
    assert len(state.rows("user")) == 42
    assert len(state.rows("department", "PARENT = 1")) == 6
    assert state.scalar("SELECT count(DISTINCT ASSIGNED_BY_ID) FROM deal") == 30
