"""What people do about calls and deals: how long they talk, how much a deal takes, what is filled in."""

from collections.abc import Iterable
from fractions import Fraction

from tests.reference import contacts, slices
from tests.reference.plan import Entry, Plan, always
from tests.reference.results import Result, rate, ratio
from tests.reference.service import By, touches
from tests.reference.world import Deal, World


def aht(world: World, by: By) -> Plan:
    """Talk time of answered calls; lines of one conversation are one call."""
    slices.check(by, frozenset({"manager", "department", "direction"}))
    entries = []
    for call in world.rows("call"):
        is_handled = call["call_failed_code"] == "200" and (call["call_duration"] or 0) > 0
        if is_handled and call["call_type"] != contacts.ANNOUNCEMENT and call["call_start_date"] is not None:
            own = {"direction": "in" if call["call_type"] in (2, 3) else "out"}
            own |= slices.people(world, call["portal_user_id"])
            conversation = call["call_id"] or f"line {call['id']}"
            key = tuple(own[name] for name in by)
            what = (conversation, call["call_duration"])
            entries.append(Entry(world.day(call["call_start_date"]), key, "call", what))
    return Plan(entries, _fold_calls, always(by))


def work_depth(world: World, by: By) -> Plan:
    """Contacts up to the closing of deals, those of their leads too."""
    slices.check(by, slices.EFFORT)
    entries = []
    for deal in world.deals:
        if deal.life.closed_at is not None:
            key = slices.of_deal(world, deal, deal.life.closed_at, by)
            entries.append(Entry(world.day(deal.life.closed_at), key, deal.life.outcome, _depth(world, deal)))
    return Plan(entries, _fold_depths, always(by))


def crm_adoption(world: World, by: By) -> Plan:
    """Won deals that are filled in, have a contact and stayed in some stage for more than a minute."""
    slices.check(by, slices.EFFORT)
    entries = []
    for deal, at in world.won():
        is_filled = bool(deal.money > 0 and deal.customer and deal.row["source_id"])
        marks = (is_filled, _depth(world, deal) > 0, _has_lived(deal))
        entries.append(Entry(world.day(at), slices.of_deal(world, deal, at, by), "won", marks))
    return Plan(entries, _fold_adoption, always(by))


def _depth(world: World, deal: Deal) -> int:
    end = deal.life.closed_at
    mine = [t for t in touches(world) if t.channel != "form" and (end is None or t.at <= end)]
    lead = deal.row["lead_id"]
    return sum(1 for t in mine if t.deal == deal.id or ((lead or 0) > 0 and t.lead == lead))


def _has_lived(deal: Deal) -> bool:
    stays = (stay for stay in deal.life.stays if stay.semantic == "P")
    return any(stay.end is None or stay.end - stay.start > 60 for stay in stays)


def _fold_calls(entries: list[Entry]) -> Result:
    talks: dict[str, int] = {}
    for entry in entries:
        conversation, seconds = entry.what
        talks[conversation] = talks.get(conversation, 0) + seconds
    return ratio(sum(talks.values()), len(talks), len(talks), median=_middle(talks.values()))


def _middle(values: Iterable[int]) -> Fraction | None:
    ordered = sorted(values)
    if not ordered:
        return None
    return Fraction(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2], 2)


def _fold_depths(entries: list[Entry]) -> Result:
    won, lost = ([entry.what for entry in entries if entry.kind == kind] for kind in ("S", "F"))
    extra = {"touches_of_won": _middle(won), "touches_of_lost": _middle(lost)}
    middle = _middle([*won, *lost])
    return Result(middle, n=len(entries), reason=None if entries else "no_events", extra=extra)


def _fold_adoption(entries: list[Entry]) -> Result:
    plain = rate(sum(1 for entry in entries if all(entry.what)), len(entries))
    for place, name in enumerate(("filled_share", "touched_share", "lived_share")):
        marked = sum(1 for entry in entries if entry.what[place])
        plain.extra[name] = Fraction(marked, len(entries)) if entries else None
    return plain
