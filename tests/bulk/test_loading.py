"""A first load in bulk ends in the cache that REST fills, whatever the connector does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from b24kpi.demo.server import Webhook
from b24kpi.errors import Interrupted
from tests.bulk.conftest import Load, Words
from tests.first_passes import FirstPasses
from tests.pipeline.cache_tables import live_rows, query
from tests.pipeline.places import Place

IN_BULK = ("deal", "deal_step", "lead_step")
Equal = Callable[[str], bool]


def test_all_rows_of_three_streams_come_in_bulk(load: Load, equal: Equal) -> None:
    """Deals and both histories; leads and activities by REST, since the connector lacks columns of theirs."""
    words = Words()
    streams = {stream.name: stream for stream in load("bulk", bulk=True, progress=words).streams}
    assert [word.startswith("Reading in bulk") for word in words.words] == [True]
    assert {name for name, stream in streams.items() if stream.bulk_rows} == set(IN_BULK)
    assert all(streams[name].bulk_rows == streams[name].rows > 100 for name in IN_BULK)
    assert [stream.bulk_problem for stream in streams.values()] == [None] * len(streams)
    assert equal("bulk")


def test_requests_to_the_connector_are_counted(load: Load, place: Place) -> None:
    """The sync tells what the portal was asked, apart and together."""
    before = place.portal.stats.requests
    result = load("bulk", bulk=True)
    assert result.requests == place.portal.stats.requests - before - 1  # who we are
    assert 0 < result.bulk_requests < result.requests


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("bi_early_end", {"rows": 30}),
        ("bi_early_end", {"rows": 0}),
        ("bi_missing_rows", {"every": 40}),
        ("bi_doubled_rows", {"every": 50}),
        ("bi_cut_line", {}),
        ("bi_missing_column", {"column": "STAGE_ID"}),
        ("bi_missing_column", {"column": "ID"}),
        ("bi_extra_column", {"column": "TITLE"}),
        ("bi_lost_filter", {}),
        *(("bi_error", {"code": code}) for code in ("SQL_ERROR", "DICTIONARY_1_UPDATE", "WRONG_KEY", "LIMIT_EXCEEDED")),
        *((kind, {}) for kind in ("truncated", "bad_gateway", "gateway_timeout", "redirect", "reset", "reply_lost")),
    ],
)
@pytest.mark.parametrize(("times", "after"), [(1, 1), (-1, 0)])
def test_every_fault_ends_in_the_same_cache(
    load: Load, equal: Equal, place: Place, kind: str, details: dict[str, object], times: int, after: int
) -> None:
    """At a later slice, or at all of them: what is not proven is read by REST, and that is told."""
    place.portal.faults.add(kind, "pbi.php", times=times, after=after, **details)
    words = Words()
    result = load("bulk", bulk=True, progress=words)
    place.portal.faults.clear()
    assert result.complete
    problems = [word for word in words.words if "Not all was read in bulk" in word]
    assert len(problems) == sum(stream.bulk_problem is not None for stream in result.streams)
    assert problems or kind in ("bi_missing_column", "bi_extra_column")  # histories have no such columns
    assert equal("bulk")


@pytest.mark.parametrize(("limit", "cuts"), [(160, True), (40, True), (40, False)])
def test_the_limit_of_a_plan_makes_slices_smaller(
    load: Load, equal: Equal, place: Place, limit: int, cuts: bool
) -> None:
    """Down to what is not worth it; then REST reads on."""
    place.portal.bi.row_limit, place.portal.bi.cuts_at_limit = limit, cuts
    result = load("bulk", bulk=True, rows=300)
    assert (result.complete, equal("bulk")) == (True, True)
    assert any(stream.bulk_rows for stream in result.streams) == (limit > 100 or not cuts)


@pytest.mark.parametrize("zone", ["Asia/Almaty", "Europe/London", "America/New_York"])
def test_a_data_time_zone_is_seen_through(load: Load, equal: Equal, place: Place, zone: str) -> None:
    """Moments that are shifted are not those that REST shows: nothing is taken."""
    place.portal.bi.data_time_zone = zone
    result = load("bulk", bulk=True)
    assert sum(stream.bulk_rows for stream in result.streams) == 0
    assert equal("bulk")


def test_moments_of_the_hour_that_comes_twice_are_those_of_rest(load: Load, tmp_path: Path) -> None:
    """03:53 and 04:23 by the clock came twice on that day; each row has its own."""
    load("bulk", bulk=True)
    moments = "SELECT date_create FROM deal WHERE date_create BETWEEN 1761440000 AND 1761445400 ORDER BY 1"
    found = [row[0] for row in query(tmp_path / "bulk", moments)]
    assert {1_761_440_000 + 1_800 * number for number in range(4)} <= set(found)


def test_the_next_sync_finds_what_changed_meanwhile(load: Load, equal: Equal, place: Place) -> None:
    """Deals changed, deleted and added while slices were read: as after any other full pass."""
    state, changed = place.state, [deal["ID"] for deal in place.state.rows("deal")[-40:]]

    class Life(Words):
        def advance(self, stream: str, rows: int, done_ids: int) -> None:
            place.clock.sleep(60)
            if stream == "deal" and changed:
                state.update("deal", changed.pop(), {"OPPORTUNITY": 12_345.0})
                state.add("deal", {"TITLE": "new", "OPPORTUNITY": 5.0, "CURRENCY_ID": "UAH"})

    assert load("bulk", bulk=True, progress=Life()).complete
    assert load("bulk", bulk=True).complete
    assert equal("bulk")


@pytest.mark.parametrize("rows", [1, 300])
def test_a_load_told_to_stop_is_gone_on_with(load: Load, equal: Equal, tmp_path: Path, rows: int) -> None:
    """What was proven is kept and not read again."""
    with pytest.raises(Interrupted):
        load("bulk", bulk=True, progress=Words(stop_after=rows))
    kept = sum(query(tmp_path / "bulk", f"SELECT COUNT(*) FROM {name}")[0][0] for name in ("deal", "stage_step"))
    assert kept > 0
    rest, whole = FirstPasses(IN_BULK), FirstPasses(IN_BULK)
    load("bulk", bulk=True, progress=rest)
    load("whole", progress=whole)
    assert rest.rows == whole.rows - kept
    assert equal("bulk")


def test_later_syncs_leave_the_connector_alone(load: Load, place: Place) -> None:
    """It is for the first load."""
    load("bulk", bulk=True)
    assert load("bulk", bulk=True).bulk_requests == 0


def test_a_user_from_whom_rows_may_be_hidden_reads_by_rest(load: Load, place: Place, tmp_path: Path) -> None:
    """What the connector shows beyond his rights is not taken, and that is told."""
    place.portal.webhooks[2] = Webhook("anothersecret", reads="own")
    result = load("bulk", bulk=True, url=place.portal.webhook_url(2))
    load("rest", url=place.portal.webhook_url(2))
    problems = {stream.bulk_problem.message_id for stream in result.streams if stream.bulk_problem}
    assert (problems, result.bulk_requests) == ({"bulk.not_admin"}, 0)
    assert live_rows(tmp_path / "bulk") == live_rows(tmp_path / "rest")
