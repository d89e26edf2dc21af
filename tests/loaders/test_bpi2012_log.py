"""What is published of the loan log, and is no figure of a portal: read from the log alone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tests.loaders import bpi2012
from tests.loaders.common import data_file


def test_six_applications_change_month_with_the_zone() -> None:
    """Between UTC and Amsterdam (kpi.md G1)."""
    cases = bpi2012.read_cases(data_file("bpic2012.xes.gz"))
    begun = [datetime.fromisoformat(case.events[0].moment) for case in cases]
    here = ZoneInfo(bpi2012.TIME_ZONE)
    assert sum(moment.astimezone(UTC).month != moment.astimezone(here).month for moment in begun) == 6
