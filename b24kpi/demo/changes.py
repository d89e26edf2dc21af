"""What has happened to a row, for those who watch the portal."""

from collections.abc import Callable
from dataclasses import dataclass

ADDED, UPDATED, DELETED, MOVED_TO_PIPELINE = "ADD", "UPDATE", "DELETE", "MOVETOCATEGORY"


@dataclass(frozen=True)
class Change:
    """`kind` is one of the names above; `by` the user, 0 for the system."""

    table: str
    row_id: int
    kind: str
    by: int


Watcher = Callable[[Change], None]
