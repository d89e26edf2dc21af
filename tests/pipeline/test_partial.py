"""What the portal does not give: the rest stays good, and everything says what is missing."""

import json
from pathlib import Path
from typing import Any

import pytest

from b24kpi.app import App, Ask
from b24kpi.errors import B24KpiError, RetryLater
from tests.pipeline.cache_tables import RAW, live_rows, query
from tests.pipeline.conftest import OpenPlace, company
from tests.pipeline.places import Place, write_settings

SECRET = "demo0secret0webhook"


def reasons(app: App, *metrics: str) -> set[str | None]:
    """Why values of the last months are missing; None where they are not."""
    return {entry.value.reason for entry in app.report(Ask(metrics, count=3)).entries}


def file_bytes(place: Place) -> bytes:
    """The cache with whatever lies beside it."""
    return b"".join(path.read_bytes() for path in place.folder.iterdir() if path.name.startswith("b24kpi.sqlite"))


# --- no rights


def test_a_denied_stream_leaves_the_others_good(opened: OpenPlace) -> None:
    """Exit 3; the coverage names the stream and the reason, all other tables are complete."""
    place = opened(company(100))
    place.portal.denied["crm.lead.list"] = "ACCESS_DENIED"
    result = place.run("sync", "--format", "json")
    streams = {stream["stream"]: stream for stream in json.loads(result.stdout)["streams"]}
    assert (result.exit_code, streams["lead"]["state"]) == (3, "no_permission")
    assert "crm.lead.list" in streams["lead"]["message"]
    assert {stream["state"] for name, stream in streams.items() if name != "lead"} == {"complete"}
    assert len(live_rows(place.cache)["deal"]) == len(place.state.rows("deal"))


def test_metrics_that_need_a_denied_stream_say_so(opened: OpenPlace) -> None:
    """Null with the reason no_permission instead of a wrong number; the others have their values."""
    place = opened(company(100))
    place.portal.denied["crm.lead.list"] = "ACCESS_DENIED"
    with place.app() as app:
        app.sync()
        assert reasons(app, "lead_to_customer_rate", "lead_to_deal_rate", "romi") == {"no_permission"}
        assert reasons(app, "total_sales", "win_rate", "new_customers") == {None}
        assert app.report(Ask(("win_rate",))).coverage["lead"] == "no_permission"


def test_a_report_tells_by_its_exit_code_whether_it_lacks_anything(opened: OpenPlace) -> None:
    """3 where a metric needs the missing stream, 0 where none does."""
    place = opened(company(60))
    place.portal.denied["crm.lead.list"] = "ACCESS_DENIED"
    place.run("sync")
    assert [place.run("report", metric).exit_code for metric in ("lead_to_deal_rate", "total_sales")] == [3, 0]


def test_without_stage_history_no_result_is_guessed(opened: OpenPlace) -> None:
    """All streams of one method, and all that hangs on them."""
    place = opened(company(60))
    place.portal.denied["crm.stagehistory.list"] = "ACCESS_DENIED"
    with place.app() as app:
        result = app.sync()
        refused = {s.name for s in result.streams if s.state == "no_permission"}
        assert refused == {"lead_step", "deal_step", "invoice_step"}
        assert reasons(app, "total_sales", "win_rate", "sales_cycle", "stage_conversion") == {"no_permission"}


def test_a_missing_scope_costs_names_but_no_numbers(opened: OpenPlace) -> None:
    """A webhook without the scopes of users and departments: managers are shown by their ids."""
    place = opened(company(100))
    place.portal.scopes -= {"user", "department"}
    with place.app() as app:
        result = app.sync()
        report = app.report(Ask(("total_sales",), by=("manager",)))
    assert {s.name for s in result.streams if s.state == "no_permission"} == {"user", "department"}
    assert any(entry.value.value for entry in report.entries)
    assert not any(entry.labels for entry in report.entries)


def test_rights_that_come_later_complete_the_cache(opened: OpenPlace) -> None:
    """The next sync reads what was refused."""
    place = opened(company(100))
    place.portal.denied["crm.lead.list"] = "ACCESS_DENIED"
    place.run("sync")
    place.portal.denied.clear()
    assert place.run("sync").exit_code == 0
    assert live_rows(place.cache) == live_rows(fresh(place))
    assert place.run("report", "lead_to_deal_rate").exit_code == 0


def test_rights_that_go_later_take_no_rows_along(opened: OpenPlace) -> None:
    """What was read before is kept; the report says that it is no longer known."""
    place = opened(company(100))
    place.run("sync")
    before = live_rows(place.cache)
    place.portal.denied["crm.lead.list"] = "ACCESS_DENIED"
    assert place.run("sync").exit_code == 3
    assert before == live_rows(place.cache)
    with place.app() as app:
        assert reasons(app, "lead_to_deal_rate") == {"no_permission"}


def fresh(place: Place) -> Path:
    with place.app("fresh.sqlite") as app:
        assert app.sync().complete
    return place.folder / "fresh.sqlite"


# --- not read yet


def test_a_stream_that_was_not_asked_for_is_not_loaded(opened: OpenPlace) -> None:
    """`--only`: what hangs on the other streams is null, never 0."""
    place = opened(company(60))
    assert place.run("sync", "--only", "lead,status").exit_code == 0
    with place.app() as app:
        assert reasons(app, "total_sales", "won_deals", "lead_to_customer_rate") == {"not_loaded"}
        assert app.coverage()["deal"] == "not_loaded"


