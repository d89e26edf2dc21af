"""The client and the demo portal, written apart from the same pages, over real HTTP."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from random import Random
from typing import Any

import pytest
import requests

from b24kpi.demo.limits import STANDARD, UNLIMITED, Limits
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.standard_portal import install
from b24kpi.demo.state import PortalState
from b24kpi.errors import OutcomeUnknown, Refused, Unauthorized, UnexpectedAnswer
from b24kpi.portal.auth import Webhook
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import DEAL, DEAL_STEP, ENTITIES, Entity
from b24kpi.portal.reader import Bounds, KeyRange, Page, bounds, first_pages, read_keys, read_whole
from b24kpi.portal.transport import open_session
from tests.portal.far_end import Clock

OpenPortal = Callable[..., tuple[DemoPortal, Portal]]
KEYED = [entity for entity in ENTITIES if entity.by_key]
WHOLE = [entity for entity in ENTITIES if not entity.by_key and entity.owned is None]
SPARSE = sorted(Random(3).sample(range(1, 150_001), 3_000))


@pytest.fixture
def opened(clock: Clock) -> Iterator[OpenPortal]:
    """Starts a demo portal with these deals, on the clock of the test, and a client of it."""
    with ExitStack() as stack:

        def start(
            deals: Any = (), limits: Limits = UNLIMITED, sleep: Callable[[float], None] = clock.sleep, **options: Any
        ) -> tuple[DemoPortal, Portal]:
            state = PortalState(now=clock.now)
            stack.callback(state.close)
            install(state)
            state.insert("deal", [{"ID": number, "DATE_MODIFY": 1_600_000_000 + number} for number in deals])
            demo = stack.enter_context(DemoPortal(state, limits=limits, monotonic=clock.monotonic, sleep=sleep))
            return demo, stack.enter_context(Portal(Webhook.parse(demo.url), clock=clock, **options))

        yield start


def ids_in(pages: list[Page]) -> list[int]:
    return [int(row["ID"]) for page in pages for row in page.rows]


def deals_of(portal: Portal, upto: int, **options: Any) -> list[int]:
    return ids_in(list(read_keys(portal, DEAL, after=0, upto=upto, **options)))


@pytest.mark.parametrize("entity", KEYED, ids=lambda entity: entity.name)
def test_every_stream_that_is_walked_by_ids_can_be_read(opened: OpenPortal, entity: Entity) -> None:
    """Each style of list method, each empty or small table."""
    demo, portal = opened()
    demo.state.add("deal", {"TITLE": "one"})
    found = bounds(portal, [entity])[entity.name]
    assert isinstance(found, Bounds)
    rows = [row for page in read_keys(portal, entity, after=0, upto=found.high) for row in page.rows]
    assert len(rows) == (1 if entity.name in ("deal", "deal_step", "user") else 0)
    assert all({field.shown for field in entity.fields} <= row.keys() for row in rows)


@pytest.mark.parametrize("entity", WHOLE, ids=lambda entity: entity.name)
def test_every_directory_can_be_read(opened: OpenPortal, entity: Entity) -> None:
    """A fresh portal has its stages, a pipeline, a currency, a department."""
    demo, portal = opened()
    demo.state.insert("catalog", [{"ID": 23, "IBLOCK_ID": 23, "NAME": "CRM"}])
    rows = read_whole(portal, entity)
    assert rows
    assert all({field.shown for field in entity.fields} - {"PARENT", "UF_HEAD"} <= row.keys() for row in rows)


def test_many_departments_are_read_page_by_page(opened: OpenPortal) -> None:
    """A portal may have more than fifty."""
    demo, portal = opened()
    department = next(entity for entity in WHOLE if entity.name == "department")
    demo.state.insert("department", [{"ID": number, "NAME": str(number)} for number in range(2, 121)])
    assert len(read_whole(portal, department)) == 120


@pytest.mark.parametrize("ids", [range(1, 5_001), SPARSE], ids=["dense", "98 % gone"])
def test_tables_are_read_completely_in_few_requests(opened: OpenPortal, ids: Any) -> None:
    """One request per 2500 rows and one for the bounds."""
    demo, portal = opened(ids)
    found = bounds(portal, [DEAL])["deal"]
    assert isinstance(found, Bounds)
    assert list(ids) == deals_of(portal, found.high, density=found.density)
    assert demo.stats.requests == 3
    assert demo.stats.by_method["crm.deal.list"] <= len(ids) / 50 * 1.3 + 5


def test_stage_history_is_chained_through_its_wrapper(opened: OpenPortal) -> None:
    """References go through `items`."""
    demo, portal = opened()
    for _ in range(130):
        demo.state.add("deal", {"TITLE": "deal"})
    found = bounds(portal, [DEAL_STEP])["deal_step"]
    assert isinstance(found, Bounds)
    assert len(ids_in(list(read_keys(portal, DEAL_STEP, after=0, upto=found.high)))) == 130
    assert portal.requests == 2


def test_rows_deleted_and_added_between_batches_disturb_no_others(opened: OpenPortal) -> None:
    """What stays is read once; offsets would have lost a row for each deleted one."""
    demo, portal = opened(range(1, 6_001))
    seen = []
    for number, page in enumerate(read_keys(portal, DEAL, after=0, upto=6_000)):
        seen += ids_in([page])
        demo.state.delete("deal", 40 * number + 1)
        demo.state.add("deal", {"TITLE": "new"})
    left = {row["ID"] for row in demo.state.rows("deal") if row["ID"] <= 6_000}
    assert left <= set(seen)
    assert sorted(set(seen)) == seen


def test_only_rows_changed_since_a_moment_are_read(opened: OpenPortal) -> None:
    """The moment is by the portal's clock and includes its second."""
    assert list(range(900, 1_001)) == deals_of(opened(range(1, 1_001))[1], 1_000, since=1_600_000_900.0)


