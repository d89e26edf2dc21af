"""The companies that a demo portal can be filled with.

`default` is a Ukrainian firm that sells to firms and people: three pipelines, eight managers, four currencies, paid and
unpaid sources, years of leads, deals and activities up to the present, with all that makes figures hard: skipped
stages, returns, reopened and transferred deals, refunds, zero amounts, a manager who left, deals older than the
portal's stage history, deleted rows. `empty` is a portal opened today. The same arguments always give the same rows.
"""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import MappingProxyType
from zoneinfo import ZoneInfo

from b24kpi.demo.company_calendar import DAY, WorkCalendar
from b24kpi.demo.company_costs import CostRow, monthly_costs, write_costs
from b24kpi.demo.company_customers import Market, Staff
from b24kpi.demo.company_deals import DealDesk
from b24kpi.demo.company_extras import install_extras
from b24kpi.demo.company_leads import LONGEST_LEAD, LeadDesk
from b24kpi.demo.company_plan import CURRENCIES, GROWTH, LEAVER_TERM, PIPELINES, SEASON, TIME_ZONE
from b24kpi.demo.company_queue import TimeQueue
from b24kpi.demo.company_setup import install_dictionaries, install_director, install_managers
from b24kpi.demo.storage import Storage

YEAR = 365.25 * 86_400  # seconds
_AHEAD = 120 * 86_400  # the calendar reaches beyond the present, for planned dates
_UNCONVERTED_LEADS = 0.59  # for each deal


@dataclass(frozen=True, slots=True)
class Company:
    """What was built: rows per table (`counts`), and the costs, which no portal keeps."""

    counts: Mapping[str, int]
    costs: tuple[CostRow, ...] = ()

    def write_costs_csv(self, path: Path) -> None:
        """The costs as a CSV file with the header date,source,campaign,amount,currency,kind."""
        write_costs(path, self.costs)


def build_company(
    state: Storage, *, seed: int = 1, deals: int = 3000, now: float, years: int = 2, extras: bool = True
) -> Company:
    """Fill a portal's state with the default company.

    `deals` rows of deals are spread over `years` before `now` (epoch seconds), with about 1.3 leads and 3.6
    activities to each. Rows are generated and inserted as time goes by, so that a million deals need little memory.
    `extras` adds product rows, smart invoices, telephony calls, tasks and chats; nothing else depends on them.
    """
    random = Random(f"{seed} {deals} {int(now)} {years}")
    start = now - years * YEAR
    calendar = WorkCalendar(start, now + _AHEAD, ZoneInfo(TIME_ZONE))
    install_dictionaries(state, PIPELINES, CURRENCIES)
    install_director(state, int(start))
    install_managers(state, int(start))
    queue = TimeQueue(state, random)
    with _collector_off(), state.without_indexes():
        _Story(random, queue, calendar, int(now)).tell(deals)
    costs = monthly_costs(random, deals=deals, start=start, end=now)
    counts = dict(queue.counts)
    if extras:
        counts |= install_extras(state, seed=seed, now=int(now))
    return Company(MappingProxyType(counts), tuple(costs))


def build_empty(
    state: Storage, *, seed: int = 1, deals: int = 0, now: float, years: int = 0, extras: bool = False
) -> Company:
    """Fill a portal's state with what it holds on the first day: stages, the base currency, an administrator.

    Takes the arguments of `build_company`; only `now` matters.
    """
    install_dictionaries(state, PIPELINES[:1], CURRENCIES[:1])
    install_director(state, int(now))
    return Company(MappingProxyType({}))


COMPANIES: Mapping[str, Callable[..., Company]] = MappingProxyType({"default": build_company, "empty": build_empty})


@contextmanager
def _collector_off() -> Iterator[None]:
    """Without the cycle collector: millions of rows come and go here and none is part of a cycle (a quarter faster)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Story:
    """Goes through the company's working days and fills them."""

    def __init__(self, random: Random, queue: TimeQueue, calendar: WorkCalendar, now: int) -> None:
        self._random = random
        self._queue = queue
        self._calendar = calendar
        self._now = now
        self._end = calendar.business(now)
        staff = Staff(random, LEAVER_TERM * self._end)
        market = Market(random, staff)
        self._leads = LeadDesk(random, queue, calendar, market, staff, now)
        self._deals = DealDesk(random, queue, calendar, market, staff, self._leads, now)

    def tell(self, deals: int) -> None:
        """Put `deals` deals, and the leads around them, into the queue, and let the past go day by day."""
        counts = self._deals_per_day(deals)
        for day, count in enumerate(counts):
            for at in self._moments(day, count):
                self._deals.deal(at)
                self._other_leads(at)
            self._queue.release(self._calendar.moment(day * DAY) - LONGEST_LEAD)
        self._look_ahead(sum(counts[-10:]) // 10)
        self._queue.finish()

    def _deals_per_day(self, deals: int) -> list[int]:
        """How many deals each working day brings: season and growth, rounded so that the sum is exact."""
        days = int(self._end // DAY) + 1
        weights = [SEASON[self._calendar.months[day] - 1] * GROWTH ** (day / days) for day in range(days)]
        total, passed, counts, given = sum(weights), 0.0, [], 0
        for weight in weights:
            passed += weight
            counts.append(round(deals * passed / total) - given)
            given += counts[-1]
        return counts

    def _moments(self, day: int, count: int) -> Iterator[float]:
        length = min(DAY, self._end - day * DAY)
        return iter(sorted(day * DAY + length * self._random.random() for _ in range(count)))

    def _other_leads(self, at: float) -> None:
        if self._random.random() < _UNCONVERTED_LEADS:
            self._leads.unconverted(at, self._calendar.moment(at))

    def _look_ahead(self, count: int) -> None:
        """The coming days' deals: their leads may be here already."""
        for day in range(LONGEST_LEAD // 86_400):
            for _ in range(count):
                self._deals.expected(self._end + (day + self._random.random()) * DAY)
