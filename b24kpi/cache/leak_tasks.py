"""Tasks that were made of leaks, so that none is made twice. A leak is a row of the CRM and since when it leaks.

A claim is noted before the portal is asked, and its task after: a claim without a task is one at work, or one of which
nobody knows whether its task was made, because the answer was lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from b24kpi.cache.store import Store


@dataclass(frozen=True)
class LeakKey:
    """Which leak: `deal`, `lead`, `contact` or `company`, its id, and the epoch second since which it leaks."""

    kind: str
    number: int
    since: int


@dataclass(frozen=True)
class Claim:
    """What is known of the task of a leak.

    Attributes:
        task_id: None while it is not known.
        responsible_id, created_by: users of the portal.
        claimed_at: epoch seconds.
    """

    task_id: int | None
    responsible_id: int
    created_by: int
    claimed_at: int


def claims(store: Store) -> Mapping[LeakKey, Claim]:
    """Every leak of which a task was made, or is being made."""
    rows = store.query("SELECT kind, number, since, task_id, responsible_id, created_by, claimed_at FROM leak_task")
    return {LeakKey(*row[:3]): Claim(*row[3:]) for row in rows}


def claim(store: Store, leak: LeakKey, wanted: Claim) -> Claim | None:
    """Note that a task is to be made. None where that is ours to do now, else what is known of it already.

    Raises:
        CacheError: the cache is being written to for too long.
    """
    with store.transaction():
        known = claims(store).get(leak)
        if known is None:
            store.db.execute(
                "INSERT INTO leak_task VALUES (?, ?, ?, ?, ?, ?, ?)",
                [leak.kind, leak.number, leak.since, None, wanted.responsible_id, wanted.created_by, wanted.claimed_at],
            )
    return known


def reclaim(store: Store, leak: LeakKey, known: Claim, wanted: Claim) -> bool:
    """Take over a claim of which nothing was heard for long; False where somebody else has just done so."""
    with store.transaction():
        cursor = store.db.execute(
            "UPDATE leak_task SET claimed_at = ? WHERE kind = ? AND number = ? AND since = ? AND claimed_at = ? "
            "AND task_id IS NULL",
            [wanted.claimed_at, *_key(leak), known.claimed_at],
        )
        return int(cursor.rowcount) == 1


def confirm(store: Store, leak: LeakKey, task_id: int) -> None:
    """Note the task that was made."""
    with store.transaction():
        store.db.execute(
            "UPDATE leak_task SET task_id = ? WHERE kind = ? AND number = ? AND since = ?", [task_id, *_key(leak)]
        )


def release(store: Store, leak: LeakKey) -> None:
    """Take a claim back whose task was surely not made."""
    with store.transaction():
        store.db.execute(
            "DELETE FROM leak_task WHERE task_id IS NULL AND kind = ? AND number = ? AND since = ?", list(_key(leak))
        )


def _key(leak: LeakKey) -> tuple[str, int, int]:
    return leak.kind, leak.number, leak.since
