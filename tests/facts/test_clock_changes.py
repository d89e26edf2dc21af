"""When clocks change, found by few looks at them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.facts.clock_changes import clock_changes

FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (1999, 2030))
ZONES = ("Europe/Kyiv", "America/Recife", "Pacific/Apia", "Africa/Casablanca", "America/St_Johns", "UTC")


def test_clocks_of_kyiv_change_twice_a_year() -> None:
    """On the last Sundays of March and October, at one o'clock of Greenwich."""
    begin, end = (int(datetime(2026, month, 1, tzinfo=UTC).timestamp()) for month in (1, 12))
    changes = [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]
    found = clock_changes(ZoneInfo("Europe/Kyiv"), begin, end)
    assert found == [(begin, 7200), *zip((int(each.timestamp()) for each in changes), (10_800, 7200), strict=True)]


@pytest.mark.parametrize("name", ZONES)
@given(moment=st.integers(FIRST, LAST))
def test_any_moment_is_told_as_the_zone_does(name: str, moment: int) -> None:
    """Also in Recife, where summer time once lasted for a week, and in Apia, which once left out a day."""
    zone = ZoneInfo(name)
    ahead = [seconds for begin, seconds in clock_changes(zone, FIRST, LAST) if begin <= moment][-1]
    offset = datetime.fromtimestamp(moment, zone).utcoffset()
    assert offset is not None
    assert offset.total_seconds() == ahead
