"""A published value that is another one today: the report says so, and `explain` names what made it so."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from b24kpi.app import App, Ask, Restatement
from b24kpi.cache.published import slice_of
from b24kpi.errors import BadInput
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.period import Period
from tests.pipeline.cache_tables import query
from tests.pipeline.conftest import OpenPlace, company
from tests.pipeline.places import Place, opened_place
from tests.pipeline.random_life import RandomLife
from tests.pipeline.report_contract import faults

METRICS = ("total_sales", "won_deals", "aov", "win_rate", "new_customers", "lead_to_deal_rate", "ltv_historic")
REPORT = f"""
[[report]]
name = "monthly"
metrics = {[*METRICS, "stage_conversion", "sales_cycle"]}
periods = 3
by = ["", "manager"]
sinks = ["smart_process"]
"""
SEPTEMBER = Period.parse("2026-09")
WON = (
    "SELECT deal_id FROM fact_deal WHERE outcome = 'won' AND money > 0 AND currency_id = 'UAH' "
    "AND closed_day BETWEEN 20260901 AND 20260930 ORDER BY deal_id"
)


@dataclass(frozen=True)
class Corrected:
    """A company that corrected its September after it was published."""

    place: Place
    app: App
    edited: int
    reopened: int
    deleted: int
    handed_over: int


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corrected]:
    with opened_place(tmp_path_factory.mktemp("restated"), company(600), further=REPORT) as place, place.app() as app:
        assert app.sync().complete
        app.push()
        edited, reopened, deleted, handed_over = (row[0] for row in query(place.cache, WON)[:4])
        place.clock.sleep(86_400)
        place.state.update("deal", edited, {"OPPORTUNITY": 99_999})
        place.state.update("deal", reopened, {"STAGE_ID": "EXECUTING", "CATEGORY_ID": 0})
        place.state.delete("deal", deleted)
        place.state.update("deal", handed_over, {"ASSIGNED_BY_ID": 2})
        assert app.sync(full=True).complete
        yield Corrected(place, app, edited, reopened, deleted, handed_over)


def reported(place: Place, *options: str) -> dict[str, Any]:
    span = ("--from", "2026-09-01", "--to", "2026-10-01")
    found: dict[str, Any] = json.loads(place.run("report", "total_sales", *span, "--format", "json", *options).stdout)
    return found


def test_the_report_says_what_was_published(corrected: Corrected) -> None:
    """The first value, up to when its data reached, and when it was handed over."""
    report, before = reported(corrected.place), reported(corrected.place, "--as-of", "2026-11-21")
    row = report["values"][0]
    assert "restated" in row["flags"]
    assert row["published"]["value"] == before["values"][0]["value"] != row["value"]
    assert row["published"]["as_of"] == "2026-11-21T12:30:00+02:00"
    assert faults(report) == faults(before) == []


def test_what_is_as_it_was_has_no_mark(corrected: Corrected) -> None:
    """October was not corrected."""
    ask = Ask(("total_sales",), start=Period.parse("2026-10").start, end=Period.parse("2026-10").end)
    entry = corrected.app.report(ask).entries[0]
    assert (entry.published, "restated" in entry.value.flags) == (None, False)


def test_a_selection_is_not_compared_with_the_whole(corrected: Corrected) -> None:
    """Only whole values were published, and slices."""
    ask = Ask(("total_sales",), start=SEPTEMBER.start, end=SEPTEMBER.end, where={"pipeline": "0"})
    assert corrected.app.report(ask).entries[0].published is None


def test_the_causes_are_the_deals_that_differ(corrected: Corrected) -> None:
    """Each with what changed; the one that was handed over brought the same."""
    found = corrected.app.restated("total_sales", SEPTEMBER, {})
    causes = {cause.id: cause for cause in found.causes}
    assert causes.keys() == {corrected.edited, corrected.reopened, corrected.deleted}
    assert causes[corrected.edited].changes["money"][1] == Decimal("99999.00")
    assert causes[corrected.reopened].changes["outcome"] == ("won", "open")
    assert [causes[each].news for each in (corrected.edited, corrected.deleted)] == ["", "deleted"]


def test_causes_add_up_to_the_difference(corrected: Corrected) -> None:
    """To the cent."""
    found = corrected.app.restated("total_sales", SEPTEMBER, {})
    moved = sum(after - before for cause in found.causes for before, after in [cause.parts.get("sales", (0, 0))])
    assert moved == Decimal(str(found.now.value)) - Decimal(str(found.published.value))
    assert found.recomputed.value == found.published.value


def test_a_slice_has_its_own_causes(corrected: Corrected) -> None:
    """Owners at the win stay; the published slices of those whom nothing concerns are as they were."""
    slices = {row[0]: row[1] for row in query(corrected.place.cache, "SELECT deal_id, manager_id FROM fact_deal")}
    manager = str(slices[corrected.edited])
    found = corrected.app.restated("total_sales", SEPTEMBER, {"manager": manager})
    assert corrected.edited in {cause.id for cause in found.causes}
    assert {slices.get(cause.id, int(manager)) for cause in found.causes} == {int(manager)}
    assert slices[corrected.handed_over] != 2 or corrected.handed_over not in {cause.id for cause in found.causes}


@pytest.mark.parametrize("metric", ["win_rate", "new_customers", "lead_to_deal_rate", "sales_cycle"])
def test_every_published_value_can_be_computed_again(corrected: Corrected, metric: str) -> None:
    """From the rows of then; where today's differs there is a cause."""
    found = corrected.app.restated(metric, SEPTEMBER, {})
    assert found.recomputed.value == found.published.value
    assert found.causes or found.now.value == found.published.value


