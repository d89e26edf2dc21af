"""`b24kpi report --format json` is what the contract says, whatever is asked."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from b24kpi.metrics.catalogue import load
from tests.pipeline.conftest import company
from tests.pipeline.places import Place, opened_place
from tests.pipeline.report_contract import faults


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened_place(tmp_path_factory.mktemp("report"), company(200)) as place:
        with place.app() as app:
            app.sync()
        yield place


def json_of(place: Place, *arguments: str) -> dict[str, Any]:
    result = place.run("report", *arguments, "--format", "json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def test_a_report_of_everything_keeps_the_contract(place: Place) -> None:
    """All metrics, twelve complete months and the present one."""
    report = json_of(place)
    assert faults(report) == []
    assert {row["metric"] for row in report["values"]} == {metric.id for metric in load()}
    assert len({row["period"] for row in report["values"]}) == 13


@pytest.mark.parametrize("period", ["day", "week", "quarter", "year"])
def test_other_periods_keep_the_contract(place: Place, period: str) -> None:
    """Their names, their ends."""
    report = json_of(place, "--period", period, "--from", "2025-12-20", "--to", "2026-01-08")
    assert faults(report) == []
    assert len({row["period"] for row in report["values"]}) == {"day": 19, "week": 4, "quarter": 2, "year": 2}[period]


@pytest.mark.parametrize("dimension", sorted({name for metric in load() for name in metric.dimensions}))
def test_every_dimension_keeps_the_contract(place: Place, dimension: str) -> None:
    """Values are texts, what the CRM leaves empty is an empty one."""
    report = json_of(place, "--by", dimension)
    assert faults(report) == []
    assert report["values"]


def test_both_readings_of_a_conversion_keep_the_contract(place: Place) -> None:
    """Flow has no interval and no nowcast."""
    report = json_of(place, "stage_conversion", "funnel_conversion", "--mode", "flow")
    assert faults(report) == []
    assert not any(row["low"] or "nowcast" in row for row in report["values"])


def test_one_value_of_a_dimension_is_its_row_of_all(place: Place) -> None:
    """--where gives the same numbers as --by, one at a time."""
    rows = json_of(place, "total_sales", "win_rate", "--by", "manager")["values"]
    manager = rows[0]["by"]["manager"]
    for row in json_of(place, "total_sales", "win_rate", "--where", f"manager={manager}")["values"]:
        twin = next(
            r for r in rows if (r["metric"], r["period"], r["by"]["manager"]) == (row["metric"], row["period"], manager)
        )
        assert (row["value"], row["numerator"], row["n"]) == (twin["value"], twin["numerator"], twin["n"])


def test_a_report_asks_the_portal_nothing(place: Place) -> None:
    """It comes from the cache alone, also while the portal is down."""
    before = place.portal.stats.requests
    json_of(place)
    assert place.portal.stats.requests == before
