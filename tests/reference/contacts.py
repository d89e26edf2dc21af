"""Who talked to whom, and when: activities and calls as contacts, contacts as inquiries and their answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.reference.stages import Row
from tests.reference.work_time import worked
from tests.reference.world import World, customer_key

LEAD, DEAL, CONTACT, COMPANY = 1, 2, 3, 4
CHANNELS = {
    **dict.fromkeys(("VOXIMPLANT_CALL", "CALL_TRACKER"), "call"),
    **dict.fromkeys(("CRM_MEETING", "VISIT_TRACKER", "ZOOM"), "meeting"),
    "CRM_EMAIL": "email",
    "IMOPENLINES_SESSION": "chat",
    "CRM_WEBFORM": "form",
}
ANNOUNCEMENT = 5
OWN_ANNOUNCEMENT = 600
REPEAT = 7 * 86400
LOST = 24 * 3600


@dataclass(frozen=True)
class Touch:
    """A contact; `answered`: somebody took the call or the chat, or the meeting was held."""

    id: int
    party: str
    at: float
    channel: str
    incoming: bool
    answered: bool
    seconds: int
    deal: int | None
    lead: int | None
    manager: int | None
    source: str | None

    @property
    def is_reaction(self) -> bool:
        """We turned to the customer, or spoke with him."""
        return not self.incoming or self.answered


@dataclass
class Inquiry:
    """What a customer, or a lead by its creation, asks for; `answer` is the contact that answers."""

    party: str
    at: float
    channel: str
    rank: tuple[float, int, int]
    lead: int | None
    manager: int | None
    source: str | None
    answer: Touch | None = None
    starts_lead: bool = False
    repeats: bool = False
    next_at: float | None = None

    @property
    def answered_at(self) -> float | None:
        """Moment of the answer."""
        return None if self.answer is None else max(self.answer.at, self.at)

    @property
    def by(self) -> int | None:
        """Who answered, else who is responsible."""
        return self.manager if self.answer is None or self.answer.manager is None else self.answer.manager


def touches(world: World) -> list[Touch]:
    """Every contact, in no particular order."""
    return [touch for row in world.rows("activity") if (touch := _touch(world, row))]


def _touch(world: World, row: Row) -> Touch | None:
    channel, at = CHANNELS.get(row["provider_id"] or ""), row["start_time"] or row["created"]
    if channel is None or at is None or row["owner_type_id"] not in (1, 2, 3, 4) or not row["owner_id"]:
        return None
    calls = [call for call in world.rows("call") if call["crm_activity_id"] == row["id"]]
    if any(call["call_type"] == ANNOUNCEMENT for call in calls):
        return None
    incoming = channel in ("form", "chat") or row["direction"] == 1
    if not incoming and not _is_done_by_somebody(row, channel):
        return None
    deal = row["owner_id"] if row["owner_type_id"] == DEAL else None
    lead = row["owner_id"] if row["owner_type_id"] == LEAD else None
    answered = _is_answered(row, channel, calls)
    party, source = party_of(world, row["owner_type_id"], row["owner_id"]), source_of(world, deal, lead)
    talk = sum(call["call_duration"] or 0 for call in calls if call["call_failed_code"] == "200") if answered else 0
    return Touch(row["id"], party, at, channel, incoming, answered, talk, deal, lead, row["responsible_id"], source)


def _is_done_by_somebody(row: Row, channel: str) -> bool:
    somebody = row["author_id"] if row["author_id"] is not None else row["responsible_id"]
    return bool((row["direction"] == 2 or channel == "meeting") and row["completed"] == 1 and (somebody or 0) > 0)


def _is_answered(row: Row, channel: str, calls: Sequence[Row]) -> bool:
    if channel == "call" and calls:
        return any(call["call_failed_code"] == "200" and (call["call_duration"] or 0) > 0 for call in calls)
    if channel in ("call", "chat"):
        return bool(row["result_status"] != 1)
    return channel == "meeting"


def party_of(world: World, kind: int, number: int) -> str:
    """Who is talked to: the customer, or the lead or deal while none is known."""
    if kind in (CONTACT, COMPANY):
        return f"{'contact' if kind == CONTACT else 'company'}:{number}"
    if kind == LEAD:
        return lead_party(world, number)
    deal = next((deal for deal in world.deals if deal.id == number), None)
    if deal is None or (deal.customer is None and not (deal.row["lead_id"] or 0) > 0):
        return f"deal:{number}"
    return deal.customer or lead_party(world, deal.row["lead_id"])


def lead_party(world: World, number: int) -> str:
    """The lead's own customer, else that of its first deal, else what was made of it, else the lead."""
    lead = world.leads.get(number)
    if lead is None:
        return f"lead:{number}"
    deals = sorted(deal.id for deal in world.deals if deal.row["lead_id"] == number and deal.customer)
    bought = {deal.id: deal.customer for deal in world.deals}
    made = [(kind, sorted(row["id"] for row in world.rows(kind) if row["lead_id"] == number)) for kind in KINDS]
    candidates = [customer_key(lead), *(bought[each] for each in deals)]
    candidates += [f"{kind}:{ids[0]}" for kind, ids in made if ids]
    return next((each for each in candidates if each), f"lead:{number}")


