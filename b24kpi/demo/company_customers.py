"""Who buys from the demo company, from where they came and who serves them."""

from bisect import bisect_right
from math import exp
from random import Random

from b24kpi.demo.company_names import load_names, pick
from b24kpi.demo.company_plan import (
    CAMPAIGNS,
    CURRENCIES,
    DEPARTMENTS,
    LEAVER_ID,
    MANAGERS,
    PIPELINES,
    SOURCES,
    Manager,
    Pipeline,
    Source,
    cumulated,
)
from b24kpi.demo.company_queue import Card, TimeQueue
from b24kpi.demo.company_rows import Customer, Origin, company_row, contact_row

WHOLESALE = 2  # department
_FIRMS, _PERSONS = 0.55, 0.42  # the rest of the deals has no customer on record

_SOURCE_SHARES = cumulated(tuple(source.share for source in SOURCES))
_CURRENCY_SHARES = cumulated(tuple(currency.share for currency in CURRENCIES))
_CAMPAIGNS = {source.code: tuple(row for row in CAMPAIGNS if row.source == source.code) for source in SOURCES}
_CAMPAIGN_SHARES = {code: cumulated(tuple(row.share for row in rows)) for code, rows in _CAMPAIGNS.items() if rows}
_SOURCES = {source.code: source for source in SOURCES}
_MANAGERS = {manager.id: manager for manager in MANAGERS}
_TEAMS = {number: tuple(row for row in MANAGERS if row.department == number) for number, _, _ in DEPARTMENTS}


class Staff:
    """The managers; `leaver_until` is the business time after which the leaver serves nobody."""

    def __init__(self, random: Random, leaver_until: float) -> None:
        self._draw = random.random
        self.leaver_until = leaver_until

    def hire(self, department: int, at: float) -> int:
        """The manager a new customer of the department gets."""
        team = _TEAMS[department]
        return self.present(team[int(self._draw() * len(team))].id, at)

    def present(self, manager: int, at: float) -> int:
        """The manager, or the colleague who took over when the leaver had gone."""
        return MANAGERS[0].id if manager == LEAVER_ID and at > self.leaver_until else manager

    def profile(self, manager: int) -> Manager:
        """Skill and pace of a manager."""
        return _MANAGERS[manager]


class Market:
    """Draws new customers."""

    def __init__(self, random: Random, staff: Staff) -> None:
        self._random = random
        self._staff = staff
        self._names = load_names()

    def customer(self, at: float) -> Customer:
        """A new customer at business time `at`, with cards still blank."""
        random, names, draw = self._random, self._names, self._random.random()
        is_firm, is_known = draw < _FIRMS, draw < _FIRMS + _PERSONS
        first_name, surname = names.person(random)
        return Customer(
            name=first_name,
            last_name=surname,
            firm=names.firm(random) if is_firm else "",
            region=pick(random, names.regions),
            origin=self.origin(),
            currency=CURRENCIES[bisect_right(_CURRENCY_SHARES, random.random())].code if is_firm else "UAH",
            scale=exp(random.gauss(0.0, 0.5)),
            manager=self._staff.hire(WHOLESALE if is_firm else WHOLESALE + 1, at),
            company=Card() if is_firm else None,
            contact=Card() if is_known else None,
        )

    def origin(self) -> Origin:
        """A source, with one of its campaigns where it has any."""
        source = SOURCES[bisect_right(_SOURCE_SHARES, self._random.random())]
        shares = _CAMPAIGN_SHARES.get(source.code)
        if not shares:
            return Origin(source.code)
        return Origin(source.code, _CAMPAIGNS[source.code][bisect_right(shares, self._random.random())])

    def pipeline(self, customer: Customer) -> Pipeline:
        """The pipeline of the customer's next deal: wholesale for firms, service for those who bought before."""
        draw = self._random.random()
        if customer.has_won:
            return PIPELINES[2 if draw < 0.5 else bool(customer.firm)]
        return PIPELINES[1 if customer.firm and draw < 0.45 else 0]

    def title(self, customer: Customer) -> str:
        """What a deal or lead of the customer is called."""
        return f"{pick(self._random, self._names.goods)} — {customer.firm or customer.last_name}"


def quality(origin: Origin) -> float:
    """What divides the chance to lose a customer of this origin."""
    source: Source = _SOURCES[origin.source]
    return source.quality * (origin.campaign.quality if origin.campaign else 1.0)


def register(queue: TimeQueue, customer: Customer, moment: int, lead: Card | None) -> None:
    """Put a customer's company and contact on record at `moment` (epoch seconds), born of `lead` or of none."""
    customer.lead = lead
    if customer.company:
        queue.put(moment, "company", customer.company, company_row, customer)
    if customer.contact:
        queue.put(moment, "contact", customer.contact, contact_row, customer)
