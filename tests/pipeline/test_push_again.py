"""Pushing: what is on the portal afterwards is the report, and nothing is written that is there already."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from tests.pipeline.conftest import OpenPlace, company
from tests.pipeline.places import Place, opened_place

METRICS = ("total_sales", "aov", "win_rate", "stage_conversion", "ltv_historic", "romi")
REPORT = f"""
[[report]]
name = "monthly"
metrics = {list(METRICS)}
period = "month"
periods = 3
by = ["", "manager"]
sinks = ["smart_process"]
"""
COMPARED = ("VALUE", "NUMERATOR", "DENOMINATOR", "LOW", "HIGH", "PREVIOUS")
WRITES = ("crm.item.add", "crm.item.update", "crm.item.delete", "crm.item.batchImport", "crm.type.add")


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A company whose report is on the portal; read only."""
    with opened_place(tmp_path_factory.mktemp("pushed"), company(300), further=REPORT) as place:
        assert place.run("refresh").exit_code == 0
        yield place


def items(place: Place) -> dict[str, dict[str, Any]]:
    """Items of our smart process by their keys, fields without the prefix of the type."""
    place_id, entity_type_id = place.state.select("SELECT id, entityTypeId FROM smart_process")[0]
    rows = place.state.rows(f"item_{entity_type_id}")
    prefix = f"UF_CRM_{place_id}_"
    return {row["XML_ID"]: {name.removeprefix(prefix): value for name, value in row.items()} for row in rows}


def reported(place: Place) -> dict[str, dict[str, Any]]:
    """Rows of the same report by the keys that the contract promises."""
    rows = []
    for by in ("", "manager"):
        result = place.run(
            "report", *METRICS[:5], *(() if by else METRICS[5:]), "--by", by, "--from", "2026-08-01", "--format", "json"
        )
        rows += json.loads(result.stdout)["values"]
    return {key(row): row for row in rows}


def key(row: dict[str, Any]) -> str:
    parts = [f"{name}={quote(value, safe='')}" for name, value in sorted(row["by"].items())]
    return ":".join(["b24kpi", "monthly", row["metric"], row["period"], *parts])


def writes(place: Place) -> int:
    return sum(place.portal.stats.by_method[method] for method in WRITES)


def number(value: Any) -> Decimal | None:
    """With six decimals, as the portal keeps them."""
    return None if value in (None, "") else round(Decimal(str(value)), 6)


def test_pushed_numbers_are_those_of_the_report(pushed: Place) -> None:
    """Entry by entry, under the promised keys."""
    there, wanted = items(pushed), reported(pushed)
    assert there.keys() == wanted.keys()
    for name, row in wanted.items():
        found = [number(there[name][field]) for field in COMPARED]
        assert found == [number(row[field.lower()]) for field in COMPARED], name


def test_pushing_twice_writes_nothing_the_second_time(pushed: Place) -> None:
    """The portal is asked, and found to be as it should be."""
    before, rows = writes(pushed), items(pushed)
    result = pushed.run("push", "--format", "json")
    sink = json.loads(result.stdout)["sinks"][0]
    assert (result.exit_code, sink["unchanged"], writes(pushed)) == (0, len(rows), before)
    assert [sink[name] for name in ("created", "updated", "deleted", "failed")] == [0, 0, 0, 0]
    assert items(pushed) == rows


def test_a_dry_run_on_a_fresh_portal_writes_nothing(opened: OpenPlace) -> None:
    """It tells what would be created."""
    place = opened(company(100), further=REPORT)
    place.run("sync")
    result = place.run("push", "--dry-run", "--format", "json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["dry_run"], writes(place)) == (0, True, 0)
    assert told["sinks"][0]["created"] > 0
    assert place.state.rows("smart_process") == []


def test_a_changed_deal_changes_only_what_it_touches(opened: OpenPlace) -> None:
    """One win: the entries whose numbers differ are written, all others keep the moment of their last change."""
    place = opened(company(300), further=REPORT)
    place.run("refresh")
    before, numbers = items(place), reported(place)
    place.clock.sleep(3600)
    deal = place.state.rows("deal", "STAGE_SEMANTIC_ID = 'P' AND CATEGORY_ID = 0 AND IS_RECURRING = 'N'")[0]
    place.state.update("deal", deal["ID"], {"STAGE_ID": "WON", "OPPORTUNITY": 1234.5})
    place.run("sync")
    foreseen = json.loads(place.run("push", "--dry-run", "--format", "json").stdout)["sinks"][0]
    place.run("push")
    after, wanted = items(place), reported(place)
    touched = {name for name in after if after[name]["UPDATED_TIME"] != before[name]["UPDATED_TIME"]}
    assert touched == {name for name in wanted if differ(wanted[name], numbers[name])}
    assert 0 < len(touched) == foreseen["updated"] < len(wanted) / 4


def differ(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return any(one[name.lower()] != other[name.lower()] for name in COMPARED)


def test_entries_that_left_the_report_go_and_those_of_people_stay(opened: OpenPlace) -> None:
    """A report with fewer metrics deletes its own entries only."""
    place = opened(company(100), further=REPORT)
    place.run("refresh")
    entity_type_id = place.state.select("SELECT entityTypeId FROM smart_process")[0][0]
    mine = place.state.add(f"item_{entity_type_id}", {"TITLE": "Моя нотатка"})
    settings = place.settings.read_text(encoding="utf-8").replace(str(list(METRICS)), "['total_sales']")
    place.settings.write_text(settings, encoding="utf-8")
    assert place.run("push").exit_code == 0
    left = place.state.rows(f"item_{entity_type_id}")
    assert {row["XML_ID"].split(":")[2] for row in left if row["XML_ID"]} == {"total_sales"}
    assert mine in {row["ID"] for row in left}
