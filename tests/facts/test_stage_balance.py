"""What reached a stage has advanced, left or is still there: every row of a funnel adds up."""

from hypothesis import given, settings

from b24kpi.facts.refresh import refresh
from tests.event_logs import REPORT_CURRENCY, ZONE, Tables, logs
from tests.facts.mutations import filled_store

KNOWN = (
    "deal_id NOT IN (SELECT deal_id FROM fact_stay WHERE is_approx = 1) "
    "AND (deal_id, visit) NOT IN (SELECT deal_id, visit FROM fact_pipeline_visit WHERE won_at < entered_at)"
)
FUNNEL = """
    SELECT deal_id, visit, COUNT(*), MIN(rank), MAX(rank), SUM(is_advanced),
           SUM(CASE WHEN outcome = 'advanced' THEN 1 ELSE 0 END), SUM(CASE WHEN outcome = 'left' THEN 1 ELSE 0 END),
           SUM(CASE WHEN outcome = 'open' THEN 1 ELSE 0 END)
    FROM fact_stage_visit GROUP BY 1, 2"""


@settings(max_examples=10)
@given(logs())
def test_reached_is_advanced_and_left_and_open(tables: Tables) -> None:
    """Per visit: of its stages all but the last one advanced, and the last one only if the visit was won."""
    with filled_store(tables) as store:
        refresh(store, ZONE, REPORT_CURRENCY)
        outcome = {row[:2]: row[2] for row in store.query("SELECT deal_id, visit, outcome FROM fact_pipeline_visit")}
        for deal, visit, reached, lowest, highest, flagged, advanced, left, still in store.query(FUNNEL):
            assert reached == advanced + left + still == highest
            assert lowest == 1
            assert flagged == advanced
            last_stage = {"won": (0, 0), "lost": (1, 0), "transferred": (1, 0), "open": (0, 1)}[outcome[deal, visit]]
            assert (left, still) == last_stage


@settings(max_examples=10)
@given(logs())
def test_every_fate_is_what_has_become_of_the_visit(tables: Tables) -> None:
    """Reached = advanced + lost + back + transferred + here; back is who is in an earlier stage now."""
    with filled_store(tables) as store:
        refresh(store, ZONE, REPORT_CURRENCY)
        present = dict(store.query("SELECT deal_id, rank FROM fact_stay WHERE left_at IS NULL"))
        for deal, rank, fate, outcome, visit in store.query(
            "SELECT s.deal_id, s.rank, s.fate, s.outcome, v.outcome FROM fact_stage_visit AS s "
            "JOIN fact_pipeline_visit AS v USING (deal_id, visit)"
        ):
            expected = {"advanced": {"advanced"}, "left": {"lost", "transferred"}, "open": {"back", "here"}}[outcome]
            assert fate in expected
            assert fate == "advanced" or fate == visit or visit == "open"
            assert (fate == "back") == (
                outcome == "open" and max(rank if present[deal] is None else present[deal], 1) < rank
            )


@settings(max_examples=10)
@given(logs())
def test_moments_of_a_visit_go_forward(tables: Tables) -> None:
    """A later stage is never reached before an earlier one, and no stage ends before it began.

    But for wins of which only the close date is known, which people enter, and for deals that were won before they
    came into the pipeline.
    """
    with filled_store(tables) as store:
        refresh(store, ZONE, REPORT_CURRENCY)
        assert not store.query(f"SELECT * FROM fact_stage_visit WHERE ended_at < reached_at AND {KNOWN}")
        assert not store.query(
            "SELECT * FROM fact_stage_visit AS a JOIN fact_stage_visit AS b USING (deal_id, visit) "
            "WHERE a.rank < b.rank AND a.reached_at > b.reached_at"
        )
        assert not store.query("SELECT * FROM fact_stay WHERE left_at < entered_at")
