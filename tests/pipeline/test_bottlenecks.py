"""The funnel of a synced portal stage by stage: every row adds up, and the numbers are those of reports."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from b24kpi.app import App, Ask
from b24kpi.errors import BadInput
from b24kpi.locale import LANGUAGES, text
from b24kpi.metrics.model import Value
from b24kpi.metrics.period import Grain, Period
from b24kpi.report.bottlenecks import FATES
from tests.pipeline.conftest import company
from tests.pipeline.places import Place, opened_place

QUARTER = Period.parse("2026-Q2")


@dataclass(frozen=True)
class Asked:
    """A synced portal, and the application over its cache."""

    place: Place
    app: App

    def report(self, metric: str) -> dict[tuple[str, str], Value]:
        """Values of the quarter by pipeline and stage."""
        found = self.app.report(Ask((metric,), Grain.QUARTER, QUARTER.start, QUARTER.end))
        return {(e.value.by["pipeline"], e.value.by["stage"]): e.value for e in found.entries}

    def json(self, *arguments: str) -> Any:
        result = self.place.run("bottlenecks", "--format", "json", *arguments)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    with opened_place(tmp_path_factory.mktemp("bottlenecks"), company(1200)) as place, place.app() as app:
        app.sync()
        yield Asked(place, app)


def test_every_row_of_the_funnel_adds_up(synced: Asked) -> None:
    """Reached = moved on + lost + back + transferred + still here, and what moves on reaches the next stage."""
    stages = synced.json()["stages"]
    assert all(stage["reached"] == sum(stage[fate] for fate in FATES) for stage in stages)
    for stage, following in pairwise(stages):
        if stage["pipeline"] == following["pipeline"]:
            assert stage["advanced"] == following["reached"]


def test_numbers_are_those_of_reports(synced: Asked) -> None:
    """Conversions are the KPI's of the same quarter, gains are those of the bottleneck."""
    conversions, gains = synced.report("stage_conversion"), synced.report("bottleneck")
    for stage in synced.json("--period", "2026-Q2")["stages"]:
        key = stage["pipeline"], stage["stage"]
        assert (stage["advanced"], stage["reached"]) == (conversions[key].numerator, conversions[key].denominator)
        assert stage["gain"] == (None if gains[key].value is None else str(gains[key].value))
        assert (stage["gain"] is None) == (stage["reason"] is not None)


def test_shares_of_time_make_up_the_cycle(synced: Asked) -> None:
    """Of each pipeline that anybody entered."""
    shares: dict[str, float] = {}
    for stage in synced.json()["stages"]:
        shares[stage["pipeline"]] = shares.get(stage["pipeline"], 0) + (stage["time_share"] or 0)
    assert list(shares.values()) == pytest.approx([1.0] * len(shares), abs=1e-4)


def test_the_usual_year_is_old_enough(synced: Asked) -> None:
    """Nothing in it is too early, and a month more would be."""
    found = synced.json()
    start, end = date.fromisoformat(found["from"]), date.fromisoformat(found["to"])
    assert (start.month, start.day, end.year) == (end.month, 1, start.year + 1)
    assert all("immature" not in stage["flags"] for stage in found["stages"])
    assert any("immature" in stage["flags"] for stage in synced.json("--period", "2026-11")["stages"])


def test_a_slice_has_only_its_pipeline(synced: Asked) -> None:
    """And an unknown dimension is refused with those that there are."""
    assert {stage["pipeline"] for stage in synced.json("--where", "pipeline=0")["stages"]} == {"0"}
    with pytest.raises(BadInput, match="cannot be sliced by 'manager'"):
        synced.app.bottlenecks(None, {"manager": "5"})


def test_csv_has_a_row_for_each_stage(synced: Asked) -> None:
    """With money as numbers."""
    rows = list(csv.DictReader(synced.place.run("bottlenecks", "--format", "csv").stdout.splitlines()))
    stages = synced.json()["stages"]
    assert [row["stage"] for row in rows] == [stage["stage"] for stage in stages]
    worth = [Decimal(row["point_worth"]) for row in rows if row["point_worth"]]
    assert worth == [Decimal(stage["point_worth"]) for stage in stages if stage["point_worth"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tables_are_in_the_readers_language(synced: Asked, language: str) -> None:
    """The balance and the worth of each pipeline."""
    result = synced.place.run("bottlenecks", language=language)
    assert result.exit_code == 0
    assert text("bottlenecks.balance_note", language) in result.stdout
    assert text("bottlenecks.worth", language, pipeline="Продажі") in result.stdout


def test_explain_shows_the_balance_of_a_stage(synced: Asked) -> None:
    """Of the same deals that the conversion counts."""
    found = synced.app.explain("stage_conversion", QUARTER, {"pipeline": "0", "stage": "NEW"})
    (stage,) = synced.json("--period", "2026-Q2", "--where", "pipeline=0", "--where", "stage=NEW")["stages"]
    assert text("analyses.balance", "en", **{name: stage[name] for name in ("reached", *FATES)}) in found.total
