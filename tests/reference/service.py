"""Metrics of answering customers and of the people who do."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from tests.reference import contacts, slices, survival
from tests.reference.contacts import Inquiry, Touch
from tests.reference.durations import won_at
from tests.reference.leads import became_customer
from tests.reference.plan import Entry, Plan, always
from tests.reference.results import Result, rate, ratio, total
from tests.reference.survival import Duration
from tests.reference.work_time import worked
from tests.reference.world import World

By = Sequence[str]
SLA = 900
BUCKETS = ((300, "1"), (1800, "2"), (7200, "3"), (28800, "4"), (86400, "5"))

touches = cache(contacts.touches)
inquiries = cache(contacts.inquiries)


def response_time(world: World, by: By) -> Plan:
    """Working time from an inquiry to its answer; chats do not tell when they were answered."""
    slices.check(by, slices.CONTACT)
    entries = [
        Entry(world.day(each.at), of_inquiry(world, each, by), "inquiry", _waited(world, each, worked))
        for each in inquiries(world)
        if each.channel != "chat"
    ]
    return Plan(entries, _fold_responses, always(by))


def wait_time(world: World, by: By) -> Plan:
    """The same by the calendar."""
    slices.check(by, slices.CONTACT)
    entries = [
        Entry(world.day(each.at), of_inquiry(world, each, by), "inquiry", _waited(world, each, _calendar))
        for each in inquiries(world)
        if each.channel != "chat"
    ]
    return Plan(entries, _fold_waits, always(by))


def response_vs_conversion(world: World, by: By) -> Plan:
    """Leads that became customers, by the working time until the first answer to their first inquiry."""
    rest = [name for name in by if name != "response_bucket"]
    slices.check(rest, slices.CONTACT)
    entries = []
    for each in inquiries(world):
        if each.starts_lead and each.channel != "chat":
            lead = world.leads.get(each.lead) if each.lead is not None else None
            key = (_bucket(world, each), *of_inquiry(world, each, rest))
            entries.append(Entry(world.day(each.at), key, "lead", lead is not None and became_customer(world, lead)))
    return Plan(entries, lambda leads: rate(sum(1 for lead in leads if lead.what), len(leads)), ())


def client_engagement(world: World, by: By) -> Plan:
    """Incoming contacts for each outgoing one; `answering_share` of the parties we turned to more than a week ago."""
    slices.check(by, slices.CONTACT)
    entries = [Entry(world.day(t.at), of_touch(world, t, by), "in" if t.incoming else "out") for t in touches(world)]
    for t in touches(world):
        if not t.incoming and t.at + contacts.REPEAT <= world.as_of:
            what = (t.party, _was_answered(world, t))
            entries.append(Entry(world.day(t.at), of_touch(world, t, by), "reach", what))
    return Plan(entries, _fold_engagement, always(by))


def fcr(world: World, by: By) -> Plan:
    """Inquiries answered a week ago or more without another one of the party within a week of the answer."""
    slices.check(by, slices.CONTACT)
    entries = []
    for each in inquiries(world):
        at = each.answered_at
        if at is not None and at + contacts.REPEAT <= world.as_of:
            is_settled = each.next_at is None or each.next_at - at > contacts.REPEAT
            entries.append(Entry(world.day(at), of_inquiry(world, each, by), "answered", is_settled))
    return Plan(entries, _share, always(by))


def repeat_inquiries(world: World, by: By) -> Plan:
    """Inquiries within a week of an answer to an earlier one of the party."""
    slices.check(by, slices.CONTACT)
    entries = [
        Entry(world.day(each.at), of_inquiry(world, each, by), "inquiry", each.repeats) for each in inquiries(world)
    ]
    return Plan(entries, _share, always(by))


def processed_requests(world: World, by: By) -> Plan:
    """Inquiries by the day of their answer; unanswered leads by that of their conversion or rejection."""
    slices.check(by, slices.CONTACT)
    entries = []
    for each in inquiries(world):
        at = each.answered_at if each.answered_at is not None else _decided_at(world, each)
        if at is not None:
            entries.append(Entry(world.day(at), of_inquiry(world, each, by), "processed", each.by))
    return Plan(entries, _fold_processed, always(by))


def first_contact_to_purchase(world: World, by: By) -> Plan:
    """From the first lead, contact or deal of a party to its first purchase."""
    slices.check(by, frozenset({"manager", "department", "source"}))
    firsts: dict[str, list[tuple[Any, ...]]] = {}
    for number, lead in world.leads.items():
        first = (lead["date_create"], 1, number, lead["assigned_by_id"], lead["source_id"])
        firsts.setdefault(contacts.lead_party(world, number), []).append(first)
    for t in touches(world):
        firsts.setdefault(t.party, []).append((t.at, 2, t.id, t.manager, t.source))
    for deal in world.deals:
        if deal.customer is not None:
            created = deal.row["date_create"]
            owner = world.owner(deal, created)
            firsts.setdefault(deal.customer, []).append((created, 3, deal.id, owner, deal.row["source_id"]))
    bought = {purchase.customer: won_at(purchase.deal) for purchase in world.purchases if purchase.number == 1}
    entries = []
    for party, found in firsts.items():
        at, _, _, manager, source = min(found, key=lambda each: each[:3])
        own = slices.people(world, manager) | {"source": slices.text(source)}
        what = _duration(world, at, bought.get(party))
        entries.append(Entry(world.day(at), tuple(own[name] for name in by), "party", what))
    return Plan(entries, _fold_buyers, always(by))


def task_time(world: World, by: By) -> Plan:
    """From the creation of a task to its closing; `median_of_closed` is of those closed in the period."""
    slices.check(by, frozenset({"manager", "department"}))
    entries = []
    for task in world.rows("task"):
        created, closed = task["created_date"], task["closed_date"]
        own = slices.people(world, task["responsible_id"])
        key = tuple(own[name] for name in by)
        if created is not None:
            entries.append(Entry(world.day(created), key, "created", _duration(world, created, closed)))
            if closed is not None:
                entries.append(Entry(world.day(closed), key, "closed", max(0, closed - created)))
    return Plan(entries, _fold_tasks, always(by))


# --- dimensions


def of_inquiry(world: World, inquiry: Inquiry, by: By) -> slices.Key:
    """Dimensions of an inquiry: the manager is who answered."""
    own = {"channel": inquiry.channel, "source": slices.text(inquiry.source)} | slices.people(world, inquiry.by)
    return tuple(own[name] for name in by)


def of_touch(world: World, touch: Touch, by: By) -> slices.Key:
    """Dimensions of a contact."""
    own = {"channel": touch.channel, "source": slices.text(touch.source)} | slices.people(world, touch.manager)
    return tuple(own[name] for name in by)


# --- single rows


def _waited(world: World, inquiry: Inquiry, clock: Callable[..., float]) -> Duration:
    end = inquiry.answered_at
    if end is None or end > world.as_of:
        return Duration(clock(inquiry.at, world.as_of, world.zone), None)
    return Duration(clock(inquiry.at, end, world.zone), "answered")


def _calendar(start: float, end: float, zone: Any) -> float:
    return max(0.0, end - start)


def _duration(world: World, start: float, end: float | None) -> Duration:
    if end is None or end > world.as_of:
        return Duration(max(0, world.as_of - start), None)
    return Duration(max(0, end - start), "won")


def _bucket(world: World, inquiry: Inquiry) -> str:
    if inquiry.answered_at is None:
        return "7"
    seconds = worked(inquiry.at, inquiry.answered_at, world.zone)
    return next((name for most, name in BUCKETS if seconds <= most), "6")


def _was_answered(world: World, touch: Touch) -> bool:
    if touch.answered:
        return True
    mine = (t for t in touches(world) if t.party == touch.party and t.incoming)
    return any(0 <= t.at - touch.at <= contacts.REPEAT for t in mine)


def _decided_at(world: World, inquiry: Inquiry) -> float | None:
    lead = world.leads.get(inquiry.lead) if inquiry.lead is not None else None
    if lead is None or not inquiry.starts_lead or lead["status_semantic_id"] not in ("S", "F"):
        return None
    return at if (at := contacts.finished_at(lead)) >= inquiry.at else None


# --- folds


def _share(entries: list[Entry]) -> Result:
    return rate(sum(1 for entry in entries if entry.what), len(entries))


def _fold_responses(entries: list[Entry]) -> Result:
    durations = [entry.what for entry in entries]
    answered = sorted(each.seconds for each in durations if each.end)
    decided = [each for each in durations if each.end or each.seconds > SLA]
    in_time = sum(1 for each in decided if each.seconds <= SLA)
    steps = list(survival.curve(durations))
    extra = {
        "within_sla": Fraction(in_time, len(decided)) if decided else None,
        "p90": survival.quantile(steps, Fraction(1, 10)),
        "median_of_answered": survival.nearest_rank_median(answered),
        "p90_of_answered": answered[-(-9 * len(answered) // 10) - 1] if answered else None,
    }
    return _median(durations, extra)


def _fold_waits(entries: list[Entry]) -> Result:
    durations = [entry.what for entry in entries]
    answered = [each.seconds for each in durations if each.end]
    return _median(durations, {"median_of_answered": survival.nearest_rank_median(answered)} | _p80(durations))


def _fold_buyers(entries: list[Entry]) -> Result:
    durations = [entry.what for entry in entries]
    bought = [each.seconds for each in durations if each.end]
    won = survival.half_of_winners(list(survival.curve(durations)))
    extra = {"median_of_buyers": survival.nearest_rank_median(bought), "time_to_win": won}
    return _median(durations, extra | _p80(durations))


def _fold_tasks(entries: list[Entry]) -> Result:
    durations = [entry.what for entry in entries if entry.kind == "created"]
    closed = [entry.what for entry in entries if entry.kind == "closed"]
    return _median(durations, {"median_of_closed": survival.nearest_rank_median(closed)} | _p80(durations))


def _p80(durations: Sequence[Duration]) -> dict[str, Any]:
    return {"p80": survival.quantile(list(survival.curve(durations)), Fraction(1, 5))}


def _median(durations: Sequence[Duration], extra: dict[str, Any]) -> Result:
    steps = list(survival.curve(durations))
    value = survival.quantile(steps, survival.HALF)
    low, high = survival.interval(steps)
    reason = None if value is not None else "not_mature" if durations else "no_events"
    return Result(value, n=len(durations), low=low, high=high, reason=reason, extra=extra)


def _fold_engagement(entries: list[Entry]) -> Result:
    incoming, outgoing = (sum(1 for entry in entries if entry.kind == kind) for kind in ("in", "out"))
    asked = {entry.what[0] for entry in entries if entry.kind == "reach"}
    answering = {entry.what[0] for entry in entries if entry.kind == "reach" and entry.what[1]}
    share = Fraction(len(answering), len(asked)) if asked else None
    return ratio(incoming, outgoing, outgoing, answering_share=share)


def _fold_processed(entries: list[Entry]) -> Result:
    people = {entry.what for entry in entries if entry.what is not None}
    share = Fraction(len(entries), len(people)) if people else None
    return total(len(entries), len(entries), per_employee=share)
