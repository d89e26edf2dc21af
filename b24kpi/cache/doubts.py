"""Deleted, or only hidden? Rows that vanish because of rights look like deleted ones; some signs tell.

Too many rows at once, any row after the webhook's user has lost the rights of an administrator, and deals of a pipeline
that has vanished as well: these are marked as deleted only once a person has confirmed it.
"""

import json
from collections.abc import Collection

from b24kpi.cache.journal import Journal
from b24kpi.cache.store import Store
from b24kpi.errors import PortalError
from b24kpi.portal.entities import Entity

# More rows than this share gone at once looks like lost rights rather than like work.
MASS_SHARE = 0.2
MASS_MINIMUM = 50

# stream → streams of the rows on which its own hang and whose rights they share: they are hidden together
OWNERS = {
    "lead_step": ("lead",),
    "deal_step": ("deal",),
    "invoice_step": ("invoice",),
    "activity": ("lead", "deal", "contact", "company"),
}
# Streams whose rows still count when they are marked: the portal hides the history of former pipelines.
ALWAYS_COUNTED = ("lead_step", "deal_step", "invoice_step")

_ADMIN = "admin"  # whether the webhook's user is an administrator, as context.learn has noted
_TRUSTED = "admin_trusted"  # the same when nothing looked hidden, or a person had confirmed it
_DOUBT = "doubt_{name}"  # "1" while rows of a stream look hidden


def is_mass(lost: int, live: int) -> bool:
    """Whether so many of the live rows are gone at once that rights are rather lost."""
    return lost > MASS_MINIMUM and lost > MASS_SHARE * live


def doubt(store: Store, entity: Entity, gone: Collection[int], *, lost: int, live: int) -> PortalError | None:
    """Why rows are rather hidden than deleted, for people; None where nothing says so.

    Args:
        gone: ids of rows that vanished, not all of them where they are too many.
        lost: how many vanished.
        live: how many the cache knew.
    """
    journal = Journal(store)
    if lost and journal.meta(_TRUSTED) == "1" and journal.meta(_ADMIN) == "0":
        return PortalError("cache.no_admin", method=entity.method, count=lost, total=live)
    if entity.name == "deal" and (pipelines := _vanished_pipelines(store, gone)):
        return PortalError("cache.pipeline_gone", method=entity.method, pipelines=pipelines, count=lost, total=live)
    if entity.name not in ALWAYS_COUNTED and is_mass(lost, live):
        return PortalError("cache.mass_deletion", method=entity.method, count=lost, total=live)
    return None


def in_doubt(store: Store, name: str) -> bool:
    """Whether rows of a stream looked hidden when it was last compared."""
    return Journal(store).meta(_DOUBT.format(name=name)) == "1"


def note_doubt(store: Store, name: str, doubted: bool) -> None:
    """Remember whether rows of a stream look hidden; a later pass knows nothing of it, only a comparison does."""
    if doubted != in_doubt(store, name):
        Journal(store).set_meta({_DOUBT.format(name=name): str(int(doubted))})


def trust(store: Store, *, at_first: bool = False) -> None:
    """The rights of the moment are those by which rows are seen from now on; `at_first`, unless others are known."""
    journal = Journal(store)
    trusted = journal.meta(_TRUSTED)
    if trusted != journal.meta(_ADMIN) and not (at_first and trusted):
        with store.transaction():
            journal.set_meta({_TRUSTED: journal.meta(_ADMIN)})


def _vanished_pipelines(store: Store, gone: Collection[int]) -> str:
    """Names of the pipelines of these deals that are gone too: one with deals in it cannot be deleted."""
    rows = store.query(
        "SELECT DISTINCT COALESCE(name, id) FROM category WHERE deleted_at IS NOT NULL AND id IN ("
        "SELECT category_id FROM deal WHERE id IN (SELECT value FROM json_each(?))) ORDER BY 1",
        (json.dumps(sorted(gone)),),
    )
    return ", ".join(str(row[0]) for row in rows)
