"""Moments of the BI connector, which have no offset, into those of REST, which have one.

Both are the wall clock of the portal's server, whose zone nobody tells. What REST rows show (offsets at moments) leaves
over some of the zones that there are; a moment is settled where all of those agree on it. One of the hour that the
clocks go through twice never is: its row is read by REST.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from b24kpi.errors import UnexpectedAnswer

_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)
_MIXED = "mixed"


class ServerZone:
    """What is known of the zone of a portal's server."""

    def __init__(self) -> None:
        self._zones = [ZoneInfo(name) for name in sorted(available_timezones())]
        self._seen: set[str] = set()
        self._days: dict[str, str] = {}
        self._hours: dict[str, str] = {}

    def learn(self, moment: str) -> None:
        """Take note of a moment that REST shows, `2024-09-02T18:37:18+02:00`.

        Raises:
            UnexpectedAnswer: no zone shows such moments.
        """
        hour = moment[:13] + moment[19:]
        if hour in self._seen:
            return
        self._seen.add(hour)
        known = datetime.fromisoformat(moment)
        fitting = [zone for zone in self._zones if known.astimezone(zone).utcoffset() == known.utcoffset()]
        if not fitting:
            raise UnexpectedAnswer("bulk.no_zone", method="server.time")
        if len(fitting) < len(self._zones):
            self._zones = fitting
            self._days.clear()
            self._hours.clear()

    def moment(self, text: str) -> str | None:
        """`2024-09-02 18:37:18` → `2024-09-02T18:37:18+02:00`; None where it may be another moment as well.

        Raises:
            ValueError: it is no such text.
        """
        day, hour = text[:10], text[:13]
        offset = self._days.get(day) or self._settle(self._days, day, day, 24 * _HOUR)
        if offset == _MIXED:
            offset = self._hours.get(hour) or self._settle(self._hours, hour, f"{hour}:00", _HOUR)
        return None if offset == _MIXED else f"{day}T{text[11:]}{offset}"

    def _settle(self, known: dict[str, str], key: str, begin: str, length: timedelta) -> str:
        """The one offset of a stretch of the wall clock."""
        first = datetime.fromisoformat(begin)
        ends = (first, first.replace(fold=1), first + length - _SECOND, (first + length - _SECOND).replace(fold=1))
        offsets = {moment.replace(tzinfo=zone).isoformat()[19:] for zone in self._zones for moment in ends}
        known[key] = offsets.pop() if len(offsets) == 1 else _MIXED
        return known[key]
