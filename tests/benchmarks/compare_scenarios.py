"""What the portal does to its clients while they read: the rows of the comparison."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from b24kpi.demo import standard_portal
from b24kpi.demo.limits import UNLIMITED, Limits
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState

METHOD = "crm.deal.list"
SECONDS_APART = 400
CHANGES = 3
STOPS = 20.0
BUCKET = Limits(burst=50, rate=2.0, operating_limit=480.0, costs={"*": 0.0})
FULL_BUCKET = Limits(burst=50, rate=2.0, operating_limit=480.0, costs={"*": 0.0}, level_at_start=50.0)
SLOW = Limits(list_seconds=0.03, count_seconds=0.2)


@dataclass(frozen=True)
class Scenario:
    """One row of the comparison.

    Attributes:
        prepare: what goes wrong, told to the portal before anybody asks; with the number of its deals.
        spread: of so many ids one has a deal.
        free: whether nothing holds anybody up, so that only the clients' own work is compared.
        changes: whether rows come and go meanwhile, so that the portal needs a copy of its own.
    """

    title: str
    limits: Limits = UNLIMITED
    prepare: Callable[[DemoPortal, int], object] = lambda portal, deals: None
    spread: int = 1
    free: bool = False
    changes: bool = False

    @property
    def plan(self) -> str:
        """What a person would have told b24kpi of such a portal."""
        return "standard" if self.limits.burst else "self_hosted"


def fill(state: PortalState, deals: int, spread: int) -> None:
    """A portal of deals that are about as big as usual, the last one a moment old."""
    standard_portal.install(state)
    born = int(state.now()) - deals * SECONDS_APART
    state.insert("deal", (_deal(n * spread, born + n * SECONDS_APART) for n in range(1, deals + 1)))


def state_path(folder: Path, deals: int, spread: int) -> Path:
    """Where the portal of that size is kept."""
    return folder / f"deals-{deals}-{spread}.db"


def _deal(number: int, moment: int) -> dict[str, object]:
    dates = {"DATE_CREATE": moment, "DATE_MODIFY": moment + 300, "MOVED_TIME": moment + 200, "CLOSEDATE": "2026-08-30"}
    codes = {"STAGE_ID": "WON", "STAGE_SEMANTIC_ID": "S", "CURRENCY_ID": "UAH", "SOURCE_ID": "CALL", "TYPE_ID": "SALE"}
    names = {"TITLE": f"Deal {number}", "UTM_SOURCE": "google", "UTM_CAMPAIGN": f"autumn {number % 7}"}
    links = {"ASSIGNED_BY_ID": 1, "CREATED_BY_ID": 1}
    return {"ID": number, "OPPORTUNITY": number % 9_000 * 1.37, **dates, **codes, **names, **links}


def _life(portal: DemoPortal, deals: int) -> None:
    """After each answer three deals are deleted and three are added."""
    random = Random(1)
    left = random.sample(range(1, deals + 1), min(deals // 2, 1_000))

    def change(state: PortalState) -> None:
        for _ in range(min(CHANGES, len(left))):
            state.delete("deal", left.pop())
            state.add("deal", {"TITLE": "new", "OPPORTUNITY": 5.0, "CURRENCY_ID": "UAH"})

    portal.hooks.every(1, change)


def _errors(portal: DemoPortal, deals: int) -> None:
    """Every seventieth command or so fails once, wherever in a batch it stands."""
    for after in range(35, deals // 50, 70):
        portal.faults.add("command_error", METHOD, after=after, code="INTERNAL_SERVER_ERROR")


def _block(portal: DemoPortal, deals: int) -> None:
    portal.block(METHOD, STOPS, after=deals // 200)


SCENARIOS: Mapping[str, Scenario] = {
    "plain": Scenario("no latency", free=True),
    "latency": Scenario("30 ms a list, 200 ms more where counted", SLOW),
    "bucket": Scenario("bucket of 50, 2 a second, empty", BUCKET),
    "full": Scenario("bucket of 50, 2 a second, full", FULL_BUCKET),
    "changes": Scenario("deals come and go between batches", prepare=_life, changes=True),
    "errors": Scenario("commands fail inside of batches", prepare=_errors),
    "blocked": Scenario("the method is blocked for 20 s", BUCKET, prepare=_block),
    "sparse": Scenario("98 % of the ids are gone", spread=50, free=True),
}
