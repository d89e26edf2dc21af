"""From what should be on the portal and what is there to what has to be done. No I/O."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from b24kpi.sinks.item_fields import Item, changes

Row = Mapping[str, Any]


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


@dataclass(frozen=True)
class Layout:
    """How the portal keeps the fields: id of the smart process, decimals by short names of number fields."""

    type_id: int
    digits: Mapping[str, int]


def plan(
    wanted: Mapping[str, Item], rows: Iterable[Row], prefixes: Sequence[str], layout: Layout, given_up: Collection[str]
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
    update = [Update(item, int(row["id"]), fields) for item, row in pairs if (fields := _changes(item, row, layout))]
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


def _changes(item: Item, row: Row, layout: Layout) -> dict[str, str]:
    return changes(item, row, layout.type_id, layout.digits)
