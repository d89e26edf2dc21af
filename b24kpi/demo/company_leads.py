"""Leads of the demo company: how they come in, are answered, and end as a deal, as junk, or not at all."""

from math import exp
from random import Random

from b24kpi.demo import company_touches as touches
from b24kpi.demo.company_calendar import DAY, WorkCalendar
from b24kpi.demo.company_customers import Market, Staff, register
from b24kpi.demo.company_lives import CREATED, FINISHED, MOVED
from b24kpi.demo.company_queue import Card, TimeQueue
from b24kpi.demo.company_rows import Customer, LeadPlan, Origin, lead_row, lead_step_row

LONGEST_LEAD = 7 * 86_400  # seconds from a lead to its deal, at most

# Of the leads that become no deal: converted to a contact alone; never touched; of those dismissed, junk.
_CONTACT_ONLY, _FORGOTTEN, _JUNK = 0.05, 0.06, 0.8
_ANSWERED = 0.9
_FAST = 0.35  # the share of leads that become a deal within half an hour

LeadStep = tuple[int, int, str, str]  # moment, TYPE_ID, STATUS_SEMANTIC_ID, STATUS_ID


class LeadDesk:
    """Puts leads, their history and their first activities into the queue; `now` is the present, epoch seconds."""

    def __init__(
        self, random: Random, queue: TimeQueue, calendar: WorkCalendar, market: Market, staff: Staff, now: int
    ) -> None:
        self._random = random
        self._draw = random.random
        self._queue = queue
        self._calendar = calendar
        self._market = market
        self._staff = staff
        self._now = now
        self._first = calendar.moment(0.0)

    def converted(self, customer: Customer, origin: Origin, moment: int, *, returning: bool) -> Card:
        """A lead that becomes a deal at `moment`, and then puts a new customer on record."""
        created = max(moment - self._lag(), self._first)
        return self._enter(customer, origin, self._conversion(created, moment), returning=returning)

    def pending(self, at: float, moment: int) -> None:
        """A lead that is going to be a deal at `moment`, after the present: open so far, if it has come at all."""
        created = moment - self._lag()
        if created <= self._now:
            customer = self._market.customer(at)
            self._enter(customer, customer.origin, self._conversion(created, moment), returning=False)

    def unconverted(self, at: float, latest: int) -> None:
        """A lead of the day before `latest` (epoch seconds) that becomes no deal."""
        created = max(latest - int(self._draw() * 86_400), self._first)
        if created > self._now:
            return
        customer = self._market.customer(at)
        if self._draw() < _CONTACT_ONLY:
            steps = self._conversion(created, created + self._lag())
        else:
            steps = [(created, CREATED, "P", "NEW"), *self._dismissal(created)]
        self._enter(customer, customer.origin, steps, returning=False)

    def _conversion(self, created: int, moment: int) -> list[LeadStep]:
        steps = [(created, CREATED, "P", "NEW")]
        if self._draw() < 0.7:
            steps.append((created + (moment - created) // 2, MOVED, "P", "IN_PROCESS"))
        return [*steps, (moment, FINISHED, "S", "CONVERTED")]

    def _lag(self) -> int:
        if self._draw() < _FAST:
            return 60 + int(self._draw() * 1_740)
        return min(int(86_400 * exp(self._random.gauss(-0.3, 1.0))), LONGEST_LEAD - 1)

    def _dismissal(self, created: int) -> list[LeadStep]:
        if self._draw() < _FORGOTTEN:
            return []
        business = self._calendar.business(created)
        taken = business + DAY * exp(self._random.gauss(-2.0, 1.0))
        dropped = taken + DAY * exp(self._random.gauss(0.8, 1.0))
        status = "JUNK" if self._draw() < _JUNK else "UC_D0UBLE"
        plan = ((taken, MOVED, "P", "IN_PROCESS"), (dropped, FINISHED, "F", status))
        end = self._calendar.business(self._now)
        past = (step for step in plan if step[0] <= end)
        return [(max(self._calendar.moment(at), created), kind, semantics, code) for at, kind, semantics, code in past]

    def _enter(self, customer: Customer, origin: Origin, steps: list[LeadStep], *, returning: bool) -> Card:
        card, created = Card(), steps[0][0]
        steps = [step for step in steps if step[0] <= self._now]
        plan = self._plan(customer, origin, created, steps[-1], returning=returning)
        self._queue.put(created, "lead", card, None)
        for moment, *what in steps:
            self._queue.put(moment, "lead_history", None, lead_step_row, card, *what)
        if plan.semantics == "S" and not returning:
            register(self._queue, customer, plan.moved, card)
        self._queue.put(plan.moved, "lead", card, lead_row, plan, created)
        self._touch(card, plan, created)
        return card

    def _plan(self, customer: Customer, origin: Origin, created: int, last: LeadStep, *, returning: bool) -> LeadPlan:
        moved, _, semantics, status = last
        return LeadPlan(
            customer=customer,
            origin=origin,
            title=self._market.title(customer),
            status=status,
            semantics=semantics,
            moved=moved,
            modified=min(moved + int(self._draw() * 900), self._now),
            touched=created,
            assigned=customer.manager,
            opportunity=round(20_000 * customer.scale, -2) if self._draw() < 0.4 else 0.0,
            known=returning or semantics == "S",
            returning=returning,
        )

    def _touch(self, card: Card, plan: LeadPlan, created: int) -> None:
        answered = plan.status != "NEW" and self._draw() < _ANSWERED
        kind = touches.inquiry(plan.origin.source)
        if kind:
            self._put_touch(created, kind, card, plan.assigned, created if answered else None)
        if answered:
            self._answer(card, plan, created)

    def _answer(self, card: Card, plan: LeadPlan, created: int) -> None:
        delay = 1_500 * self._staff.profile(plan.assigned).pace * exp(self._random.gauss(0.0, 1.1))
        moment = self._calendar.moment(self._calendar.business(created) + delay)
        moment = max(min(moment, plan.moved), created + 1)
        if moment <= self._now:
            kind = touches.CALL_OUT if self._draw() < 0.75 else touches.EMAIL_OUT
            self._put_touch(moment, kind, card, plan.assigned, moment)
            plan.touched = moment

    def _put_touch(self, moment: int, kind: touches.Kind, card: Card, person: int, done: int | None) -> None:
        self._queue.put(moment, "activity", None, touches.touch_row, kind, touches.LEAD, card, person, moment, done)
