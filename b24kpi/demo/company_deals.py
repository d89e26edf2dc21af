"""Deals of the demo company: who comes, how the deal goes, and whether the customer returns."""

from heapq import heappop, heappush
from math import exp, inf
from random import Random

from b24kpi.demo import company_touches as touches
from b24kpi.demo.company_calendar import DAY, WorkCalendar
from b24kpi.demo.company_customers import Market, Staff, quality, register
from b24kpi.demo.company_leads import LeadDesk
from b24kpi.demo.company_lives import FINISHED, LOSS, WIN, DealLife, Step, squeeze
from b24kpi.demo.company_plan import CURRENCIES, LEAVER_ID, PIPELINES, Pipeline
from b24kpi.demo.company_queue import Card, TimeQueue
from b24kpi.demo.company_rows import Customer, DealPlan, Origin, deal_row, deal_step_row

_BY_LEAD, _BY_REPEAT_LEAD = 0.85, 0.4  # deals that begin as a lead: of new customers, of returning ones
_NEW_CUSTOMERS = 0.7  # their share of the deals, about
_BUY_AGAIN, _TRY_AGAIN, _LOSE_AGAIN = 0.48, 0.10, 0.05
_BETWEEN_DEALS = 35 * DAY  # business time, the median
_RETURN_MARGIN = 30 * DAY  # a return that must be won comes at least so long before the present
_ZERO_AMOUNT, _REFUND, _TEMPLATE, _NO_HISTORY = 0.02, 0.015, 0.004, 0.3
_OLD = 10 * DAY  # deals older than the portal's stage history, some of which have no rows of it

_RATES = {currency.code: currency.amount / currency.amount_cnt for currency in CURRENCIES}


