"""What the cache knows of its portal: whose it is, its zone, its currencies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from b24kpi.cache import context
from b24kpi.cache.journal import Journal
from b24kpi.cache.store import Store
from b24kpi.errors import BadInput, PortalError, Refused, RetryLater
from b24kpi.facts.office_hours import office_hours
from b24kpi.facts.service_figures import WorkTime
from b24kpi.portal.entities import CURRENCY
from b24kpi.portal.protocol import Command

KYIV = ZoneInfo("Europe/Kyiv")
DENIED = Refused("portal.insufficient_scope", method="calendar.settings.get", code="insufficient_scope")
HOURS = {"work_time_start": "9", "work_time_end": "18", "week_holidays": ["SA", "SU"], "year_holidays": "24.08"}
CURRENCIES = [
    {"CURRENCY": "UAH", "AMOUNT": "1.0000", "AMOUNT_CNT": "1", "BASE": "Y"},
    {"CURRENCY": "USD", "AMOUNT": "41.5000", "AMOUNT_CNT": "1", "BASE": "N"},
    {"CURRENCY": "JPY", "AMOUNT": "27.0000", "AMOUNT_CNT": "100", "BASE": "N"},
    {"CURRENCY": "XTS", "AMOUNT": "0.0000", "AMOUNT_CNT": "1", "BASE": "N"},
]


@dataclass
class Answers:
    """A far end that answers each method with one value, or an error."""

    results: dict[str, Any]
    errors: dict[str, PortalError] = field(default_factory=dict)

    def call(self, method: str) -> Any:
        return SimpleNamespace(result=self.results[method])

    def batch(self, commands: Mapping[str, Command]) -> dict[str, Any]:
        known = {key: command.method for key, command in commands.items()}
        return {
            key: self.call(method) if method in self.results else self.errors.get(method, DENIED)
            for key, method in known.items()
        }


def learnt(store: Store, user_zone: str, server: str = "2026-11-21T23:10:00+02:00") -> ZoneInfo:
    answers = Answers({"profile": {"ID": "1", "TIME_ZONE": user_zone}, "server.time": server})
    context.learn(store, answers)  # type: ignore[arg-type]
    return context.time_zone(store)


def test_working_hours_of_the_calendar_are_learnt_with_the_zone(store: Store) -> None:
    """Without the permission there are none any more; where the portal stumbles the known ones stay."""

    def learn(calendar: Any) -> WorkTime | None:
        results = {"profile": {"ID": "1", "TIME_ZONE": "Europe/Kyiv"}}
        far_end = Answers(results | ({"calendar.settings.get": calendar} if isinstance(calendar, dict) else {}))
        if isinstance(calendar, Exception):
            far_end.errors = {"calendar.settings.get": calendar}
        context.learn(store, far_end)  # type: ignore[arg-type]
        return office_hours(store)

    assert office_hours(store) is None
    assert learn(HOURS) == WorkTime(days_off=((8, 24),))
    assert learn(RetryLater("portal.overloaded", method="x", code="y")) == WorkTime(days_off=((8, 24),))
    assert learn(Refused("portal.insufficient_scope", method="x", code="insufficient_scope")) is None


def test_a_cache_belongs_to_the_first_portal(store: Store) -> None:
    """Rows of two portals would share their ids; the message names both."""
    context.bind(store, "one.bitrix24.eu")
    context.bind(store, "one.bitrix24.eu")
    with pytest.raises(BadInput) as caught:
        context.bind(store, "other.bitrix24.eu")
    assert caught.value.message_id == "cache.other_portal"
    assert Journal(store).meta("portal") == "one.bitrix24.eu"


def test_the_zone_is_that_of_the_webhooks_user(store: Store) -> None:
    """Wherever the server stands."""
    assert learnt(store, "Europe/Kyiv", "2026-11-21T23:10:00-08:00").key == "Europe/Kyiv"


@pytest.mark.parametrize(
    "offset", ["+00:00", "+02:00", "-05:00", "+14:00", "-12:00", "+05:30", "+05:45", "-09:30", "+03:30"]
)
def test_without_one_the_servers_offset_decides(store: Store, offset: str) -> None:
    """West and east are not mixed up, half hours not rounded."""
    moment = datetime.fromisoformat(f"2026-11-21T23:10:00{offset}")
    assert moment.astimezone(learnt(store, "", moment.isoformat())).utcoffset() == moment.utcoffset()


def test_a_zone_that_is_asked_for_wins(store: Store) -> None:
    """The settings know better than the portal; an unread cache reports in UTC."""
    assert context.time_zone(store).key == "UTC"
    learnt(store, "Europe/Kyiv")
    assert context.time_zone(store, "Asia/Almaty").key == "Asia/Almaty"


def test_an_unknown_zone_of_the_portal_does_not_stop_reports(store: Store) -> None:
    """They go on in UTC."""
    assert learnt(store, "Mars/Olympus").key == "UTC"


def test_the_currency_is_the_portals_base_unless_asked_for(store: Store) -> None:
    """A base currency that was deleted since is none."""
    store.upsert(CURRENCY, CURRENCIES, seen_at=1)
    assert (context.currency(store), context.currency(store, "USD")) == ("UAH", "USD")
    store.mark_deleted(CURRENCY, ["UAH"], seen_at=2)
    assert context.currency(store) == ""


def test_the_first_rates_of_a_day_are_kept(store: Store) -> None:
    """Later ones of the same local day change nothing; currencies without a rate have no snapshot."""
    store.upsert(CURRENCY, CURRENCIES, seen_at=1)
    morning, night = (datetime(2026, 6, 1, hour, 30, tzinfo=KYIV).timestamp() for hour in (0, 23))
    context.snapshot_rates(store, morning, KYIV)
    store.upsert(CURRENCY, [CURRENCIES[1] | {"AMOUNT": "42.0000"}], seen_at=2)
    context.snapshot_rates(store, night, KYIV)
    context.snapshot_rates(store, night + 3600, KYIV)
    assert store.query("SELECT currency, day, amount, amount_cnt FROM currency_rate ORDER BY day, currency") == [
        ("JPY", 20260601, 270_000, 100),
        ("UAH", 20260601, 10_000, 1),
        ("USD", 20260601, 415_000, 1),
        ("JPY", 20260602, 270_000, 100),
        ("UAH", 20260602, 10_000, 1),
        ("USD", 20260602, 420_000, 1),
    ]