# --- a bad day of the network


@pytest.mark.parametrize("kind", ["bad_gateway", "gateway_timeout", "truncated", "reset", "query_limit", "reply_lost"])
def test_a_failure_in_the_middle_leaves_no_trace(opened: OpenPlace, kind: str) -> None:
    """Three in a row after the fourth request: the sync is complete, and nothing is lost or doubled."""
    place = opened(company(150))
    place.portal.faults.add(kind, times=3, after=4)
    with place.app() as app:
        assert app.sync().complete
    assert len(place.portal.faults.played) == 3
    assert live_rows(place.cache) == live_rows(fresh(place))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bad_day_leaves_no_trace(opened: OpenPlace, seed: int) -> None:
    """Every fourth request fails in one way or another, in an incremental sync too."""
    place = opened(company(150))
    place.portal.faults.at_random(0.25, seed, ["bad_gateway", "reset", "query_limit", "truncated", "server_error"])
    with place.app() as app:
        assert app.sync().complete
        place.clock.sleep(3600)
        place.state.update("deal", place.state.rows("deal")[5]["ID"], {"OPPORTUNITY": 77})
        assert app.sync().complete
    place.portal.faults.clear()
    assert place.portal.faults.played
    assert live_rows(place.cache) == live_rows(fresh(place))


def test_failed_commands_in_a_batch_leave_no_trace(opened: OpenPlace) -> None:
    """The portal's data base stumbles over single pages."""
    place = opened(company(200))
    place.portal.faults.add("command_error", "crm.activity.list", times=3, after=5, code="INTERNAL_SERVER_ERROR")
    with place.app() as app:
        assert app.sync().complete
    assert live_rows(place.cache) == live_rows(fresh(place))


def test_a_portal_that_is_shut_in_the_middle_is_no_matter_of_rights(opened: OpenPlace) -> None:
    """OVERLOAD_LIMIT: the streams behind it are incomplete; the next sync completes them."""
    place = opened(company(100))
    place.portal.faults.add("overload", times=-1, after=5)
    with place.app() as app:
        states = {stream.state for stream in app.sync().streams}
        place.portal.faults.clear()
        assert states == {"complete", "incomplete"}
        assert app.sync().complete
    assert live_rows(place.cache) == live_rows(fresh(place))


# --- nothing at all


def failing(place: Place, kind: str) -> None:
    if kind == "wrong_webhook":
        write_settings(place.settings, place.portal.url.replace(SECRET, "another0secret0code"))
    else:
        place.portal.faults.add(kind, times=-1)


@pytest.mark.parametrize("language", ["uk", "ru", "en"])
@pytest.mark.parametrize("kind", ["overload", "portal_deleted", "expired_token", "wrong_webhook", "redirect"])
def test_a_portal_that_refuses_everything_is_told_in_one_sentence(opened: OpenPlace, kind: str, language: str) -> None:
    """Exit 1, one line on stderr, nothing on stdout, no row in the cache, the webhook's code nowhere."""
    place = opened(company(20))
    failing(place, kind)
    result = place.run("sync", language=language)
    assert (result.exit_code, result.stdout, len(result.stderr.strip().splitlines())) == (1, "", 1)
    assert_nothing_is_there(place, result.stderr)


def assert_nothing_is_there(place: Place, told: str) -> None:
    assert all(query(place.cache, f"SELECT COUNT(*) FROM {table}") == [(0,)] for table in RAW)
    for secret in (SECRET, "another0secret0code"):
        assert secret not in told
        assert secret.encode() not in file_bytes(place)


def test_an_unreachable_host_is_told_after_some_attempts(opened: OpenPlace) -> None:
    """The message names the host and what to check."""
    place = opened(company(20))
    place.portal.stop()
    with place.app() as app, pytest.raises(RetryLater, match=r"127\.0\.0\.1.*webhook_url") as caught:
        app.sync()
    assert (caught.value.exit_code, place.clock.now() > 0) == (1, True)
    assert_nothing_is_there(place, str(caught.value))


def test_the_code_of_the_webhook_is_nowhere_after_a_good_day(opened: OpenPlace) -> None:
    """Neither in the cache nor in what -vv prints."""
    place = opened(company(30))
    result = place.run("sync", "-vv")
    assert result.exit_code == 0
    assert "called method=" in result.stderr
    assert_secret_free(result.output, file_bytes(place))


def assert_secret_free(*texts: Any) -> None:
    for text in texts:
        assert (SECRET if isinstance(text, str) else SECRET.encode()) not in text


def test_a_deleted_portal_leaves_the_old_numbers(opened: OpenPlace) -> None:
    """A failed sync changes nothing: the report of yesterday can be read as it was."""
    place = opened(company(60))
    place.run("sync")
    before = place.run("report", "total_sales", "--format", "csv").stdout
    place.portal.faults.add("portal_deleted", times=-1)
    assert place.run("sync").exit_code == 1
    assert before == place.run("report", "total_sales", "--format", "csv").stdout


def test_errors_are_for_people_in_their_language(opened: OpenPlace) -> None:
    """The same failure, three sentences."""
    place = opened(company(20))
    place.portal.faults.add("overload", times=-1)
    with place.app() as app, pytest.raises(B24KpiError) as caught:
        app.sync()
    assert len({caught.value.text(language) for language in ("uk", "ru", "en")}) == 3