class DealDesk:
    """Puts deals with all that belongs to them into the queue; `now` is the present, epoch seconds."""

    def __init__(
        self,
        random: Random,
        queue: TimeQueue,
        calendar: WorkCalendar,
        market: Market,
        staff: Staff,
        leads: LeadDesk,
        now: int,
    ) -> None:
        self._random = random
        self._draw = random.random
        self._queue = queue
        self._calendar = calendar
        self._market = market
        self._staff = staff
        self._leads = leads
        self._now = now
        self._end = calendar.business(now)
        self._returns: list[tuple[float, int, Customer, str]] = []
        self._serial = 0

    def expected(self, at: float) -> None:
        """A deal that would come after the present: all that may exist of it is its lead."""
        if self._draw() < _NEW_CUSTOMERS * _BY_LEAD:
            self._leads.pending(self._end, self._calendar.moment(at))

    def deal(self, at: float) -> None:
        """One deal created at business time `at`: of a customer due to return, else of a new one."""
        if self._returns and self._returns[0][0] <= at:
            _, _, customer, fate = heappop(self._returns)
            customer.manager = self._staff.present(customer.manager, at)
            self._open(customer, at, fate, is_new_customer=False)
        else:
            self._open(self._market.customer(at), at, "", is_new_customer=True)

    def _open(self, customer: Customer, at: float, fate: str, *, is_new_customer: bool) -> None:
        moment = self._calendar.moment(at)
        origin = customer.origin if is_new_customer else self._market.origin()
        lead = None
        if self._draw() < (_BY_LEAD if is_new_customer else _BY_REPEAT_LEAD):
            lead = self._leads.converted(customer, origin, moment, returning=not is_new_customer)
        elif is_new_customer:
            register(self._queue, customer, moment, None)
        if is_new_customer and self._draw() < _TEMPLATE:
            self._template(customer, lead, origin, at)
            return
        self._live(customer, lead, origin, at, fate)

    def _live(self, customer: Customer, lead: Card | None, origin: Origin, at: float, fate: str) -> None:
        pipeline = self._market.pipeline(customer)
        refund = not fate and customer.has_won and self._draw() < _REFUND
        steps = self._refund(at) if refund else self._steps(customer, pipeline, origin, at, fate)
        plan = self._plan(customer, lead, origin, steps)
        plan.opportunity = -self._price(customer, pipeline) / 2 if refund else self._amount(customer, pipeline)
        plan.returning = customer.has_won
        plan.repeated_approach = bool(lead) and fate == LOSS
        if not refund and customer.contact:
            self._plan_return(customer, plan, steps[-1].at, is_first_try=not fate)
        card = Card()
        self._queue.put(self._calendar.moment(at), "deal", card, deal_row, plan)
        if at > _OLD or self._draw() >= _NO_HISTORY:
            self._record(card, steps)
        self._touch(card, plan, at, steps[-1].at)

    def _steps(self, customer: Customer, pipeline: Pipeline, origin: Origin, at: float, fate: str) -> list[Step]:
        manager = self._staff.profile(customer.manager)
        factor = manager.skill * quality(origin) * (1.5 if customer.has_won else 1.0)
        life = DealLife(self._random, pipeline, quality=factor, pace=manager.pace, fate=fate)
        if fate == WIN:
            return squeeze(life.steps(at, inf), self._end)
        return life.steps(at, self._end)

    def _refund(self, at: float) -> list[Step]:
        return [Step(at, FINISHED, 0, WIN, PIPELINES[0].won.code)]

    def _plan(self, customer: Customer, lead: Card | None, origin: Origin, steps: list[Step]) -> DealPlan:
        first, last = steps[0], steps[-1]
        moved = self._calendar.moment(last.at)
        plan = DealPlan(
            customer=customer,
            lead=lead,
            origin=origin,
            title=self._market.title(customer),
            category=last.category,
            stage=last.stage,
            semantics=last.semantics,
            is_new=last.stage == PIPELINES[last.category].process[0].code,
            opportunity=0.0,
            begin_date=self._calendar.date(first.at),
            close_date=self._close_date(first, last),
            moved=moved,
            modified=min(moved + int(self._draw() * 7_200), self._now),
            touched=self._calendar.moment(first.at),
            created_by=customer.manager,
            assigned=customer.manager,
        )
        self._hand_over(plan, last)
        return plan

    def _hand_over(self, plan: DealPlan, last: Step) -> None:
        """Give the leaver's deals that outlived the leaver to a colleague."""
        if plan.assigned == LEAVER_ID and (last.semantics == "P" or last.at > self._staff.leaver_until):
            plan.assigned = self._staff.present(LEAVER_ID, self._end)
            plan.modified = max(plan.modified, self._calendar.moment(self._staff.leaver_until))

    def _close_date(self, first: Step, last: Step) -> str:
        """The day of closing; for open deals the plan, which may have passed."""
        if last.semantics != "P":
            return self._calendar.date(last.at)
        return self._calendar.date(first.at + DAY * (5 + 50 * self._draw()))

    def _amount(self, customer: Customer, pipeline: Pipeline) -> float:
        return 0.0 if self._draw() < _ZERO_AMOUNT else self._price(customer, pipeline)

    def _price(self, customer: Customer, pipeline: Pipeline) -> float:
        base = pipeline.amount * customer.scale * exp(self._random.gauss(0.0, 0.6))
        return max(10.0, round(base / _RATES[customer.currency], -1))

    def _plan_return(self, customer: Customer, plan: DealPlan, closed: float, *, is_first_try: bool) -> None:
        """Decide whether and why the customer comes back, and mark what that says of the present deal.

        The portal marks a customer's deals as repeated once one is won, the earlier lost ones too (read from the
        portal's source); so a return that makes an earlier loss such a deal is bound to be won in time.
        """
        draw = self._draw()
        due = closed + _BETWEEN_DEALS * exp(self._random.gauss(0.0, 0.8))
        if plan.semantics == WIN and draw < _BUY_AGAIN:
            customer.has_won = True
            self._expect(customer, due, "")
        elif plan.semantics == LOSS and customer.has_won and draw < _TRY_AGAIN:
            self._expect(customer, due, "")
        elif plan.semantics == LOSS and is_first_try and draw < _TRY_AGAIN and due < self._end - _RETURN_MARGIN:
            plan.returning, plan.repeated_approach = True, False
            self._expect(customer, due, WIN)
        elif plan.semantics == LOSS and not customer.has_won and draw < _TRY_AGAIN + _LOSE_AGAIN:
            self._expect(customer, due, LOSS)

    def _expect(self, customer: Customer, due: float, fate: str) -> None:
        self._serial += 1
        heappush(self._returns, (due, self._serial, customer, fate))

    def _template(self, customer: Customer, lead: Card | None, origin: Origin, at: float) -> None:
        """A template of recurring deals: a row without a life."""
        step = Step(at, 0, 0, "P", PIPELINES[0].process[0].code)
        plan = self._plan(customer, lead, origin, [step])
        plan.opportunity, plan.recurring = self._amount(customer, PIPELINES[0]), True
        self._queue.put(self._calendar.moment(at), "deal", Card(), deal_row, plan)

    def _record(self, card: Card, steps: list[Step]) -> None:
        for at, *what in steps:
            self._queue.put(self._calendar.moment(at), "deal_history", None, deal_step_row, card, *what)

    def _touch(self, card: Card, plan: DealPlan, start: float, closed: float) -> None:
        end = self._end if plan.semantics == "P" else closed
        person = plan.created_by
        for _ in range(int(self._draw() * 3.4)):
            at = start + (end - start) * self._draw()
            kind = touches.DEAL_KINDS[int(self._draw() * len(touches.DEAL_KINDS))]
            moment = self._calendar.moment(at)
            self._put_touch(moment, kind, card, self._staff.present(person, at), moment, moment)
            plan.touched = max(plan.touched, moment)
        if plan.semantics == "P" and self._draw() < 0.7:
            at = closed + (end - closed) * self._draw()
            moment, planned = self._calendar.moment(at), self._calendar.moment(at + DAY * (1 + 6 * self._draw()))
            self._put_touch(moment, touches.TODO, card, plan.assigned, planned, None)
            plan.touched = max(plan.touched, moment)

    def _put_touch(
        self, moment: int, kind: touches.Kind, card: Card, person: int, start: int, done: int | None
    ) -> None:
        self._queue.put(moment, "activity", None, touches.touch_row, kind, touches.DEAL, card, person, start, done)
