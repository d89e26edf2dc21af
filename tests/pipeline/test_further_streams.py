"""Calls and tasks: read like all else where the portal has them, and missed by nobody where it has not."""

from typing import Any

from b24kpi.app import Ask
from b24kpi.portal.entities import CALL, TASK
from tests.pipeline.cache_tables import deleted_ids, query
from tests.pipeline.conftest import OpenPlace, company
from tests.pipeline.places import Place

Rows = set[tuple[Any, ...]]


def known_calls(place: Place) -> Rows:
    return set(
        query(
            place.cache,
            "SELECT id, portal_user_id, call_type, call_duration, call_failed_code, crm_activity_id, call_start_date, "
            "call_vote FROM call WHERE deleted_at IS NULL",
        )
    )


def calls_of(place: Place) -> Rows:
    return {
        (
            *(row["ID"], row["PORTAL_USER_ID"], int(row["CALL_TYPE"]), row["CALL_DURATION"], row["CALL_FAILED_CODE"]),
            *(row["CRM_ACTIVITY_ID"], row["CALL_START_DATE"], row["CALL_VOTE"]),
        )
        for row in place.state.rows("telephony_call")
    }


def known_tasks(place: Place) -> Rows:
    return set(
        query(
            place.cache,
            "SELECT id, status, responsible_id, created_date, closed_date, deadline, uf_crm_task "
            "FROM task WHERE deleted_at IS NULL",
        )
    )


def tasks_of(place: Place) -> Rows:
    return {
        (
            *(row["ID"], row["STATUS"], row["RESPONSIBLE_ID"], row["CREATED_DATE"], row["CLOSED_DATE"]),
            *(row["DEADLINE"], row["UF_CRM_TASK"].strip('["]')),
        )
        for row in place.state.rows("task")
    }


def test_the_cache_holds_the_calls_and_tasks_of_the_portal(opened: OpenPlace) -> None:
    """Row for row, and nothing of who called or what was said."""
    place = opened(company(100))
    assert place.run("sync").exit_code == 0
    assert known_calls(place) == calls_of(place) != set()
    assert known_tasks(place) == tasks_of(place) != set()
    columns = {
        row[0]
        for table in ("call", "task")
        for row in query(place.cache, f"SELECT name FROM pragma_table_info('{table}')")
    }
    assert not columns & {"phone_number", "portal_number", "call_log", "comment", "title", "description"}


def test_without_their_scopes_the_rest_is_complete(opened: OpenPlace) -> None:
    """Neither the exit code nor the notes of a report complain of a telephony that a portal has not got."""
    place = opened(company(100))
    place.portal.scopes -= {"telephony", "task"}
    with place.app() as app:
        result = app.sync()
        report = app.report(Ask(("total_sales",)))
    assert result.complete
    assert {s.name for s in result.streams if s.state == "no_permission"} == {"call", "task"}
    assert (report.coverage["call"], report.coverage["task"]) == ("no_permission", "no_permission")
    assert "calls" not in place.run("report", "total_sales").output


def test_what_happens_later_comes_with_the_next_sync(opened: OpenPlace) -> None:
    """A new call, a late vote for a recent one, a task that is done."""
    place = opened(company(100))
    place.run("sync")
    newest = max(row["ID"] for row in place.state.rows("telephony_call"))
    task = next(row["ID"] for row in place.state.rows("task") if not row["CLOSED_DATE"])
    place.clock.sleep(600)
    now = int(place.clock.now())
    place.state.change_row("telephony_call", newest, {"CALL_VOTE": 5})
    place.state.insert("telephony_call", [{"ID": newest + 1, "CALL_START_DATE": now, "CALL_DURATION": 30}])
    place.state.change_row("task", task, {"STATUS": 5, "CLOSED_DATE": now, "CHANGED_DATE": now})
    with place.app() as app:
        assert app.sync().complete
    assert known_calls(place) == calls_of(place)
    assert known_tasks(place) == tasks_of(place)


def test_calls_and_tasks_that_vanish_are_marked(opened: OpenPlace) -> None:
    """Counted like other streams, though the telephony spells its filters in capitals."""
    place = opened(company(100))
    place.run("sync")
    calls = sorted(row["ID"] for row in place.state.rows("telephony_call"))[3:40:9]
    tasks = sorted(row["ID"] for row in place.state.rows("task"))[1:3]
    place.state.delete_many("telephony_call", calls)
    place.state.delete_many("task", tasks)
    with place.app() as app:
        app.sync(compare=True)
    assert deleted_ids(place.cache, CALL.table) == set(calls)
    assert deleted_ids(place.cache, TASK.table) == set(tasks)
