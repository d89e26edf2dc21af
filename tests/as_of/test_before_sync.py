"""Before the first sync only the rows' own dates tell what was: what is later is left out, and moves are undone."""

from typing import Any

import pytest

from b24kpi.cache.store import Store
from tests.as_of.places import synced, then
from tests.facts.rows import at, portal_of
from tests.sql_engine import insert

SYNC = at("2026-12-02")
OUTCOME = "SELECT outcome, closed_day FROM fact_deal"
STAYS = "SELECT stage_id, entered_day, left_at FROM fact_stay ORDER BY deal_id, position"


def told(day: str, sql: str, *deals: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What is said as of a day before the first sync."""
    with portal_of(*deals) as store:
        synced(store, SYNC)
        return then(store, at(day), sql)


def deal(*steps: tuple[str, str], **columns: Any) -> dict[str, Any]:
    return {"steps": list(steps), **columns}


WON = deal(("2026-06-01", "NEW"), ("2026-06-10", "CALL"), ("2026-06-20", "WON"))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-05-31", []),
        ("2026-06-01", [("NEW", 20260601, None)]),
        ("2026-06-15", [("NEW", 20260601, at("2026-06-10")), ("CALL", 20260610, None)]),
        (
            "2026-06-20",
            [("NEW", 20260601, at("2026-06-10")), ("CALL", 20260610, at("2026-06-20")), ("WON", 20260620, None)],
        ),
    ],
)
def test_a_deal_stands_in_the_stage_of_its_last_step(day: str, expected: list[tuple[Any, ...]]) -> None:
    """And is not there before it was created."""
    assert told(day, STAYS, WON) == expected


@pytest.mark.parametrize(("day", "outcome"), [("2026-06-19", ("open", None)), ("2026-06-21", ("won", 20260620))])
def test_a_win_counts_from_its_moment_on(day: str, outcome: tuple[Any, ...]) -> None:
    """The day before, the deal is open."""
    assert told(day, OUTCOME, WON) == [outcome]


def test_a_deal_that_was_reopened_later_was_won_then() -> None:
    """What undid the win had not happened."""
    reopened = deal(("2026-06-01", "NEW"), ("2026-06-20", "WON"), ("2026-07-05", "CALL"))
    assert told("2026-06-30", OUTCOME, reopened) == [("won", 20260620)]
    assert told("2026-07-06", OUTCOME, reopened) == [("open", None)]


def test_without_steps_by_then_it_was_in_the_first_stage() -> None:
    """A history that began later says nothing of before, nor does a last move that came later."""
    with portal_of(WON) as store:
        store.db.execute("DELETE FROM stage_step")
        synced(store, SYNC)
        assert then(store, at("2026-06-15"), STAYS) == [("NEW", 20260601, None)]
        assert then(store, at("2026-06-25"), STAYS)[-1] == ("WON", 20260620, None)


def test_a_move_that_history_misses_is_known_by_its_own_date() -> None:
    """The portal's history lags behind the deal, whose last move was before the moment asked for."""
    with portal_of(WON) as store:
        store.db.execute("DELETE FROM stage_step WHERE stage_id = 'WON'")
        synced(store, SYNC)
        assert then(store, at("2026-06-25"), OUTCOME) == [("won", 20260620)]
        assert then(store, at("2026-06-15"), OUTCOME) == [("open", None)]


def test_a_deal_was_in_the_pipeline_that_it_left_later() -> None:
    """Its step by then names it."""
    moved = deal(("2026-06-01", "NEW"))
    with portal_of(moved) as store:
        step = {"entity_type_id": 2, "id": 9, "owner_id": 1, "created_time": at("2026-06-20"), "category_id": 5}
        insert(store, "stage_step", step | {"stage_id": "C5:NEW", "stage_semantic_id": "P"})
        store.db.execute(f"UPDATE deal SET category_id = 5, stage_id = 'C5:NEW', moved_time = {at('2026-06-20')}")
        synced(store, SYNC)
        assert then(store, at("2026-06-15"), "SELECT category_id FROM fact_deal") == [(0,)]


def lead(store: Store, steps: list[tuple[str, str]], **columns: Any) -> None:
    """A lead with its history."""
    semantics = {"CONVERTED": "S", "JUNK": "F"}
    for number, (moment, status) in enumerate(steps, 1):
        step = {"entity_type_id": 1, "id": number, "owner_id": 1, "created_time": at(moment), "stage_id": status}
        insert(store, "stage_step", step | {"stage_semantic_id": semantics.get(status, "P")})
    last = steps[-1]
    row = {"id": 1, "status_id": last[1], "status_semantic_id": semantics.get(last[1], "P")}
    insert(store, "lead", row | {"date_create": at(steps[0][0]), "moved_time": at(last[0]), "seen_at": SYNC} | columns)


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-05-31", []), ("2026-06-03", [("NEW", 0, "open")]), ("2026-06-06", [("JUNK", 0, "lost")])],
)
def test_a_lead_had_the_status_of_its_last_step(day: str, expected: list[tuple[Any, ...]]) -> None:
    """It was not junk before it became so."""
    with portal_of() as store:
        lead(store, [("2026-06-01", "NEW"), ("2026-06-05", "JUNK")], date_closed=at("2026-06-05"))
        synced(store, SYNC)
        assert then(store, at(day), "SELECT status_id, is_converted, outcome FROM fact_lead") == expected


def test_a_lead_is_no_customer_before_the_win() -> None:
    """Its deal is won ten days later."""
    with portal_of(WON | {"lead_id": 1, "steps": list(WON["steps"])}) as store:
        lead(store, [("2026-05-30", "NEW"), ("2026-06-01", "CONVERTED")])
        synced(store, SYNC)
        is_customer = "SELECT is_customer FROM fact_lead"
        assert [then(store, at(day), is_customer) for day in ("2026-06-19", "2026-06-21")] == [[(0,)], [(1,)]]


def test_costs_of_later_days_are_left_out() -> None:
    """They had not been spent."""
    with portal_of() as store:
        for day in (20260601, 20260615, 20260620):
            insert(store, "cost", {"day": day, "source": "", "campaign": "", "amount": 1, "currency": "UAH"})
        synced(store, SYNC)
        assert then(store, at("2026-06-15"), "SELECT day FROM fact_cost ORDER BY day") == [(20260601,), (20260615,)]


def test_money_is_converted_at_the_oldest_rate() -> None:
    """None is older; the amount says that it is approximate."""
    dollars = deal(("2026-06-01", "NEW"), ("2026-06-10", "WON"), currency_id="USD")
    with portal_of(dollars) as store:
        insert(store, "currency_rate", {"currency": "UAH", "day": 20261202, "amount": 10_000, "amount_cnt": 1})
        insert(store, "currency_rate", {"currency": "USD", "day": 20261202, "amount": 400_000, "amount_cnt": 1})
        synced(store, SYNC)
        assert then(store, at("2026-06-15"), "SELECT money, fx_approx FROM fact_deal") == [(4000, 1)]
