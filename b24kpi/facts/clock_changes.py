"""When the clocks of a zone change: few moments tell the local days of millions."""

from datetime import datetime
from zoneinfo import ZoneInfo

_STEP = 4 * 86_400  # seconds; no zone has changed its clocks there and back within them: see `work_calendar`


def clock_changes(zone: ZoneInfo, first: int, last: int) -> list[tuple[int, int]]:
    """From which moment on clocks are how many seconds ahead of Greenwich, between two moments; the first begins it."""
    found = [(first, clocks_ahead(zone, first))]
    for begin in range(first, last, _STEP):
        end = begin + _STEP
        if clocks_ahead(zone, end) != found[-1][1]:
            change = _change(zone, begin, end)
            found.append((change, clocks_ahead(zone, change)))
    return found


def _change(zone: ZoneInfo, begin: int, end: int) -> int:
    """The first second at which clocks are not as at the beginning any more."""
    ahead = clocks_ahead(zone, begin)
    while end - begin > 1:
        middle = (begin + end) // 2
        begin, end = (middle, end) if clocks_ahead(zone, middle) == ahead else (begin, middle)
    return end


def clocks_ahead(zone: ZoneInfo, moment: int) -> int:
    """By how many seconds local time is ahead of Greenwich."""
    offset = datetime.fromtimestamp(moment, zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())
