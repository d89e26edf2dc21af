"""When rows are compared: seldom by itself, always where somebody asks, never so that a portal suffers."""

import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from b24kpi.daemon import schedule
from b24kpi.demo.limits import Limits
from b24kpi.demo.standard_portal import install
from b24kpi.demo.state import PortalState
from b24kpi.portal.entities import DEAL, LEAD
from b24kpi.settings import ScheduleSettings
from tests.deletions.conftest import Open
from tests.deletions.followed import Followed, deals
from tests.pipeline.cache_tables import deleted_ids, make_all_facts, query
from tests.pipeline.places import opened_place

HOUR = 3600


def filled(place: Followed, number: int = 3_000) -> Followed:
    place.state.insert("deal", deals(range(1, number + 1)))
    place.sync(DEAL)
    return place


def test_a_sync_compares_once_an_hour(place: Followed) -> None:
    """A deleted row is gone from the numbers within the hour."""
    filled(place)
    place.state.delete("deal", 2_000)
    place.clock.sleep(HOUR - 1)
    place.sync(DEAL)
    assert place.ids("deal", deleted=True) == set()
    place.clock.sleep(1)
    place.sync(DEAL)
    assert place.ids("deal", deleted=True) == {2_000}


def test_a_first_load_is_not_compared(place: Followed) -> None:
    """What has just been read needs no proof by counting."""
    filled(place)
    place.demo.stats.keep_log = True
    place.sync(DEAL)
    assert all(params.get("start") != 0 for _, params in place.demo.stats.log)


def test_a_slow_portal_is_asked_to_count_more_seldom(opened: Open) -> None:
    """Counting takes a hundredth of the time at most: 60 s are followed by 100 minutes."""
    place = opened(limits=Limits(count_seconds=60.0))
    filled(place)
    place.clock.sleep(HOUR)
    place.sync(DEAL)
    place.state.delete("deal", 2_000)
    place.clock.sleep(5_000)
    place.sync(DEAL)
    assert place.ids("deal", deleted=True) == set()
    place.clock.sleep(1_000)
    place.sync(DEAL)
    assert place.ids("deal", deleted=True) == {2_000}


def test_batches_of_counts_get_shorter_on_a_slow_portal(opened: Open) -> None:
    """About 20 seconds of work each, for the cloud cuts off after 60: ten counts of two seconds."""
    place = opened(limits=Limits(count_seconds=2.0))
    filled(place, 20_000)
    place.state.delete_many("deal", range(100, 20_000, 400))
    before, asked = place.demo.stats.by_method["crm.deal.list"], place.demo.stats.requests
    place.compare(DEAL)
    counts = place.demo.stats.by_method["crm.deal.list"] - before
    assert len(place.ids("deal", deleted=True)) == 50
    assert counts / 12 <= place.demo.stats.requests - asked - 3


@pytest.mark.parametrize("option", ["full", "compare", "confirmed"])
def test_whoever_asks_gets_a_comparison(place: Followed, option: str) -> None:
    """`--full`, the nightly run, `--confirm-deletions`."""
    filled(place)
    place.state.delete("deal", 2_000)
    place.sync(DEAL, **{option: True})
    assert place.ids("deal", deleted=True) == {2_000}


@pytest.mark.parametrize("asked", [False, True])
def test_only_a_comparison_that_was_asked_for_may_fail_a_sync(place: Followed, asked: bool) -> None:
    """Otherwise it is tried again at the next run."""
    filled(place)
    place.clock.sleep(HOUR)
    place.demo.faults.add("command_error", "crm.deal.list", times=-1, after=3, code="ACCESS_DENIED")
    assert place.sync(DEAL, compare=asked).complete is not asked


def test_a_comparison_that_failed_comes_again(place: Followed) -> None:
    """Within the hour, not at each refresh."""
    filled(place)
    place.state.delete("deal", 2_000)
    place.clock.sleep(HOUR)
    place.demo.faults.add("command_error", "crm.deal.list", times=-1, after=3, code="ACCESS_DENIED")
    place.sync(DEAL)
    place.demo.faults.clear()
    place.clock.sleep(HOUR)
    place.sync(DEAL)
    assert place.ids("deal", deleted=True) == {2_000}


def test_only_what_was_asked_for_is_compared(place: Followed) -> None:
    """`--only`."""
    filled(place)
    place.state.add("lead", {})
    place.sync(LEAD)
    place.state.delete("deal", 2_000)
    place.sync(LEAD, compare=True)
    assert place.ids("deal", deleted=True) == set()


# --- the command and the daemon


def simple(state: PortalState) -> None:
    """300 deals."""
    install(state)
    for number in range(300):
        state.add("deal", {"OPPORTUNITY": number})


@pytest.mark.parametrize("language", ["en", "uk", "ru"])
def test_a_person_confirms_by_an_option(tmp_path: Path, language: str) -> None:
    """Refused with the remedy, exit 3; accepted with it, exit 0."""
    with opened_place(tmp_path, simple) as place:
        assert place.run("sync").exit_code == 0
        place.state.delete_many("deal", range(1, 200))
        refused = place.run("sync", "--full", "--format", "json", language=language)
        assert (refused.exit_code, "--confirm-deletions" in message(refused.stdout)) == (3, True)
        assert place.run("sync", "--confirm-deletions", language=language).exit_code == 0
        assert len(deleted_ids(place.cache, "deal")) == 199
        assert place.run("sync").exit_code == 0


def message(stdout: str) -> str:
    return "".join(stream["message"] for stream in json.loads(stdout)["streams"])


def test_facts_follow_what_was_found(tmp_path: Path) -> None:
    """A deal that was deleted is out of the numbers with the sync that finds it."""
    with opened_place(tmp_path, simple) as place:
        with place.app() as app:
            app.sync()
            make_all_facts(app)
            place.state.delete("deal", 17)
            app.sync(compare=True)
        assert query(place.cache, "SELECT COUNT(*) FROM fact_deal") == [(299,)]


def test_the_daemon_compares_by_its_own_line_of_the_settings() -> None:
    """At 03:20 of the portal's day; the usual refresh does not."""
    kyiv = ZoneInfo("Europe/Kyiv")
    scheduler = schedule(ScheduleSettings(), kyiv, lambda **options: None)
    jobs = {job.id: job for job in scheduler.get_jobs()}
    evening = datetime(2026, 11, 21, 22, 10, tzinfo=kyiv)
    times = {name: job.trigger.get_next_fire_time(None, evening) for name, job in jobs.items()}
    assert times == {"refresh": evening.replace(minute=30), "deletions": datetime(2026, 11, 22, 3, 20, tzinfo=kyiv)}
    assert {name: job.kwargs for name, job in jobs.items()} == {"refresh": {}, "deletions": {"compare": True}}


def test_runs_of_the_daemon_wait_for_each_other() -> None:
    """Both due at the same moment: one after the other, none is left out."""
    running: list[int] = []
    most: list[int] = []
    done = threading.Barrier(2, timeout=10)

    def job(*, compare: bool = False) -> None:
        running.append(1)
        most.append(len(running))
        time.sleep(0.05)
        running.pop()
        if compare:
            done.wait()

    scheduler = schedule(ScheduleSettings(), ZoneInfo("UTC"), job)
    scheduler.start()
    for job_id in ("refresh", "deletions"):
        scheduler.modify_job(job_id, next_run_time=datetime.now(UTC))
    done.wait()
    scheduler.shutdown()
    assert most == [1, 1]
