"""The queue of offline events: rows that wait until their application takes them.

https://apidocs.bitrix24.com/api-reference/events/offline-events.html ; that a repeated change of one record refreshes
its waiting row, and by which key, is read from the portal's source (rest module).
"""

import hashlib
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from b24kpi.demo import php
from b24kpi.demo.php import Array


@dataclass(frozen=True)
class Waiting:
    """One row; `process_id` is '' until it is reserved, `at` is in epoch seconds."""

    id: int
    client_id: str
    connector: str
    event: str
    data: Array
    user_id: int
    at: int
    process_id: str = ""
    is_error: bool = False

    @property
    def message_id(self) -> str:
        """What is equal for equal events."""
        return hashlib.md5(f"{self.event}{php.json_encode(self.data)}".encode(), usedforsecurity=False).hexdigest()


Wanted = Callable[[Waiting], bool]


class OfflineQueue:
    """All rows of all applications; each method is one step, so that parallel takers get different rows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: list[Waiting] = []
        self._numbers = 0

    def put(self, client_id: str, connector: str, event: str, data: Array, *, user_id: int, at: int) -> None:
        """A new row at the end, or the equal one that waits already refreshed."""
        with self._lock:
            self._numbers += 1
            new = Waiting(self._numbers, client_id, connector, event, data, user_id, at)
            for place, row in enumerate(self._rows):
                if (row.client_id, row.connector, row.process_id) != (client_id, connector, ""):
                    continue
                if row.message_id == new.message_id and not row.is_error:
                    self._rows[place] = replace(row, at=at, user_id=user_id)
                    return
            self._rows.append(new)

    def rows(self, wanted: Wanted) -> list[Waiting]:
        """Those wanted, in the order of their ids."""
        with self._lock:
            return [row for row in self._rows if wanted(row)]

    def take(self, choose: Callable[[list[Waiting]], list[Waiting]]) -> list[Waiting]:
        """Removes the rows that `choose` picks out of all."""
        with self._lock:
            chosen = choose(list(self._rows))
            self._rows = [row for row in self._rows if row not in chosen]
            return chosen

    def reserve(self, choose: Callable[[list[Waiting]], list[Waiting]], process_id: str) -> tuple[str, list[Waiting]]:
        """Marks the rows that `choose` picks with a process, a new one where '' is given."""
        process_id = process_id or secrets.token_hex(16)
        with self._lock:
            chosen = choose(list(self._rows))
            self._change(chosen, lambda row: replace(row, process_id=process_id))
            return process_id, chosen

    def release_as_errors(self, wanted: Wanted) -> None:
        """Ends the reservation of rows that could not be worked on."""
        with self._lock:
            chosen = [row for row in self._rows if wanted(row)]
            self._change(chosen, lambda row: replace(row, process_id="", is_error=True))

    def remove(self, wanted: Wanted) -> None:
        """Rows that have been worked on, or whose application is gone."""
        with self._lock:
            self._rows = [row for row in self._rows if not wanted(row)]

    def _change(self, chosen: Iterable[Waiting], change: Callable[[Waiting], Waiting]) -> None:
        numbers = {row.id for row in chosen}
        self._rows = [change(row) if row.id in numbers else row for row in self._rows]
