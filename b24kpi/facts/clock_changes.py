"""When the clocks of a zone change: few moments tell the local days of millions."""

from datetime import datetime
from zoneinfo import ZoneInfo

_STEP = 4 * 86_400  # seconds; no zone has changed its clocks there and back within them: see `work_calendar`


def clock_changes(zone: ZoneInfo, first: int, last: int) -> list[tuple[int, int]]:
    """From which moment on clocks are how many seconds ahead of Greenwich, between two moments; the first begins it."""
    found = [(first, _ahead(zone, first))]
    for begin in range(first, last, _STEP):
        end = begin + _STEP
        if _ahead(zone, end) != found[-1][1]:
            change = _change(zone, begin, end)
            found.append((change, _ahead(zone, change)))
    return found


def _change(zone: ZoneInfo, begin: int, end: int) -> int:
    """The first second at which clocks are not as at the beginning any more."""
    ahead = _ahead(zone, begin)
    while end - begin > 1:
        middle = (begin + end) // 2
        begin, end = (middle, end) if _ahead(zone, middle) == ahead else (begin, middle)
    return end


def _ahead(zone: ZoneInfo, moment: int) -> int:
    offset = datetime.fromtimestamp(moment, zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())
