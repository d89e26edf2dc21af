"""Stage history that the portal hides or rewrites: what the cache has seen stays, and counts."""

import pytest

from b24kpi.cache.journal import Journal
from b24kpi.demo.options import Options
from b24kpi.portal.entities import DEAL, DEAL_STEP, STATUS
from tests.deletions.conftest import Open
from tests.deletions.followed import Followed

STREAMS = (STATUS, DEAL, DEAL_STEP)
STEPS = "SELECT stage_id, deleted_at IS NOT NULL FROM stage_step ORDER BY id"


def moved_once(place: Followed, number: int = 1) -> list[int]:
    """Deals with two steps in the first pipeline, read; their ids."""
    made = [place.state.add("deal", {}) for _ in range(number)]
    for deal in made:
        place.state.update("deal", deal, {"STAGE_ID": "PREPARATION"})
    place.sync(*STREAMS)
    place.clock.sleep(86_400)
    return made


@pytest.fixture
def forgetful(opened: Open) -> Followed:
    """A portal that shows the history of the present pipeline alone."""
    return opened(options=Options(history_follows_pipeline=True))


def test_steps_of_a_former_pipeline_are_kept(forgetful: Followed) -> None:
    """They carry a mark; the facts use them all the same (tests/facts/test_dropped_steps.py)."""
    (deal,) = moved_once(forgetful)
    forgetful.state.update("deal", deal, {"CATEGORY_ID": 3})
    forgetful.sync(*STREAMS, compare=True)
    assert forgetful.store.query(STEPS) == [("NEW", 1), ("PREPARATION", 1), ("C3:NEW", 0)]


def test_a_deal_that_moves_back_shows_them_again(forgetful: Followed) -> None:
    """The counts grow, and the mark goes."""
    (deal,) = moved_once(forgetful)
    for category in (3, 0):
        forgetful.state.update("deal", deal, {"CATEGORY_ID": category})
        forgetful.sync(*STREAMS, compare=True)
    assert [mark for stage, mark in forgetful.store.query(STEPS) if not stage.startswith("C3")] == [0, 0, 0]


def test_many_deals_may_move_at_once(forgetful: Followed) -> None:
    """Half of all steps are hidden while their deals are there: no matter of rights."""
    for deal in moved_once(forgetful, 100)[:60]:
        forgetful.state.update("deal", deal, {"CATEGORY_ID": 3})
    assert forgetful.sync(*STREAMS, compare=True).complete
    assert Journal(forgetful.store).stream("deal_step").state == "complete"
    assert len(forgetful.ids("stage_step", deleted=True)) == 120


# --- stages with another code


def stages(place: Followed) -> list[tuple[str, ...]]:
    return place.store.query("SELECT stage_id FROM deal UNION ALL SELECT stage_id FROM stage_step ORDER BY 1")


def test_a_renamed_stage_is_renamed_in_all_rows(place: Followed) -> None:
    """In deals and in the history, although no DATE_MODIFY says so."""
    moved_once(place)
    place.state.rename_stage("DEAL_STAGE", "PREPARATION", "UC_OFFER")
    place.sync(*STREAMS)
    assert stages(place) == [("NEW",), ("UC_OFFER",), ("UC_OFFER",)]


def test_hidden_steps_are_renamed_as_well(forgetful: Followed) -> None:
    """Nobody could read them again."""
    (deal,) = moved_once(forgetful)
    forgetful.state.update("deal", deal, {"CATEGORY_ID": 3})
    forgetful.sync(*STREAMS, compare=True)
    forgetful.state.rename_stage("DEAL_STAGE", "PREPARATION", "UC_OFFER")
    forgetful.sync(*STREAMS)
    assert stages(forgetful) == [("C3:NEW",), ("C3:NEW",), ("NEW",), ("UC_OFFER",)]


def test_names_may_go_to_and_fro(place: Followed) -> None:
    """Each change is followed once."""
    moved_once(place)
    for old, new in (("PREPARATION", "UC_OFFER"), ("UC_OFFER", "PREPARATION"), ("PREPARATION", "UC_OFFER")):
        place.clock.sleep(3600)
        place.state.rename_stage("DEAL_STAGE", old, new)
        place.sync(*STREAMS)
    assert stages(place) == [("NEW",), ("UC_OFFER",), ("UC_OFFER",)]


def test_a_deleted_stage_is_not_a_renamed_one(place: Followed) -> None:
    """Its steps keep its code."""
    moved_once(place)
    place.state.execute("DELETE FROM status WHERE STATUS_ID = 'PREPAYMENT_INVOICE'")
    place.sync(*STREAMS)
    assert stages(place) == [("NEW",), ("PREPARATION",), ("PREPARATION",)]


def test_statuses_of_leads_are_followed_too(place: Followed) -> None:
    """Leads and their history."""
    place.state.add("lead", {})
    place.sync()
    place.state.rename_stage("STATUS", "NEW", "UC_FRESH")
    place.sync()
    assert place.store.query("SELECT l.status_id, s.stage_id FROM lead AS l JOIN stage_step AS s") == [
        ("UC_FRESH", "UC_FRESH")
    ]
