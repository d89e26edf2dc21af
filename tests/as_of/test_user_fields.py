"""Dimensions of the user's own at earlier moments: the numbers of then, by what the field holds now, which is said."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.pipeline.places import Place, opened_place
from tests.pipeline.user_fields import DIMENSIONS, furnish

ASKED = ("report", "won_deals", "stuck_deals", "--period", "month", "--from", "2026-09-01", "--to", "2026-10-01")
THEN = ("--as-of", "2026-10-15")


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened_place(tmp_path_factory.mktemp("fields"), furnish, further=DIMENSIONS) as place:
        assert place.run("sync").exit_code == 0
        yield place


def told(place: Place, *arguments: str) -> dict[str, list[dict[str, Any]]]:
    """Metric → values."""
    found: dict[str, list[dict[str, Any]]] = {}
    for value in json.loads(place.run(*ASKED, *arguments, "--format", "json").stdout)["values"]:
        found.setdefault(value["metric"], []).append(value)
    return found


@pytest.mark.parametrize("dimension", ["region", "size", "trade"])
def test_slices_of_then_add_up_to_the_number_of_then(synced: Place, dimension: str) -> None:
    """By a field of deals, of their companies and of their leads."""
    whole, sliced = told(synced, *THEN), told(synced, *THEN, "--by", dimension)
    for metric, (value,) in whole.items():
        assert value["value"] == sum(each["value"] for each in sliced[metric])
        assert len(sliced[metric]) > 1


def test_what_is_of_now_is_said(synced: Place) -> None:
    """In every value by a field, and in none else."""
    flags = [value["flags"] for values in told(synced, *THEN, "--by", "region").values() for value in values]
    others = [told(synced, *THEN, "--by", "manager"), told(synced, "--by", "region")]
    assert flags
    assert all("present_field" in each for each in flags)
    assert not any("present_field" in value["flags"] for each in others for values in each.values() for value in values)


def test_a_kpi_of_plans_is_not_sliced_by_a_field(synced: Place) -> None:
    """Nobody plans by it: refused, with what there is."""
    refused = synced.run("report", "plan_attainment", "--by", "region")
    assert refused.exit_code == 2
    assert "region" in refused.stderr
    assert "manager" in refused.stderr
