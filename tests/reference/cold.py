"""Effort on those whom we turned to first and who came to nothing."""

from collections.abc import Sequence

from tests.reference import slices
from tests.reference.contacts import Touch, lead_party, party_of
from tests.reference.plan import Entry, Plan, always
from tests.reference.results import Result, ratio
from tests.reference.service import of_touch, touches
from tests.reference.world import World

MINUTES = {"email": 5, "chat": 10, "meeting": 60, "form": 0}
PATIENCE = 5
DEAL = 2


def cold_contact_waste(world: World, by: Sequence[str]) -> Plan:
    """Time on cold parties that failed or never answered, over all time on contacts."""
    slices.check(by, slices.CONTACT)
    parties: dict[str, list[Touch]] = {}
    for touch in touches(world):
        parties.setdefault(touch.party, []).append(touch)
    fates = _fates(world)
    entries = []
    for party, mine in parties.items():
        first = min(mine, key=lambda t: (t.at, t.id))
        is_wasted = not first.incoming and _came_to_nothing(fates.get(party, []), mine)
        for touch in mine:
            what = (seconds(touch), is_wasted)
            entries.append(Entry(world.day(touch.at), of_touch(world, touch, by), "contact", what))
    return Plan(entries, _fold, always(by))


def _fates(world: World) -> dict[str, list[str]]:
    """Party → won, lost or open of its deals and leads; a converted lead is what its deals are."""
    found: dict[str, list[str]] = {}
    for deal in world.deals:
        party = deal.customer or party_of(world, DEAL, deal.id)
        found.setdefault(party, []).append({"S": "won", "F": "lost"}.get(deal.life.outcome, "open"))
    for number, lead in world.leads.items():
        fate = {"S": "converted", "F": "lost"}.get(lead["status_semantic_id"], "open")
        found.setdefault(lead_party(world, number), []).append(fate)
    return found


def _came_to_nothing(fates: Sequence[str], mine: Sequence[Touch]) -> bool:
    if "won" in fates:
        return False
    has_failed = "lost" in fates and "open" not in fates
    never_answered = not any(touch.incoming or touch.answered for touch in mine)
    return has_failed or (len(mine) >= PATIENCE and never_answered)


def seconds(touch: Touch) -> int:
    """How long a contact took: of calls what telephony tells, of others what the settings say."""
    return touch.seconds if touch.channel == "call" else 60 * MINUTES[touch.channel]


def _fold(entries: list[Entry]) -> Result:
    spent = sum(entry.what[0] for entry in entries)
    wasted = sum(entry.what[0] for entry in entries if entry.what[1])
    return ratio(wasted, spent, len(entries), wasted_time=wasted)
