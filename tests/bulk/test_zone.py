"""Moments without an offset, by what REST shows of the server's zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from b24kpi.errors import UnexpectedAnswer
from b24kpi.portal.bulk_zone import ServerZone

KYIV = ["2024-01-10T12:00:00+02:00", "2024-07-10T12:00:00+03:00"]


def learnt(*moments: str) -> ServerZone:
    zone = ServerZone()
    for moment in moments:
        zone.learn(moment)
    return zone


def test_a_day_near_known_ones_is_settled() -> None:
    """Winter and summer."""
    zone = learnt(*KYIV)
    assert zone.moment("2024-01-11 08:15:01") == "2024-01-11T08:15:01+02:00"
    assert zone.moment("2024-07-11 00:00:00") == "2024-07-11T00:00:00+03:00"


def test_what_nobody_has_shown_is_not_guessed() -> None:
    """By summer alone Kyiv and Moscow are the same; neither is the winter's."""
    zone = learnt(KYIV[1])
    assert zone.moment("2024-07-12 10:00:00") == "2024-07-12T10:00:00+03:00"
    assert zone.moment("2024-12-12 10:00:00") is None


def test_the_hour_that_comes_twice_is_never_settled() -> None:
    """Nor the one that is left out; the hours beside them are."""
    hours = [datetime(2024, 10, 26, tzinfo=UTC) + timedelta(hours=hour) for hour in range(72)]
    hours += [datetime(2024, 3, 30, tzinfo=UTC) + timedelta(hours=hour) for hour in range(72)]
    zone = learnt(*(hour.astimezone(ZoneInfo("Europe/Kyiv")).isoformat() for hour in hours))
    assert zone.moment("2024-10-27 03:30:00") is None
    assert zone.moment("2024-03-31 03:30:00") is None
    assert zone.moment("2024-10-27 02:59:59") == "2024-10-27T02:59:59+03:00"
    assert zone.moment("2024-10-27 04:00:00") == "2024-10-27T04:00:00+02:00"


@pytest.mark.parametrize("name", ["Europe/Kyiv", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo"])
def test_a_settled_moment_is_the_true_one(name: str) -> None:
    """For every seventh hour of two years, in zones that have seen all sorts of changes."""
    true = ZoneInfo(name)
    moments = [datetime(2018, 1, 1, 0, 20, tzinfo=UTC) + timedelta(hours=7 * step) for step in range(2_500)]
    zone = learnt(*(moment.astimezone(true).isoformat() for moment in moments[::20]))
    settled = 0
    for moment in moments:
        local = moment.astimezone(true)
        found = zone.moment(local.strftime("%Y-%m-%d %H:%M:%S"))
        assert found is None or datetime.fromisoformat(found) == moment
        settled += found is not None
    assert settled > 0.9 * len(moments)


def test_a_zone_that_there_is_not_is_refused() -> None:
    """The offsets of two zones that never go together."""
    with pytest.raises(UnexpectedAnswer):
        learnt("2024-01-10T12:00:00+02:00", "2024-01-10T13:00:00+09:00")