def test_first_pages_prove_their_ranges(opened: OpenPortal) -> None:
    """A pass over what is new and what has changed, in one request."""
    _, portal = opened(range(1, 101))
    stretches = [KeyRange(DEAL, 90, 100), KeyRange(DEAL, 0, 100, since=1_600_000_095.0)]
    new, changed = first_pages(portal, stretches)
    assert isinstance(new, Page)
    assert isinstance(changed, Page)
    assert (ids_in([new]), ids_in([changed])) == (list(range(91, 101)), list(range(95, 101)))


@pytest.mark.parametrize(
    "kind", ["bad_gateway", "gateway_timeout", "server_error", "query_limit", "reset", "truncated", "reply_lost"]
)
def test_a_failure_on_the_way_loses_no_rows(opened: OpenPortal, kind: str) -> None:
    """Twice in a row, in the middle of a walk."""
    demo, portal = opened(range(1, 6_001))
    demo.faults.add(kind, "batch", times=2, after=1)
    assert list(range(1, 6_001)) == deals_of(portal, 6_000)
    assert portal.waited >= 2


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "OPERATION_TIME_LIMIT"])
def test_failed_commands_inside_a_batch_lose_no_rows(opened: OpenPortal, code: str) -> None:
    """The seventieth page fails three times."""
    demo, portal = opened(range(1, 6_001))
    demo.faults.add("command_error", "crm.deal.list", times=3, after=70, code=code)
    assert list(range(1, 6_001)) == deals_of(portal, 6_000)


def test_a_refused_command_is_told_with_what_was_read(opened: OpenPortal) -> None:
    """The pages before it are handed out first."""
    demo, portal = opened(range(1, 6_001))
    demo.faults.add("command_error", "crm.deal.list", times=-1, after=10, code="ACCESS_DENIED")
    pages: list[Page] = []
    with pytest.raises(Refused):
        pages.extend(read_keys(portal, DEAL, after=0, upto=6_000))
    assert list(range(1, 501)) == ids_in(pages)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bad_day_of_the_network_loses_no_rows(opened: OpenPortal, seed: int) -> None:
    """Every third request fails in one way or another."""
    demo, portal = opened(range(1, 12_001, 2))
    demo.faults.at_random(0.33, seed, ["bad_gateway", "reset", "query_limit", "truncated", "server_error"])
    assert list(range(1, 12_001, 2)) == deals_of(portal, 12_000)


def test_a_slow_answer_is_given_up_and_asked_for_again(opened: OpenPortal) -> None:
    """After the time-out, not after the answer."""
    demo, portal = opened(sleep=time.sleep, read_timeout=0.1)
    demo.faults.add("slow", "profile", seconds=0.5)
    assert portal.call("profile").result["ID"] == "1"
    assert portal.requests == 2


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("forbidden", Refused),
        ("overload", Refused),
        ("redirect", UnexpectedAnswer),
        ("expired_token", Unauthorized),
        ("portal_deleted", Unauthorized),
    ],
)
def test_what_will_not_pass_is_asked_once(opened: OpenPortal, kind: str, error: type[Exception]) -> None:
    """No retry makes it better."""
    demo, portal = opened()
    demo.faults.add(kind, times=-1)
    with pytest.raises(error):
        portal.call("profile")
    assert demo.stats.requests == 1


def test_a_lost_reply_to_a_write_is_not_repeated(opened: OpenPortal) -> None:
    """The deal exists once, and the caller knows that he does not know."""
    demo, portal = opened()
    demo.faults.add("reply_lost", "crm.deal.add")
    with pytest.raises(OutcomeUnknown):
        portal.call("crm.deal.add", {"fields": {"TITLE": "once"}}, idempotent=False)
    assert len(demo.state.rows("deal")) == 1


def test_the_portal_never_has_to_refuse_a_request(opened: OpenPortal) -> None:
    """Two hundred calls as fast as they may go stay under 50 at once and two a second."""
    demo, portal = opened(limits=STANDARD)
    for _ in range(200):
        portal.call("profile")
    assert (demo.stats.requests, demo.stats.rejected_503) == (200, 0)
    assert 77 < portal.waited < 83


def test_neighbours_at_the_same_address_only_slow_us_down(opened: OpenPortal) -> None:
    """The portal's bucket is full already, ours does not know: a refusal tells it, and nothing is lost."""
    demo, portal = opened(range(1, 6_001), limits=STANDARD)
    for _ in range(50):
        requests.post(demo.url + "profile", timeout=5)
    assert list(range(1, 6_001)) == deals_of(portal, 6_000)
    assert demo.stats.rejected_503 <= 2


def test_a_method_is_slowed_before_the_portal_blocks_it(opened: OpenPortal) -> None:
    """A hundred calls of ten seconds each are twice what ten minutes allow."""
    limits = Limits(operating_limit=480.0, costs={"crm.deal.list": 10.0})
    demo, portal = opened([1], limits)
    for _ in range(100):
        portal.call("crm.deal.list")
    assert demo.stats.blocked_429 == 0
    assert 600 < portal.waited < 1_500


def test_connections_are_kept(opened: OpenPortal) -> None:
    """Twenty calls, one TCP connection."""
    demo, _ = opened()
    webhook = Webhook.parse(demo.url)
    with open_session(webhook) as session:
        portal = Portal(webhook, session=session)
        for _ in range(20):
            portal.call("profile")
        pools = session.adapters["http://"].poolmanager.pools  # type: ignore[attr-defined]
        assert [pools[key].num_connections for key in list(pools.keys())] == [1]
