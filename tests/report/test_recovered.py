"""What came back: deals won after they had been leaks, by hand."""

from datetime import date
from zoneinfo import ZoneInfo

from b24kpi.cache.leak_tasks import Claim, LeakKey, claim
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.period import Grain, Period
from b24kpi.report.recovered import LOST, STUCK, Recovery, find_recovered
from tests.case_rows import moment
from tests.report.small import ZONE, engine_over

AS_OF = "2026-09-18T12:00"  # a Friday


def found(case: dict[str, object], **where: str) -> Recovery:
    return find_recovered(engine_over(case, as_of=AS_OF), where, language="en")


def told(recovery: Recovery) -> list[tuple[str, int, date, int]]:
    return [(one.leak, one.deal_id, one.leaked_on, one.money) for one in recovery.found]


STUCK_DEAL = {"amount": 500, "steps": [["2026-08-05", "NEW"], ["2026-09-09", "WON"]]}  # nothing was ever planned


def test_a_stuck_deal_that_was_won_has_come_back() -> None:
    """Since the first of the four Mondays before the week of its win on which it was stuck."""
    recovery = found({"deal": [STUCK_DEAL]})
    assert told(recovery) == [(STUCK, 1, date(2026, 8, 10), 50_000)]
    assert [len(recovery.of(week)) for week in recovery.weeks] == [0, 0, 0, 0, 0, 0, 0, 0, 1, 0]
    assert len(recovery.of(Period(date(2026, 9, 1), date(2026, 10, 1), Grain.MONTH), STUCK)) == 1


def test_a_deal_with_a_next_step_never_leaked() -> None:
    """Something was planned from its first day on, and done the day before it was won."""
    done = moment("2026-09-08", ZoneInfo(ZONE))
    planned = {"at": "2026-09-03", "kind": "todo", "deal": 1, "done": True, "last_updated": done}
    deal = {"amount": 500, "steps": [["2026-09-03", "NEW"], ["2026-09-09", "WON"]]}
    assert told(found({"deal": [deal], "activity": [planned]})) == []
    assert told(found({"deal": [deal]})) == [(STUCK, 1, date(2026, 9, 7), 50_000)]


def test_what_was_won_before_it_could_be_seen_or_long_ago_does_not_count() -> None:
    """Within its first week, and before the ten weeks."""
    quick = {"amount": 100, "steps": [["2026-09-08", "NEW"], ["2026-09-11", "WON"]]}
    old = {"amount": 100, "steps": [["2026-05-01", "NEW"], ["2026-07-01", "WON"]]}
    still = {"amount": 100, "steps": [["2026-08-01", "NEW"]]}
    assert told(found({"deal": [quick, old, still]})) == []


def test_an_answer_that_came_too_late_is_a_request_that_was_lost() -> None:
    """Asked on a Tuesday, answered three working days later: more than 24 working hours; then won, within its week."""
    case = {
        "lead": [{"created": "2026-09-01T10:00", "status": "CONVERTED"}],
        "deal": [{"amount": 70, "lead_id": 1, "steps": [["2026-09-08", "NEW"], ["2026-09-10", "WON"]]}],
        "activity": [
            {"at": "2026-09-01T10:00", "kind": "call_missed", "lead": 1},
            {"at": "2026-09-07T10:00", "kind": "call_out", "lead": 1},
        ],
    }
    assert told(found(case)) == [(LOST, 1, date(2026, 9, 1), 7_000)]
    case["activity"][1]["at"] = "2026-09-02T10:00"  # type: ignore[index]
    assert told(found(case)) == []


def test_what_leaked_twice_is_what_it_was_first() -> None:
    """A request that waited too long, of a deal that nobody took care of later."""
    case = {
        "lead": [{"created": "2026-08-25T10:00", "status": "CONVERTED"}],
        "deal": [{"amount": 70, "lead_id": 1, "steps": [["2026-09-01", "NEW"], ["2026-09-10", "WON"]]}],
        "activity": [
            {"at": "2026-08-25T10:00", "kind": "call_missed", "lead": 1},
            {"at": "2026-08-31T10:00", "kind": "call_out", "lead": 1},
        ],
    }
    assert told(found(case)) == [(LOST, 1, date(2026, 8, 25), 7_000)]
    assert told(found({**case, "activity": []})) == [(STUCK, 1, date(2026, 9, 7), 7_000)]


def test_it_is_cut_to_who_won_it() -> None:
    """And to source and pipeline."""
    case = {"deal": [STUCK_DEAL | {"assigned_by_id": 6, "source_id": "WEB"}]}
    assert len(found(case, manager="6", source="WEB", pipeline="0").found) == 1
    assert found(case, manager="5").found == ()


def test_a_task_is_told() -> None:
    """Of deals that somebody was given."""
    engine: Engine = engine_over({"deal": [STUCK_DEAL]}, as_of=AS_OF)
    assert claim(engine.store, LeakKey("deal", 1, 7), Claim(None, 5, 1, 9)) is None
    assert [one.has_task for one in find_recovered(engine, {}, language="en").found] == [True]
