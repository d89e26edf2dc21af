"""What looks like lost rights is not taken for deletions until a person says so."""

from collections.abc import Callable

import pytest

from b24kpi.cache.deletions import Finding
from b24kpi.cache.journal import Journal
from b24kpi.portal.entities import ACTIVITY, CATEGORY, CONTACT, DEAL, DEAL_STEP
from tests.deletions.followed import Followed, deals


@pytest.fixture
def company(place: Followed) -> Followed:
    """1,000 deals with a step and an activity each, a tenth in pipeline 3, a third another manager's; all are read."""
    state = place.state
    state.insert("user", [{"ID": 2, "NAME": "Друга", "UF_DEPARTMENT": "[1]", "ADMIN": "N"}])
    for number in range(1, 1_001):
        values = {"ASSIGNED_BY_ID": 2 if number % 3 == 0 else 1, "CATEGORY_ID": 3 if number % 10 == 0 else 0}
        state.insert("deal", deals([number], **values))
    state.insert(
        "deal_history",
        [{"ID": n, "OWNER_ID": n, "CREATED_TIME": 1_600_000_000, "CATEGORY_ID": 0} for n in range(1, 1_001)],
    )
    state.insert(
        "activity", [{"ID": n, "OWNER_ID": n, "OWNER_TYPE_ID": 2, "RESPONSIBLE_ID": 1} for n in range(1, 1_001)]
    )
    assert place.sync(compare=True).complete
    return place


STREAMS = (CATEGORY, DEAL, DEAL_STEP, ACTIVITY)


def state_of(place: Followed, stream: str) -> str:
    return Journal(place.store).stream(stream).state


def marked(place: Followed) -> int:
    return sum(len(place.ids(table, deleted=True)) for table in ("deal", "stage_step", "activity"))


def lose_rows(place: Followed) -> None:
    place.state.delete_many("deal", range(1, 300))


def lose_rights(place: Followed) -> None:
    place.rights(entities={"deal": "own"})


@pytest.mark.parametrize("happen", [lose_rows, lose_rights])
def test_a_mass_disappearance_is_refused(company: Followed, happen: Callable[[Followed], None]) -> None:
    """More than a fifth: nothing is marked, neither deals nor what hangs on them; the message tells the remedy."""
    happen(company)
    finding = company.compare(DEAL, DEAL_STEP, ACTIVITY)["deal"]
    assert (finding.refused, marked(company), state_of(company, "deal")) == (True, 0, "mass_deletion")
    assert all("--confirm-deletions" in finding.error.text(language) for language in ("uk", "ru", "en"))  # type: ignore[union-attr]


def test_a_mass_disappearance_is_told_after_a_few_requests(company: Followed) -> None:
    """It is not searched row by row."""
    lose_rights(company)
    assert company.requests_of(DEAL, DEAL_STEP, ACTIVITY) <= 3


def test_a_fifth_is_work(company: Followed) -> None:
    """Up to there deletions are believed."""
    company.state.delete_many("deal", range(1, 201))
    company.compare(DEAL, DEAL_STEP, ACTIVITY)
    assert marked(company) == 600


def test_what_a_person_confirms_is_marked(company: Followed) -> None:
    """And the streams are complete again."""
    lose_rows(company)
    company.compare(DEAL)
    company.compare(DEAL, DEAL_STEP, ACTIVITY, confirmed=True)
    assert (marked(company), state_of(company, "deal")) == (3 * 299, "complete")


def test_rights_that_come_back_leave_no_trace(company: Followed) -> None:
    """The next comparison finds everything as it was."""
    lose_rights(company)
    company.compare(DEAL)
    company.rights()
    company.compare(DEAL)
    assert (marked(company), state_of(company, "deal")) == (0, "complete")


def test_after_the_user_is_no_administrator_any_more_every_loss_is_doubted(company: Followed) -> None:
    """One row is enough; confirmed once, the new rights are the usual ones."""
    company.call_as(2)
    company.state.delete("deal", 5)
    result = company.sync(*STREAMS, compare=True)
    assert {stream.name for stream in result.streams if stream.state == "mass_deletion"} == {"deal"}
    company.sync(*STREAMS, confirmed=True)
    company.state.delete("deal", 6)
    assert company.sync(*STREAMS, compare=True).complete
    assert company.ids("deal", deleted=True) == {5, 6}


def test_a_pipeline_that_is_hidden_takes_no_deals_along(company: Followed) -> None:
    """A tenth of the deals, together with their pipeline: refused, and the pipeline is named."""
    company.rights(hidden_pipelines=frozenset({3}))
    result = company.sync(*STREAMS, compare=True)
    error = next(stream.error for stream in result.streams if stream.name == "deal")
    assert error is not None
    assert ("Опт" in str(error), marked(company)) == (True, 0)


def test_a_pipeline_that_is_shown_again_heals(company: Followed) -> None:
    """Nothing was lost."""
    company.rights(hidden_pipelines=frozenset({3}))
    company.sync(*STREAMS, compare=True)
    company.rights()
    assert company.sync(*STREAMS, compare=True).complete
    assert marked(company) == 0


def hide_pipeline(place: Followed) -> None:
    place.rights(hidden_pipelines=frozenset({3}))


def lose_administration(place: Followed) -> None:
    place.call_as(2)
    place.state.delete("deal", 5)


@pytest.mark.parametrize("happen", [lose_rights, hide_pipeline, lose_administration])
@pytest.mark.parametrize("full", [False, True])
def test_doubts_last_until_they_are_answered(company: Followed, happen: Callable[[Followed], None], full: bool) -> None:
    """Each later sync is incomplete too, and marks nothing: neither the next one, nor one that reads all."""
    happen(company)
    company.sync(*STREAMS, compare=True)
    for _ in range(2):
        assert not company.sync(*STREAMS, full=full).complete
    assert company.ids("deal", deleted=True) == set()


def test_other_streams_are_not_kept_waiting(company: Followed) -> None:
    """A contact that was deleted is marked while deals are in doubt."""
    contact = company.state.add("contact", {})
    company.sync(CONTACT)
    company.state.delete("contact", contact)
    lose_rights(company)
    findings: dict[str, Finding] = company.compare(CONTACT, DEAL)
    assert (findings["contact"].deleted, findings["deal"].refused) == (1, True)


def test_a_refused_stream_makes_the_sync_incomplete(company: Followed) -> None:
    """Until somebody looks at it; the next sync says so again."""
    lose_rights(company)
    assert [company.sync(compare=True).complete for _ in range(2)] == [False, False]
    company.rights()
    assert company.sync(compare=True).complete
