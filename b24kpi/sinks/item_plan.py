"""From what should be on the portal and what is there to what has to be done. No I/O."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from b24kpi.sinks.item_fields import Item

# What the portal has: `id`, `xmlId` (the key), `title`, and whatever `Changes` looks at.
Row = Mapping[str, Any]
# What to write so that a row says what an item says; empty where it already does.
Changes = Callable[[Item, Row], Mapping[str, str]]


@dataclass(frozen=True)
class Update:
    """An item whose row differs in `fields` (names as REST has them)."""

    item: Item
    row_id: int
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Deletion:
    """A row that left its report, or a twin; `title` is for people."""

    row_id: int
    title: str


@dataclass(frozen=True)
class Plan:
    """What has to be done; `unchanged` items need nothing."""

    create: tuple[Item, ...]
    update: tuple[Update, ...]
    delete: tuple[Deletion, ...]
    unchanged: int

    @property
    def steps(self) -> tuple[Item | Update | Deletion, ...]:
        return (*self.create, *self.update, *self.delete)


def plan(
    wanted: Mapping[str, Item],
    rows: Iterable[Row],
    prefixes: Sequence[str],
    changes: Changes,
    given_up: Collection[str],
) -> Plan:
    """The least that makes the rows under `prefixes` equal the wanted items.

    Of rows with the same key the one with the smallest id stays. Rows without a key under the prefixes, people's own
    and those of other reports, are not ours to touch.

    Args:
        wanted: key → item.
        given_up: marks (see `mark`) of what failed for good in this push.
    """
    present = _by_key(rows, prefixes)
    create = [item for key, item in wanted.items() if key not in present]
    pairs = [(item, present[key][0]) for key, item in wanted.items() if key in present]
    update = [Update(item, int(row["id"]), fields) for item, row in pairs if (fields := changes(item, row))]
    surplus = [row for key, twins in present.items() for row in (twins[1:] if key in wanted else twins)]
    delete = [Deletion(int(row["id"]), str(row.get("title") or row["xmlId"])) for row in surplus]
    return Plan(
        tuple(item for item in create if mark(item) not in given_up),
        tuple(change for change in update if mark(change) not in given_up),
        tuple(deletion for deletion in delete if mark(deletion) not in given_up),
        len(pairs) - len(update),
    )


def mark(step: Item | Update | Deletion) -> str:
    """What names a step of a plan: the key of an item, or the id of a row to delete."""
    if isinstance(step, Deletion):
        return f"row {step.row_id}"
    return step.key if isinstance(step, Item) else step.item.key


def _by_key(rows: Iterable[Row], prefixes: Sequence[str]) -> dict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: int(row["id"])):
        key = str(row.get("xmlId") or "")
        if key.startswith(tuple(prefixes)):
            found[key].append(row)
    return dict(found)
