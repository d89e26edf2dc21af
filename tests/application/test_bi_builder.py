"""Our data sets in the BI Builder of the demo portal, which fetches them from our web server over real HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from b24kpi.app import open_app
from b24kpi.demo.bi_builder import BiBuilder, ConnectorFault
from b24kpi.settings import load
from b24kpi.sinks import PushResult
from tests.application.places import AppPlace, Opened

REPORT = """
[[report]]
name = "monthly"
metrics = ["won_deals", "total_sales"]
periods = 3
by = ["", "manager"]
sinks = ["bi_builder"]
"""
DATA_SETS = ["b24kpi_values", "b24kpi_deals", "b24kpi_stage_visits"]


@pytest.fixture
def ready(place: AppPlace) -> Iterator[AppPlace]:
    """The application with data and a report for BI Builder."""
    settings = place.folder / "settings.toml"
    settings.write_text(settings.read_text("utf-8") + REPORT, encoding="utf-8")
    with place.app() as app:
        assert app.sync().complete
    yield place
    assert place.portal.stats.failures == []


def push(place: AppPlace, *, dry_run: bool = False) -> PushResult:
    with place.app() as app:
        (result,) = app.push(dry_run=dry_run)
    return result


def builder(place: AppPlace) -> BiBuilder:
    return place.portal.apps.bi_builder


def numbers(place: AppPlace) -> dict[str, int]:
    """Data sets by name."""
    return {row["name"]: number for number, row in builder(place).datasets.items()}


def rows(place: AppPlace, name: str, **asked: Any) -> list[dict[str, Any]]:
    return builder(place).rows(numbers(place)[name], **asked)


# --- what is made


def test_a_push_registers_everything_once(ready: AppPlace) -> None:
    """One connector, one source, three data sets; the second push writes nothing."""
    first = push(ready)
    assert (first.failed, first.problems) == (0, ())
    assert first.created > 0
    assert "b24kpi_values, b24kpi_deals, b24kpi_stage_visits" in first.where
    ready.portal.stats.by_method.clear()
    second = push(ready)
    assert (second.created, second.updated, second.deleted, second.unchanged) == (0, 0, 0, first.created)
    assert sorted(numbers(ready)) == sorted(DATA_SETS)
    assert (len(builder(ready).connectors), len(builder(ready).sources)) == (1, 1)
    written = [
        name
        for name in ready.portal.stats.by_method
        if name.startswith("biconnector") and name.endswith((".add", ".update"))
    ]
    assert written == []


def test_a_dry_run_makes_nothing(ready: AppPlace) -> None:
    """It counts what would arrive."""
    assert push(ready, dry_run=True).created == push(ready).created
    assert push(ready, dry_run=True).unchanged > 0


def test_a_new_address_is_told_to_the_connector(opened: Opened, ready: AppPlace) -> None:
    """It is put right, not doubled."""
    push(ready)
    (connector,) = builder(ready).connectors.values()
    connector["urlData"] = "http://127.0.0.1:9/old"
    push(ready)
    assert connector["urlData"] == f"{opened.url}/bi/rows"
    assert len(builder(ready).connectors) == 1


def test_a_secret_that_went_out_of_date_is_put_right(ready: AppPlace) -> None:
    """Tokens may be lost together with it."""
    push(ready)
    (source,) = builder(ready).sources.values()
    source["settings"] = {"secret": "of yesterday"}
    with pytest.raises(ConnectorFault, match="403"):
        rows(ready, "b24kpi_deals")
    push(ready)
    assert len(rows(ready, "b24kpi_deals")) == 9


def test_fields_that_a_newer_version_has_are_added(ready: AppPlace) -> None:
    """Those that people have hidden stay hidden."""
    push(ready)
    dataset = builder(ready).datasets[numbers(ready)["b24kpi_deals"]]
    dataset["fields"] = [{**field, "visible": False} for field in dataset["fields"][:3]]
    push(ready)
    assert len(dataset["fields"]) > 30
    assert [field["visible"] for field in dataset["fields"][:4]] == [False, False, False, True]


@pytest.mark.parametrize("kind", ["reply_lost", "gateway_timeout"])
def test_lost_answers_make_nothing_twice(ready: AppPlace, kind: str) -> None:
    """What was made is found, what was not is asked for once more."""
    for method in ("connector", "source", "dataset"):
        ready.portal.faults.add(kind, f"biconnector.{method}.add")
    for _ in range(2):
        assert push(ready).failed == 0
    assert len(ready.portal.faults.played) == 3
    assert (len(builder(ready).connectors), len(builder(ready).sources)) == (1, 1)
    assert sorted(numbers(ready)) == sorted(DATA_SETS)


# --- what is fetched


def test_bi_builder_reads_what_was_pushed(ready: AppPlace) -> None:
    """The values of the report, by its fields, filters and limit."""
    result = push(ready)
    values = rows(ready, "b24kpi_values")
    assert len(values) == result.created
    assert {row["METRIC"] for row in values} == {"won_deals", "total_sales"}
    chosen = rows(ready, "b24kpi_values", select=["METRIC", "VALUE"], filter={"METRIC": "won_deals"}, limit=2)
    assert [set(row) for row in chosen] == [{"METRIC", "VALUE"}] * 2
    assert {row["METRIC"] for row in chosen} == {"won_deals"}


def test_deals_come_with_their_facts(ready: AppPlace) -> None:
    """Those of the CRM, each once; what BI Builder groups by OR is understood."""
    push(ready)
    assert [row["ID"] for row in rows(ready, "b24kpi_deals")] == list(range(1, 10))
    either = {0: {"LOGIC": "OR", 0: {"=ID": "3"}, 1: {">=ID": "8"}}}
    assert [row["ID"] for row in rows(ready, "b24kpi_deals", filter=either)] == [3, 8, 9]


def test_fields_may_be_asked_for_by_their_names(ready: AppPlace) -> None:
    """The pages of Bitrix24 leave open whether by name or by code."""
    push(ready)
    builder(ready).select_by_name = True
    assert rows(ready, "b24kpi_deals", select=["OUTCOME"], limit=1) == [{"OUTCOME": "open"}]


def test_the_page_of_bi_builder_shows_them(ready: AppPlace) -> None:
    """Tables of the source, and columns of each that the portal accepts."""
    push(ready)
    (source_id,) = builder(ready).sources
    assert [table["code"] for table in builder(ready).tables(source_id)] == DATA_SETS
    assert all(builder(ready).columns(source_id, name) for name in DATA_SETS)


def test_entries_that_left_a_report_are_gone(ready: AppPlace) -> None:
    """BI Builder shows what was pushed last."""
    before = push(ready)
    settings = ready.folder / "settings.toml"
    settings.write_text(settings.read_text("utf-8").replace('["won_deals", "total_sales"]', '["won_deals"]'))
    after = push(ready)
    assert after.deleted == before.created - after.unchanged > 0
    assert {row["METRIC"] for row in rows(ready, "b24kpi_values")} == {"won_deals"}


# --- what is refused


REFUSALS = [
    ("connector.list", "ACCESS_DENIED", "the plan has to include it"),
    ("connector.add", "INSUFFICIENT_SCOPE", "permission biconnector"),
    ("source.add", "SOURCE_CREATE_CONNECTION_ERROR", "start `b24kpi serve`"),
    ("source.add", "SOMETHING_NEW", "SOMETHING_NEW"),
    ("dataset.add", "DATASET_ALREADY_EXIST", "delete it in BI Builder"),
]


@pytest.mark.parametrize("is_nested", [False, True], ids=["flat", "nested"])
def test_a_refusal_is_a_problem_that_is_told(ready: AppPlace, is_nested: bool) -> None:
    """With its remedy; nothing has arrived then, and the next push makes it good."""
    builder(ready).nested_errors = is_nested
    for method, code, words in REFUSALS:
        builder(ready).refusing = {f"biconnector.{method}": code}
        result = push(ready)
        assert (result.created, result.failed > 0) == (0, True)
        assert words in result.problems[0]
    builder(ready).refusing = {}
    assert push(ready).created == result.failed


def test_a_web_server_that_does_not_answer_is_told(ready: AppPlace) -> None:
    """The portal calls it while the source is made."""
    settings = ready.folder / "settings.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace(ready.settings.portal.public_url, "http://127.0.0.1:9"), encoding="utf-8")
    (problem,) = push(ready).problems
    assert "http://127.0.0.1:9" in problem
    assert "b24kpi serve" in problem


def test_without_the_permission_it_is_told_which(ready: AppPlace) -> None:
    """As Bitrix24 says it."""
    ready.portal.scopes.discard("biconnector")
    (problem,) = push(ready).problems
    assert "biconnector" in problem


def test_a_webhook_is_told_that_it_takes_an_application(tmp_path: Path, ready: AppPlace) -> None:
    """Other sinks go on."""
    text = f'[portal]\nwebhook_url = "{ready.portal.url}"\nplan = "self_hosted"\n' + REPORT.replace(
        '["bi_builder"]', '["smart_process", "bi_builder"]'
    )
    path = tmp_path / "webhook" / "settings.toml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with open_app(load(path, {}), clock=ready.clock, stop=None, language="uk") as app:
        app.sync()
        smart, bi = app.push()
    assert smart.failed == 0
    assert bi.failed > 0
    assert bi.problems[0].startswith("BI-конструктор бере дані лише в застосунку")
