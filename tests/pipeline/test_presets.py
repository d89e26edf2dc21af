"""Presets and questions through the commands, and what `check` says of every KPI."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from b24kpi.metrics.capabilities import capabilities
from b24kpi.metrics.catalogue import load
from b24kpi.metrics.presets import find_preset, presets
from tests.pipeline.conftest import company
from tests.pipeline.places import Place, opened_place, write_settings

REPORT = '[[report]]\nname = "key"\npreset = "default"\nperiods = 1\n'


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened_place(tmp_path_factory.mktemp("presets"), company(100), further=REPORT) as opened:
        assert opened.run("sync").exit_code == 0
        yield opened


def metrics_of(place: Place, *arguments: str) -> set[str]:
    result = place.run("report", *arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return {row["metric"] for row in json.loads(result.stdout)["values"]}


@pytest.mark.parametrize("preset", [preset.id for preset in presets()])
def test_a_preset_stands_for_its_kpis(place: Place, preset: str) -> None:
    """All of them, and no other."""
    assert metrics_of(place, "--preset", preset) == set(find_preset(preset).metrics)


def test_a_preset_and_kpis_may_be_asked_for_together(place: Place) -> None:
    """Both are in the report, each once."""
    assert metrics_of(place, "lost_deals", "aov", "--preset", "default") == {
        "lost_deals",
        *find_preset("default").metrics,
    }


def test_of_a_preset_those_are_meant_that_can_be_sliced_so(place: Place) -> None:
    """While a KPI that is named must be."""
    assert metrics_of(place, "--preset", "default", "--by", "lead_stage") == {"new_leads", "lead_to_customer_rate"}
    assert place.run("report", "aov", "--preset", "default", "--by", "lead_stage").exit_code == 2


def test_a_report_of_the_settings_may_name_a_preset(place: Place) -> None:
    """Its entries are those of the preset's KPIs."""
    pushed = json.loads(place.run("push", "--format", "json").stdout)["sinks"][0]
    assert pushed["created"] >= len(find_preset("default").metrics)
    keys = [row[0] for row in place.state.select("SELECT XML_ID FROM item_1030")]
    assert {key.split(":")[2] for key in keys} == set(find_preset("default").metrics)


@pytest.mark.parametrize(
    ("report", "fault"),
    [
        (
            'name = "a"\npreset = "defualt"',
            "[[report]] #1 preset: 'defualt' is unknown; the nearest known one is 'default'",
        ),
        ('name = "a"\npreset = "default"\nmetrics = ["aov"]', "[[report]] #1: name either metrics or a preset"),
        ('name = "a"', "[[report]] #1: name either metrics or a preset"),
    ],
)
def test_a_wrong_preset_of_the_settings_is_refused(place: Place, report: str, fault: str) -> None:
    """With its place."""
    write_settings(place.settings, place.portal.url, further=f"[[report]]\n{report}\n")
    result = place.run("report")
    write_settings(place.settings, place.portal.url, further=REPORT)
    assert result.exit_code == 2
    assert fault in result.stderr


@pytest.mark.parametrize("language", ["en", "uk", "ru"])
def test_presets_and_questions_are_listed(place: Place, language: str) -> None:
    """By name in the reader's language."""
    listed = place.run("metrics", "--presets", language=language).stdout
    assert all(preset.names[language] in listed for preset in presets())
    questions = place.run("metrics", language=language).stdout
    assert all(one.names[language] in questions and one.command in questions for one in capabilities())


def test_a_question_is_found_by_its_id(place: Place) -> None:
    """As a KPI is; asked for its number, the command is named."""
    found = json.loads(place.run("metrics", "auto_measurement", "--format", "json").stdout)
    assert [one["command"] for one in found] == ["b24kpi daemon"]
    result = place.run("report", "auto_measurement", language="uk")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "b24kpi daemon" in result.stderr


def checked(place: Place) -> dict[str, Any]:
    result = place.run("check", "--format", "json")
    return {row["metric"]: row for row in json.loads(result.stdout)["metrics"]}


def test_check_tells_of_every_kpi_whether_it_can_be_computed(place: Place) -> None:
    """Without costs, those that need them cannot; whatever cannot, is said with what is missing."""
    found = checked(place)
    assert found.keys() == {metric.id for metric in load()}
    assert not any(found[metric.id]["available"] for metric in load() if "cost" in metric.inputs)
    assert "b24kpi costs import" in found["romi"]["missing"]
    assert all(row["available"] != bool(row["missing"]) for row in found.values())
    assert all(found[name]["available"] for name in ("total_sales", "win_rate", "sales_cycle", "new_leads", "crr"))


def test_check_names_the_streams_that_may_not_be_read(place: Place) -> None:
    """For each KPI that needs one."""
    place.portal.denied["crm.lead.list"] = "ACCESS_DENIED"
    found = checked(place)
    del place.portal.denied["crm.lead.list"]
    assert found["new_leads"] == {"metric": "new_leads", "available": False, "missing": "needs the stream lead"}
    assert found["won_deals"]["available"]