def test_what_was_not_published_cannot_be_compared(corrected: Corrected) -> None:
    """Neither the present month nor a month before the report."""
    for period in ("2026-11", "2026-01"):
        with pytest.raises(BadInput, match="has not been published"):
            corrected.app.restated("total_sales", Period.parse(period), {})


def test_a_second_push_does_not_overwrite(opened: OpenPlace) -> None:
    """What is pushed after a correction is no first publication."""
    place = opened(company(250), further=REPORT)
    with place.app() as app:
        app.sync()
        app.push()
        before = published(place)
        place.clock.sleep(86_400)
        place.state.update("deal", query(place.cache, WON)[0][0], {"OPPORTUNITY": 1})
        app.sync()
        app.push()
        assert before
        assert published(place) == before


def test_changed_costs_are_named_as_such(opened: OpenPlace) -> None:
    """Earlier ones are not kept, so no row is the cause; the report says that figures of people were changed."""
    place = opened(company(250), further=REPORT.replace('"sales_cycle"', '"romi"').replace("'sales_cycle'", "'romi'"))
    costs = place.folder / "costs.csv"
    place.filled.write_costs_csv(costs)
    with place.app() as app:
        app.sync()
        app.import_costs(costs)
        app.push()
        head, *lines = costs.read_text(encoding="utf-8").splitlines()
        costs.write_text("\n".join([head, *lines[::2]]), encoding="utf-8")
        place.clock.sleep(3600)
        app.import_costs(costs)
        found = app.restated("romi", SEPTEMBER, {})
    assert (found.causes, found.recomputed.value == found.now.value) == ((), True)
    assert found.now.value != found.published.value
    told = place.run("explain", "romi", "--period", "2026-09", "--restated").stdout
    assert "costs, plans or other figures given by people were changed" in told


@pytest.mark.parametrize("ending", ["html", "csv", "xlsx", "json"])
def test_files_hold_what_was_published(corrected: Corrected, ending: str) -> None:
    """Each in its own way."""
    file = corrected.place.folder / f"sales.{ending}"
    arguments = ("total_sales", "--from", "2026-05-01", "--output", str(file))
    assert corrected.place.run("report", *arguments).exit_code == 0
    assert b"ublished" in file.read_bytes() or ending == "xlsx"


def test_a_stage_has_its_own_causes(corrected: Corrected) -> None:
    """Stages are always named together with their pipeline."""
    where = {"pipeline": "0", "stage": "NEW"}
    found = corrected.app.restated("stage_conversion", SEPTEMBER, where)
    assert (found.now.by, found.recomputed.value) == (where, found.published.value)


def test_a_dry_run_publishes_nothing(opened: OpenPlace) -> None:
    """Nothing has left the house."""
    place = opened(company(100), further=REPORT)
    with place.app() as app:
        app.sync()
        app.push(dry_run=True)
    assert published(place) == []


def published(place: Place) -> list[tuple[Any, ...]]:
    return query(place.cache, "SELECT * FROM published_value ORDER BY metric, period, slice")


@pytest.mark.parametrize("seed", [3])
def test_causes_of_random_changes_add_up(opened: OpenPlace, seed: int) -> None:
    """Every published sum: what the causes moved is what it differs by."""
    place = opened(company(60, seed), further=REPORT)
    with place.app() as app:
        app.sync()
        app.push()
        place.clock.sleep(3600)
        RandomLife(place.state, place.clock, seed).go_on(80)
        app.sync(full=True)
        entries = [entry for entry in app.report(Ask(("total_sales", "won_deals"), count=2)).entries if entry.published]
        for entry in entries:
            found = app.restated(entry.value.metric, entry.value.period, {})
            assert moved(found) == entry.value.value - found.published.value  # type: ignore[operator]
            assert found.recomputed.value == found.published.value


def moved(found: Restatement) -> Any:
    part = find(found.now.metric).numerator
    return sum(after - before for cause in found.causes for before, after in [cause.parts.get(part, (0, 0))])


COMMAND = ("explain", "total_sales", "--period", "2026-09", "--restated")


@pytest.mark.parametrize(("language", "words"), [("uk", "3 причини"), ("ru", "3 причины"), ("en", "3 causes")])
def test_the_command_names_the_causes(corrected: Corrected, language: str, words: str) -> None:
    """In the reader's language."""
    told = corrected.place.run(*COMMAND, language=language)
    assert (told.exit_code, words in told.stdout, str(corrected.reopened) in told.stdout) == (0, True, True)


def test_the_causes_as_data(corrected: Corrected) -> None:
    """The same, for programs."""
    data = json.loads(corrected.place.run(*COMMAND, "--format", "json").stdout)
    lines = corrected.place.run(*COMMAND, "--format", "csv").stdout.splitlines()
    assert {cause["id"] for cause in data["causes"]} == {corrected.edited, corrected.reopened, corrected.deleted}
    assert (data["recomputed"], data["published"]["as_of"]) == (data["published"]["value"], "2026-11-21T12:30:00+02:00")
    assert lines[0] == "kind,id,news,part,then,now,changes"


def test_the_table_shows_what_was_published(corrected: Corrected) -> None:
    """A column of its own, where any value of the table differs."""
    told = corrected.place.run("report", "won_deals", "--from", "2026-06-01").stdout
    assert "Published" in told
    assert "explain METRIC --period PERIOD --restated" in told


def test_slices_are_texts_in_the_order_of_names() -> None:
    """So that the same slice is the same text."""
    assert slice_of({"source": "WEB", "manager": "5"}) == slice_of({"manager": "5", "source": "WEB"})
