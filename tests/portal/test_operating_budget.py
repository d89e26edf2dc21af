"""How long the portal may work for us."""

import pytest

from b24kpi.portal.limiter import Operating
from b24kpi.portal.protocol import PortalTime
from tests.portal.far_end import Clock


def told(used: float | None, until_reset: float = 300.0) -> PortalTime:
    return PortalTime(5_000.0, used, 5_000.0 + until_reset)


def budget(clock: Clock, *totals: float) -> Operating:
    operating = Operating(clock, limit=400.0)
    for used in totals:
        operating.note("crm.deal.list", told(used))
    return operating


@pytest.mark.parametrize("used", [0.0, 100.0, 319.0])
def test_below_four_fifths_a_method_is_free(used: float) -> None:
    """Nothing waits before it has to."""
    assert budget(Clock(), used).wait("crm.deal.list") == 0.0


def test_above_four_fifths_the_rest_is_spread_until_the_reset() -> None:
    """Ten of forty seconds a call, 300 until the reset: every 75 seconds one."""
    assert budget(Clock(), 350.0, 360.0).wait("crm.deal.list") == 75.0


def test_at_the_limit_the_method_is_parked_until_the_reset() -> None:
    """The next call would be refused."""
    assert budget(Clock(), 400.0).wait("crm.deal.list") == 300.0


def test_after_the_reset_the_method_is_free() -> None:
    """What was known is too old to wait for."""
    clock = Clock()
    operating = budget(clock, 400.0)
    clock.sleep(301)
    assert operating.wait("crm.deal.list") == 0.0


def test_the_total_is_a_total() -> None:
    """`operating` accumulates on the portal; adding it up here would park a busy method for nothing."""
    assert budget(Clock(), *range(10, 310, 10)).wait("crm.deal.list") == 0.0


def test_each_method_has_its_own_budget() -> None:
    """A parked method stops no other; names are compared in any case."""
    operating = budget(Clock(), 400.0)
    assert operating.wait("crm.lead.list") == 0.0
    assert operating.wait("CRM.Deal.List") == 300.0


def test_a_portal_that_tells_nothing_is_never_slowed() -> None:
    """Self-hosted portals leave the field out."""
    operating = Operating(Clock())
    operating.note("crm.deal.list", PortalTime())
    assert operating.wait("crm.deal.list") == 0.0


def test_a_blocked_method_is_parked_as_long_as_the_portal_says() -> None:
    """Its own word counts first."""
    operating = budget(Clock(), 100.0)
    operating.park("crm.deal.list", 120.0)
    assert operating.wait("crm.deal.list") == 120.0


def test_a_blocked_method_is_parked_until_its_last_known_reset() -> None:
    """The refusal itself often says nothing."""
    operating = budget(Clock(), 100.0)
    operating.park("crm.deal.list")
    assert operating.wait("crm.deal.list") == 300.0


def test_without_any_word_parking_grows_by_the_minute() -> None:
    """One minute, then two, then three: the block lasts ten at most."""
    clock, waits = Clock(), []
    operating = Operating(clock)
    for _ in range(3):
        operating.park("crm.deal.list")
        waits.append(operating.wait("crm.deal.list"))
        clock.sleep(waits[-1])
    assert waits == [60.0, 120.0, 180.0]


def test_a_wrong_clock_parks_for_ten_minutes_at_most() -> None:
    """The portal counts ten minutes; more is a misread clock."""
    operating = Operating(Clock(), limit=400.0)
    operating.note("crm.deal.list", PortalTime(None, 400.0, 9e12))
    assert operating.wait("crm.deal.list") == 600.0
