"""Moments and dates as the portal writes and reads them, in the zone of its server.

`datetime` fields are ISO 8601 with the server's offset; `date` fields look like a moment, namely midnight UTC in the
server's offset (`2024-08-30T02:00:00+02:00`). Read from the portal's source (rest module, `ConvertDate*`).
"""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

QUARTER = 900  # zones change their offset only at whole quarters of an hour
_DAY = 86_400
_EPOCH = date(1970, 1, 1)
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?\s*(Z|[+-]\d\d:?\d\d)?")
_SITE_DATE = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})")


class UnreadableMoment(ValueError):
    """A text that is neither ISO 8601 nor a date of the site's format."""


class PortalZone:
    """The server's time zone; converts epoch seconds and dates to the texts of REST answers and back."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._zone = ZoneInfo(name)
        self._quarters: dict[int, tuple[int, str]] = {}
        self._days: dict[int, str] = {}
        self._dates: dict[str, str] = {}

    def offset(self, moment: float) -> int:
        """Seconds east of UTC at `moment`."""
        return self._quarter(int(moment))[0]

    def iso(self, moment: float) -> str:
        """`2024-09-02T18:37:18+02:00`."""
        seconds = int(moment)
        offset, suffix = self._quarter(seconds)
        day, second = divmod(seconds + offset, _DAY)
        minute, second = divmod(second, 60)
        hour, minute = divmod(minute, 60)
        return f"{self.day_text(day)}T{hour:02d}:{minute:02d}:{second:02d}{suffix}"

    def shifted_midnight(self, text: str) -> str:
        """The pseudo moment of a date: `2024-08-30` → `2024-08-30T03:00:00+03:00`."""
        found = self._dates.get(text)
        if found is None:
            midnight = datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
            found = self._dates[text] = self.iso(midnight)
        return found

    def local_date(self, moment: float) -> str:
        """The portal's calendar day at `moment`, `2024-08-30`."""
        return self.iso(moment)[:10]

    def local_seconds(self, moment: int) -> int:
        """Seconds since 1970 on the server's wall clock."""
        return moment + self.offset(moment)

    def day_seconds(self, text: str) -> int:
        """Wall clock seconds of the first of a day, `2024-08-30`."""
        return (date.fromisoformat(text) - _EPOCH).days * _DAY

    def day_after(self, moment: float, days: int) -> str:
        """The calendar day `days` after that of `moment`."""
        return (date.fromisoformat(self.local_date(moment)) + timedelta(days=days)).isoformat()

    def parse(self, text: str, *, ignore_offset: bool = False) -> int:
        """Epoch seconds of an ISO text; without an offset (or when it is ignored) the server's zone counts."""
        match = _MOMENT.fullmatch(text.strip())
        if match is None:
            raise UnreadableMoment(text)
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        naive = datetime(year, month, day, hour, minute, second)
        offset = match[7]
        if offset is None or ignore_offset:
            return int(naive.replace(tzinfo=self._zone).timestamp())
        return int((naive - _offset(offset)).replace(tzinfo=UTC).timestamp())

    def _quarter(self, seconds: int) -> tuple[int, str]:
        quarter = seconds // QUARTER
        found = self._quarters.get(quarter)
        if found is None:
            found = self._quarters[quarter] = self._look_up(quarter * QUARTER)
        return found

    def _look_up(self, seconds: int) -> tuple[int, str]:
        moment = min(seconds, 253402214400)  # the calendar ends with 9999
        delta = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=moment)).astimezone(self._zone).utcoffset()
        offset = int(delta.total_seconds()) if delta is not None else 0
        minutes = abs(offset) // 60
        return offset, f"{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"

    def day_text(self, day: int) -> str:
        """The date so many days after 1970-01-01, `YYYY-MM-DD`."""
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = (_EPOCH + timedelta(days=day)).isoformat()
        return found


def parse_date(text: str) -> str:
    """`YYYY-MM-DD` of an ISO text or of the site's format (`11.11.2001`); the calendar day as written."""
    site = _SITE_DATE.match(text.strip())
    written = f"{site[3]}-{site[2]}-{site[1]}" if site else text.strip()[:10]
    try:
        return date.fromisoformat(written).isoformat()
    except ValueError:
        raise UnreadableMoment(text) from None


def _offset(text: str) -> timedelta:
    if text == "Z":
        return timedelta(0)
    sign = -1 if text[0] == "-" else 1
    return sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
