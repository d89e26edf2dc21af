"""What leaks out of the funnel of a synced portal: the deals that the KPI counts, said in three languages."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from b24kpi.app import App, Ask
from b24kpi.errors import BadInput
from b24kpi.locale import LANGUAGES, text
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.period import Grain
from b24kpi.report.leaks import recent
from tests.pipeline.conftest import company
from tests.pipeline.places import Place, opened_place


@dataclass(frozen=True)
class Asked:
    """A synced portal, and the application over its cache."""

    place: Place
    app: App

    def now(self, metric: str, by: tuple[str, ...] = ()) -> list[Value]:
        """What the report says of the present month."""
        found = self.app.report(Ask((metric,), Grain.MONTH, by=by))
        return [entry.value for entry in found.entries if entry.value.period.label == "2026-11"]

    def json(self, *arguments: str) -> Any:
        result = self.place.run("leaks", "--format", "json", *arguments)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    with opened_place(tmp_path_factory.mktemp("leaks"), company(1200)) as place, place.app() as app:
        app.sync()
        yield Asked(place, app)


def test_stuck_deals_are_what_the_report_counts_now(synced: Asked) -> None:
    """As many items as the KPI of the month that is not over, worth as much."""
    (leak,) = [each for each in synced.json()["leaks"] if each["leak"] == "stuck_deals"]
    (value,) = synced.now("stuck_deals")
    assert leak["count"] == len(leak["items"]) == value.value
    assert leak["count"] <= leak["checked"]
    assert Decimal(leak["recoverable"]) == value.extra["money_at_stake"] > 0


def test_lost_requests_are_those_of_the_last_days(synced: Asked) -> None:
    """As many as the KPI counts in thirty days, today included, worth as much; each names what to open."""
    (leak,) = [each for each in synced.json()["leaks"] if each["leak"] == "lost_requests"]
    days = synced.app.report(Ask(("lost_requests",), Grain.DAY, date(2026, 10, 23), date(2026, 11, 22)))
    assert leak["count"] == len(leak["items"]) == sum(int(entry.value.value or 0) for entry in days.entries) > 0
    with synced.app._engine() as engine:
        metric = find("lost_requests")
        (value,) = engine.values(Query(metric, (recent(engine),)))
    assert Decimal(leak["recoverable"]) == value.extra["recoverable_revenue"] > 0
    assert {item["kind"] for item in leak["items"]} <= {"lead", "deal", "contact", "company"}


def test_a_leak_that_cannot_be_filtered_so_is_left_out(synced: Asked) -> None:
    """Requests are in no pipeline: the answer says that they are missing in it."""
    found = synced.json("--where", "pipeline=0")
    assert ([leak["leak"] for leak in found["leaks"]], found["left_out"]) == (["stuck_deals"], ["lost_requests"])
    shown = synced.place.run("leaks", "--where", "pipeline=0").stdout
    assert "Lost requests cannot be filtered so, and is left out." in shown
    assert synced.json()["left_out"] == []


def test_the_most_money_comes_first(synced: Asked) -> None:
    """Of each leak; every item says why it leaks, and no more is at stake than its amount."""
    for leak in synced.json()["leaks"]:
        at_stake = [Decimal(item["recoverable"]) for item in leak["items"]]
        assert at_stake == sorted(at_stake, reverse=True)
        assert all(item["causes"] for item in leak["items"])
        assert all(
            item["money"] is None or at <= Decimal(item["money"])
            for item, at in zip(leak["items"], at_stake, strict=True)
        )
        assert all(at >= 0 for at in at_stake)


def test_leaks_of_all_managers_are_the_leaks(synced: Asked) -> None:
    """Each item is somebody's, as the sliced report has it."""
    by_manager = {value.by["manager"]: value.value for value in synced.now("stuck_deals", by=("manager",))}
    for manager, count in by_manager.items():
        leak, requests = synced.json("--where", f"manager={manager}")["leaks"]
        assert {item["by"]["manager"] for item in requests["items"]} <= {manager}
        assert leak["count"] == count
        assert {item["by"]["manager"] for item in leak["items"]} <= {manager}
    assert sum(int(count or 0) for count in by_manager.values()) == synced.now("stuck_deals")[0].value


def test_an_unknown_dimension_is_refused(synced: Asked) -> None:
    """With those that there are."""
    with pytest.raises(BadInput, match="cannot be sliced by 'colour'"):
        synced.app.leaks({"colour": "red"})


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_shows_the_first_and_says_how_many_there_are(synced: Asked, language: str) -> None:
    """One line of items under its heads, in the reader's language."""
    result = synced.place.run("leaks", "--limit", "1", language=language)
    assert result.exit_code == 0
    assert text("leaks.title", language) in result.stdout
    hidden = synced.json()["leaks"][0]["count"] - 1
    name = {"en": "Stuck deals", "uk": "Застряглі угоди", "ru": "Застрявшие сделки"}[language]
    assert text("leaks.more", language, name=name, count=hidden) in result.stdout


def test_csv_has_a_row_for_each_item(synced: Asked) -> None:
    """With the money as numbers."""
    rows = list(csv.DictReader(synced.place.run("leaks", "--format", "csv").stdout.splitlines()))
    items = [item for leak in synced.json()["leaks"] for item in leak["items"]]
    assert [int(row["id"]) for row in rows] == [item["id"] for item in items]
    assert [Decimal(row["recoverable"]) for row in rows] == [Decimal(item["recoverable"]) for item in items]


def test_without_activities_nothing_is_said_of_stuck_deals(synced: Asked) -> None:
    """Refused or unread streams leave a reason, no number."""
    cache = "b24kpi-without.sqlite"
    with synced.place.app(cache) as app:
        app.sync(only=["currency", "category", "status", "user", "deal", "deal_step"])
        assert {(leak.reason, leak.items) for leak in app.leaks({}).leaks} == {("not_loaded", ())}
        assert app.leaks({}).grounds.missing
