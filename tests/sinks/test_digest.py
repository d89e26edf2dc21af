"""The digest: each once a day, the others though one is refused, and nobody twice after a lost answer."""

from collections.abc import Callable, Iterator

import pytest

from b24kpi.cache.store import Store
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState
from b24kpi.errors import Interrupted, RetryLater
from b24kpi.locale import LANGUAGES
from b24kpi.portal.client import Portal
from b24kpi.sinks import Digest, PushResult
from tests.sinks.letters import DAY, lettered
from tests.sinks.reports import Push, money, report

METHOD = "im.notify.system.add"
PEOPLE = {1: "Олена Коваль", 5: "Іван Гук"}

Tell = Callable[..., PushResult]


@pytest.fixture
def store() -> Iterator[Store]:
    with Store(":memory:") as store:
        yield store


@pytest.fixture
def tell(portal: Portal, demo: DemoPortal, state: PortalState, store: Store) -> Tell:
    """Push a letter through a webhook that may notify; users 1 and 5 are there."""
    state.insert("user", [{"ID": 5, "NAME": "Іван"}])
    demo.scopes.add("im")

    def tell(language: str = "uk", *, dry_run: bool = False, **options: object) -> PushResult:
        users = options.pop("users", PEOPLE)
        named = lettered(store, users, **options)  # type: ignore[arg-type]
        return Digest(portal, language=language).push([named], dry_run=dry_run)

    return tell


def sent(demo: DemoPortal, user_id: int) -> list[str]:
    return [each.message for each in demo.apps.notifications.of(user_id)]


def counts(result: PushResult) -> tuple[int, int, int]:
    return result.created, result.unchanged, result.failed


def test_everybody_is_told_once_a_day(tell: Tell, demo: DemoPortal) -> None:
    """A further push says so and sends nothing; the next day brings the next one."""
    assert counts(tell()) == (2, 0, 0)
    again = tell()
    assert (counts(again), again.has_told) == ((0, 2, 0), False)
    assert [len(sent(demo, user_id)) for user_id in PEOPLE] == [1, 1]
    assert counts(tell(day=DAY + 1)) == (2, 0, 0)


def test_reports_are_told_apart(tell: Tell, demo: DemoPortal) -> None:
    """Two reports are two notifications."""
    tell()
    assert counts(tell(name="weekly")) == (2, 0, 0)
    assert len(sent(demo, 1)) == 2


def test_the_message_says_what_the_briefing_says(tell: Tell, demo: DemoPortal) -> None:
    """In the markup of the messenger, with no markup out of names."""
    tell()
    (message,) = sent(demo, 1)
    assert message.split("[br]") == [
        "[b]Показники продажів[/b]",
        "Листопад 2026: виручка 1 240 000 ₴.",
        "Порівняно з попереднім: більше угод.",
        "",
        "Середній чек: [b]30 383 ₴[/b] (−4,1 %)",
        "ROMI (b): [b]—[/b]",
        "",
        "Дані станом на 20 лист. 2026 р., 08:30.",
    ]


def test_it_leads_to_the_entries(tell: Tell, demo: DemoPortal, push: Push) -> None:
    """By a webhook there is no dashboard, but the smart process of another report."""
    where = push(report([money("10")])).where
    tell()
    (message,) = sent(demo, 1)
    address = where.rpartition(" ")[2]
    assert message.endswith(f"[br][url={address}]Усі записи[/url]")


def test_a_refused_recipient_does_not_keep_the_others_from_theirs(tell: Tell, demo: DemoPortal) -> None:
    """He is named, and tried again with the next push."""
    result = tell(users={1: "Олена Коваль", 77: "77", 5: "Іван Гук"})
    assert counts(result) == (2, 0, 1)
    assert result.problems[0].startswith("77: сповіщення не надіслано: на порталі немає такого активного користувача")
    assert [len(sent(demo, user_id)) for user_id in PEOPLE] == [1, 1]
    assert counts(tell(users={1: "Олена Коваль", 77: "77"})) == (0, 1, 1)


def test_a_refusal_of_the_portal_is_told_in_its_words(tell: Tell, demo: DemoPortal) -> None:
    """As far as the portal gives any."""
    demo.denied[METHOD] = "USER_BLOCKED"
    result = tell("en")
    assert counts(result) == (0, 0, 2)
    assert result.problems[0].startswith("Олена Коваль was not notified: ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_permission_is_told_once_for_all(tell: Tell, demo: DemoPortal, language: str) -> None:
    """With its name, which is the remedy."""
    demo.scopes.discard("im")
    result = tell(language)
    assert counts(result) == (0, 0, 2)
    (problem,) = result.problems
    assert problem.startswith(f"{METHOD}: ")
    assert " im" in problem


def test_a_lost_answer_is_not_told_a_second_time(tell: Tell, demo: DemoPortal) -> None:
    """By a webhook nothing takes the place of what may have arrived."""
    demo.faults.add("reply_lost", METHOD)
    result = tell("en")
    assert counts(result) == (1, 0, 1)
    assert "may or may not have arrived" in result.problems[0]
    assert counts(tell()) == (0, 2, 0)
    assert [len(sent(demo, user_id)) for user_id in PEOPLE] == [1, 1]


def test_a_portal_that_is_down_is_tried_again(tell: Tell, demo: DemoPortal) -> None:
    """Who was not reached is told with the next push."""
    demo.faults.add("query_limit", METHOD, times=6, after=1)
    with pytest.raises(RetryLater):
        tell()
    assert counts(tell()) == (1, 1, 0)
    assert [len(sent(demo, user_id)) for user_id in PEOPLE] == [1, 1]


def test_a_stop_between_two_people_loses_nobody(portal: Portal, demo: DemoPortal, tell: Tell, store: Store) -> None:
    """The next push goes on with the second."""
    asked = iter((False, True))
    with pytest.raises(Interrupted):
        Digest(portal, language="uk", stop=lambda: next(asked)).push([lettered(store, PEOPLE)], dry_run=False)
    assert counts(tell()) == (1, 1, 0)


def test_at_other_times_nothing_is_sent(tell: Tell, demo: DemoPortal) -> None:
    """The hours are told."""
    result = tell("en", is_due=False, briefing=None)
    assert (counts(result), sent(demo, 1)) == ((0, 2, 0), [])
    assert "at their time: mon-fri 08:00-20:00" in result.where


def test_a_dry_run_tells_nobody(tell: Tell, demo: DemoPortal) -> None:
    """It counts whom it would tell."""
    assert counts(tell(dry_run=True)) == (2, 0, 0)
    assert sent(demo, 1) == []