KINDS = ("company", "contact")


def source_of(world: World, deal: int | None, lead: int | None) -> str | None:
    """Source of the deal or lead that a contact belongs to."""
    if lead is not None:
        return world.leads[lead]["source_id"] if lead in world.leads else None
    return next((each.row["source_id"] for each in world.deals if each.id == deal), None)


def inquiries(world: World) -> list[Inquiry]:
    """Every inquiry with its answer, and how it stands to the party's others."""
    known = touches(world)
    found = [*_asked(known), *_announced(world, known)]
    for inquiry in found:
        inquiry.answer = _answer(inquiry, known)
    starts = {}
    for inquiry in sorted(found, key=lambda each: each.rank):
        if inquiry.lead is not None and inquiry.lead not in starts:
            starts[inquiry.lead] = inquiry
    for inquiry in starts.values():
        inquiry.starts_lead = True
    for inquiry in found:
        _compare(inquiry, [each for each in found if each.party == inquiry.party])
    return found


def _asked(known: Sequence[Touch]) -> Iterator[Inquiry]:
    for t in known:
        if t.incoming:
            yield Inquiry(t.party, t.at, t.channel, (t.at, 1, t.id), t.lead, t.manager, t.source)


def _announced(world: World, known: Sequence[Touch]) -> Iterator[Inquiry]:
    """Leads that no incoming contact of their own has announced within ten minutes."""
    for number, lead in world.leads.items():
        created = lead["date_create"]
        if not any(t.lead == number and t.incoming and t.at <= created + OWN_ANNOUNCEMENT for t in known):
            rank = (created, 0, number)
            party, owner = lead_party(world, number), lead["assigned_by_id"]
            yield Inquiry(party, created, "lead", rank, number, owner, lead["source_id"])


def _answer(inquiry: Inquiry, known: Sequence[Touch]) -> Touch | None:
    """An answered call or chat answers itself; else the party's first reaction."""
    own = next((t for t in known if inquiry.rank == (t.at, 1, t.id) and t.is_reaction), None)
    later = [t for t in known if t.party == inquiry.party and t.is_reaction and t.at >= inquiry.at]
    return own or min(later, key=lambda t: (t.at, t.id), default=None)


def _compare(inquiry: Inquiry, mine: Sequence[Inquiry]) -> None:
    earlier = [each for each in mine if each.rank < inquiry.rank and each.answered_at is not None]
    inquiry.repeats = any(0 <= inquiry.at - each.answered_at <= REPEAT for each in earlier if each.answered_at)
    if inquiry.answered_at is not None:
        later = [each.at for each in mine if each.rank > inquiry.rank and each.at >= inquiry.answered_at]
        inquiry.next_at = min(later, default=None)


def is_excused(world: World, inquiry: Inquiry) -> bool:
    """Of junk, or of a lead that somebody converted at the time or later."""
    lead = world.leads.get(inquiry.lead) if inquiry.lead is not None else None
    if lead is None:
        return False
    return lead["status_id"] in world.junk or (lead["status_semantic_id"] == "S" and finished_at(lead) >= inquiry.at)


def finished_at(lead: Row) -> float:
    """When a converted or rejected lead became so."""
    moments = (lead.get("date_closed"), lead.get("moved_time"), lead["date_create"])
    return float(next(each for each in moments if each is not None))


def is_overdue(world: World, inquiry: Inquiry) -> bool:
    """Whether 24 working hours have passed since."""
    return worked(inquiry.at, world.as_of, world.zone) >= LOST
