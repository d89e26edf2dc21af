"""What was reported once can be reported again: whatever happens later, an earlier moment keeps its values."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from b24kpi.app import App, Ask
from b24kpi.metrics.catalogue import load
from b24kpi.metrics.period import Grain
from b24kpi.report.model import Report
from tests.pipeline.cache_tables import everything
from tests.pipeline.conftest import company
from tests.pipeline.places import Place, opened_place
from tests.pipeline.random_life import RandomLife

SEEDS = range(2)
ROUNDS = 3
DEEDS = 40
SLICES = ((), ("manager",), ("department", "source"), ("pipeline", "utm_source"))
ASKS = tuple(Ask(grain=Grain.QUARTER, count=2, by=by) for by in SLICES)


@dataclass
class Past:
    """A portal that life went on at, and what was reported after each sync."""

    place: Place
    app: App
    reports: list[Report] = field(default_factory=list)

    def report_now(self) -> Report:
        report = self.app.report(*ASKS)
        self.reports.append(report)
        return report


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed{seed}")
def past(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """Rounds of random changes, deletions and renewals of the stages among them, each followed by a sync."""
    seed: int = request.param
    with opened_place(tmp_path_factory.mktemp("past"), company(80, seed)) as place, place.app() as app:
        lived, life = Past(place, app), RandomLife(place.state, place.clock, seed)
        assert app.sync().complete
        lived.report_now()
        for number in range(ROUNDS):
            place.clock.sleep(86_400)
            if number == 1:
                life.new_stages()
            life.go_on(DEEDS)
            delete_some(place, number)
            assert app.sync(full=number == ROUNDS - 1).complete
            lived.report_now()
        yield lived


def delete_some(place: Place, number: int) -> None:
    for table in ("deal", "lead", "company"):
        place.state.delete(table, place.state.rows(table)[5 + number]["ID"])


def moment(report: Report) -> datetime:
    return datetime.fromtimestamp(report.as_of, UTC)


@pytest.mark.parametrize("number", range(ROUNDS + 1))
def test_an_earlier_report_can_be_had_again(past: Past, number: int) -> None:
    """Every KPI and slice, to the last digit, names and comparisons included."""
    earlier = past.reports[number]
    again = past.app.report(*ASKS, as_of=moment(earlier))
    assert (again.as_of, again.coverage) == (earlier.as_of, earlier.coverage)
    assert differences(earlier, again) == []
    assert len(earlier.entries) > len(load())


def differences(earlier: Report, again: Report) -> list[object]:
    """Entries that differ in a number; names for people are always the present ones."""
    then = {(e.value.metric, e.value.period, tuple(e.value.by.items())): (e.value, e.previous) for e in earlier.entries}
    now = {(e.value.metric, e.value.period, tuple(e.value.by.items())): (e.value, e.previous) for e in again.entries}
    return [(key, then.get(key), now.get(key)) for key in {*then, *now} if then.get(key) != now.get(key)]


def test_the_reports_differ_from_each_other(past: Past) -> None:
    """Else the test above would prove nothing."""
    for number in range(ROUNDS):
        assert differences(past.reports[number], past.reports[number + 1])


def test_between_two_syncs_the_earlier_one_answers(past: Past) -> None:
    """Nothing later was known; the report says up to when its data reach."""
    earlier, later = past.reports[1:3]
    between = datetime.fromtimestamp((earlier.as_of + later.as_of) / 2, UTC)
    again = past.app.report(*ASKS, as_of=between)
    assert again.as_of == earlier.as_of
    assert differences(earlier, again) == []


def test_before_the_first_sync_no_later_sync_changes_anything(past: Past, tmp_path: Path) -> None:
    """What the first sync found, cut at the moment, is all that is told of the time before it."""
    before = datetime.fromtimestamp(past.reports[0].as_of - 40 * 86_400, UTC)
    told = past.app.report(*ASKS, as_of=before)
    life = RandomLife(past.place.state, past.place.clock, 99)
    past.place.clock.sleep(3600)
    life.go_on(20)
    assert past.app.sync().complete
    again = past.app.report(*ASKS, as_of=before)
    assert told.as_of == again.as_of == before.timestamp()
    assert differences(told, again) == []
    assert all("reconstructed" in entry.value.flags for entry in again.entries)


def test_looking_back_leaves_the_cache_as_it_was(past: Past) -> None:
    """It is read, nothing else."""
    before = everything(past.place.cache)
    past.app.report(as_of=moment(past.reports[1]))
    assert everything(past.place.cache) == before
