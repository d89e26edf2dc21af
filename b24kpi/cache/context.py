"""What the cache knows of its portal, so that reports need no network: address, time zone, currency, rates."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from b24kpi.cache.journal import Journal
from b24kpi.cache.store import Store
from b24kpi.errors import BadInput, PortalError, Refused
from b24kpi.portal.protocol import Answer, Command

if TYPE_CHECKING:
    from b24kpi.portal.client import Portal  # brings HTTP libraries that reports do without

OFFICE_HOURS = "office_hours"
_HOURS = ("work_time_start", "work_time_end", "week_holidays", "year_holidays", "year_workdays")

# Minutes east of Greenwich → zone, where an offset is of no whole hours and the clocks are never changed.
_ODD_ZONES = {
    -570: "Pacific/Marquesas",
    210: "Asia/Tehran",
    270: "Asia/Kabul",
    330: "Asia/Kolkata",
    345: "Asia/Kathmandu",
    390: "Asia/Yangon",
    525: "Australia/Eucla",
    570: "Australia/Darwin",
}


def bind(store: Store, host: str, member_id: str = "") -> None:
    """Tie the cache to its portal at the first sync.

    Args:
        member_id: what tells that a portal with another host is the same one, renamed; "" where nothing does.

    Raises:
        BadInput: it holds another portal's rows.
    """
    journal = Journal(store)
    known, known_member = journal.meta("portal"), journal.meta("member_id")
    renamed = member_id and known_member == member_id
    replaced = member_id and known_member and known_member != member_id
    if known and (replaced or (known != host and not renamed)):
        raise BadInput("cache.other_portal", path=str(store.path), known=known, host=host)
    with store.transaction():
        journal.set_meta({"portal": host} | ({"member_id": member_id} if member_id else {}))


def learn(store: Store, portal: "Portal") -> None:
    """Note whether the webhook's user is an administrator, his time zone, else the offset of the portal's server, and
    the working hours of the portal's calendar, where it may be read.

    https://apidocs.bitrix24.com/api-reference/common/users/profile.html ,
    https://apidocs.bitrix24.com/api-reference/calendar/calendar-settings-get.html
    """
    answers = portal.batch({"profile": Command("profile", {}), "calendar": Command("calendar.settings.get", {})})
    own = answers["profile"]
    profile = (portal.call("profile") if isinstance(own, PortalError) else own).result
    zone = str(profile.get("TIME_ZONE") or "") or _zone_of_offset(str(portal.call("server.time").result))
    known = {"time_zone": zone, "admin": str(int(profile.get("ADMIN") is True))}
    with store.transaction():
        Journal(store).set_meta(known | _office_hours(answers["calendar"]))


def _office_hours(calendar: "Answer | PortalError") -> dict[str, str]:
    """What the portal says, as it says it: "" where we may not know, nothing where it could not say just now."""
    if isinstance(calendar, PortalError):
        return {OFFICE_HOURS: ""} if isinstance(calendar, Refused) else {}
    told = {name: calendar.result.get(name) for name in _HOURS}
    return {OFFICE_HOURS: json.dumps(told, sort_keys=True)}


def time_zone(store: Store, wanted: str = "") -> ZoneInfo:
    """The zone of reports: the wanted one, else the portal's, else UTC."""
    try:
        return ZoneInfo(wanted or Journal(store).meta("time_zone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def currency(store: Store, wanted: str = "") -> str:
    """The currency of reports: the wanted one, else the portal's base currency."""
    rows = store.query("SELECT currency FROM currency WHERE base = 1 AND deleted_at IS NULL")
    return wanted or (str(rows[0][0]) if rows else "")


def snapshot_rates(store: Store, now: float, zone: ZoneInfo) -> None:
    """Keep the day's rates, the first ones seen: the portal itself knows only the present ones."""
    local = datetime.fromtimestamp(now, zone)
    day = local.year * 10_000 + local.month * 100 + local.day
    with store.transaction():
        store.db.execute(
            "INSERT OR IGNORE INTO currency_rate (currency, day, amount, amount_cnt) "
            "SELECT currency, ?, amount, amount_cnt FROM currency "
            "WHERE deleted_at IS NULL AND amount > 0 AND amount_cnt > 0",
            (day,),
        )


def _zone_of_offset(moment: str) -> str:
    """The zone of an ISO moment's offset: a fixed one, which the database names with west of Greenwich as positive."""
    offset = datetime.fromisoformat(moment).utcoffset() or timedelta(0)
    hours, rest = divmod(offset, timedelta(hours=1))
    if rest:
        return _ODD_ZONES.get(offset // timedelta(minutes=1), "UTC")
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"
