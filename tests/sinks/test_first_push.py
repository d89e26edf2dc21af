"""The first push into a portal that has never seen us."""

import json
from dataclasses import replace
from datetime import datetime

import pytest

from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState
from b24kpi.metrics.model import Reason
from b24kpi.sinks.item_fields import FIELDS
from tests.sinks.reports import AS_OF, Push, items, keys, managers, money, rate, report, types


def test_a_smart_process_is_made(push: Push, state: PortalState) -> None:
    """It is called KPI, carries our code, and has nothing switched on."""
    push(report([money("10")]))
    (made,) = types(state)
    assert (made["title"], made["code"]) == ("KPI", "B24KPI")
    assert {value for name, value in made.items() if name.startswith("is")} == {"N"}


def test_the_user_is_told_where_to_look(push: Push, state: PortalState) -> None:
    """By name and address."""
    result = push(report([money("10")]))
    assert result.where.startswith("смарт-процес «KPI», http://127.0.0.1:")
    assert result.where.endswith(f"/crm/type/{types(state)[0]['entityTypeId']}/")


def test_fields_have_labels_in_three_languages(push: Push, state: PortalState) -> None:
    """The portal calls Ukrainian `ua`."""
    push(report([money("10")]))
    labels = {row["fieldName"]: json.loads(row["editFormLabel"]) for row in state.rows("user_field")}
    assert len(labels) == len(FIELDS)
    assert labels["UF_CRM_1_VALUE"] == {"ua": "Значення", "ru": "Значение", "en": "Value"}


def test_an_entry_becomes_an_item(push: Push, state: PortalState) -> None:
    """Every figure of the entry stands in a field of its own."""
    entry = replace(money("1234.567", "5", "О'Браєн"), previous=1000, target=1500)
    push(report([replace(entry, value=replace(entry.value, low=1100.25, high=1300.75))]))
    (item,) = items(state)
    assert item["XML_ID"] == "b24kpi:monthly:aov:2026-06:manager=5"
    assert item["TITLE"] == "Середній чек · 2026-06 · О'Браєн"
    assert [item[name] for name in ("REPORT", "METRIC", "METRIC_NAME")] == ["monthly", "aov", "Середній чек"]
    assert [item[name] for name in ("PERIOD", "PERIOD_START")] == ["2026-06", "2026-06-01"]
    assert [item[name] for name in ("DIMENSIONS", "LABELS", "UNIT")] == ["manager=5", "О'Браєн", "UAH"]
    assert [item[name] for name in ("VALUE", "NUMERATOR", "DENOMINATOR")] == [1234.57, 3703.701, 3]
    assert [item[name] for name in ("LOW", "HIGH", "PREVIOUS", "TARGET")] == [1100.25, 1300.75, 1000, 1500]
    assert (item["AS_OF"], item["VERSION"], item["REASON"]) == (AS_OF, 1, None)


def test_a_value_that_is_undefined_is_empty_and_says_why(push: Push, state: PortalState) -> None:
    """Never 0."""
    push(report([rate(None, Reason.NO_EVENTS, manager="7")]))
    (item,) = items(state)
    assert item["VALUE"] is None
    assert item["REASON"] == "за період нема чого рахувати"


def test_zero_is_a_value(push: Push, state: PortalState) -> None:
    """And tiny numbers are not written with an exponent, which the portal would refuse."""
    push(report([rate(0.0, manager="7"), rate(0.00001, manager="8"), rate(-0.0, manager="9")]))
    assert [item["VALUE"] for item in items(state)] == [0, 0.00001, 0]


def test_an_empty_dimension_is_named(push: Push, state: PortalState) -> None:
    """A value that the CRM leaves empty is not the same as all together."""
    push(report([rate(0.5, source=""), rate(0.4)]))
    assert sorted(item["TITLE"] for item in items(state)) == [
        "Коефіцієнт закриття · 2026-06",
        "Коефіцієнт закриття · 2026-06 · не вказано",
    ]
    assert keys(state) == ["b24kpi:monthly:win_rate:2026-06", "b24kpi:monthly:win_rate:2026-06:source="]


def test_the_moment_is_written_with_its_offset(push: Push, demo: DemoPortal) -> None:
    """In the zone of the report."""
    demo.stats.keep_log = True
    push(report([money("10")]))
    (sent,) = [params["data"][0] for method, params in demo.stats.log if method == "crm.item.batchImport"]
    moment = datetime.fromisoformat(sent["UF_CRM_1_AS_OF"])
    assert moment.timestamp() == AS_OF
    assert moment.utcoffset() is not None


def test_a_thousand_entries_cost_eight_requests(push: Push, demo: DemoPortal, state: PortalState) -> None:
    """Find, make, add fields, five batches of 200 items."""
    result = push(report(managers(1000)))
    assert result.created == 1000
    assert len(keys(state)) == 1000
    assert demo.stats.requests == 8


@pytest.mark.parametrize(("language", "unit"), [("uk", "частка"), ("ru", "доля"), ("en", "share")])
def test_items_speak_the_users_language(push: Push, state: PortalState, language: str, unit: str) -> None:
    """Units and reasons follow the language of the push."""
    push(report([rate(0.5)]), language=language)
    assert items(state)[0]["UNIT"].startswith(unit)
