"""The state of the demo portal: its rows, its clock, and what people do there."""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from b24kpi.demo import merging, recycling, side_effects, stages
from b24kpi.demo.changes import ADDED, DELETED, MOVED_TO_PIPELINE, UPDATED, Change, Watcher
from b24kpi.demo.portal_time import PortalZone
from b24kpi.demo.side_effects import Moment
from b24kpi.demo.storage import Storage


class PortalState(Storage):
    """All rows of the portal, in one SQLite database (in memory or a file), columns named exactly as REST names.

    Native values: ids INTEGER, money REAL, moments INTEGER epoch seconds UTC, dates TEXT 'YYYY-MM-DD', flags 'Y'/'N',
    NULL where empty. A new state has no rows at all; `standard_portal` gives it the ones of a fresh portal.
    `insert`, `rows`, `select` (see Storage) move rows without side effects; `add`, `update`, `delete`, `restore`
    do what the portal would do, at the moment `at` (epoch seconds, default now) by the user `by`, so that a life in
    the past can be played through the same rules. `watchers` hear of what these did, once it is done.
    """

    def __init__(
        self,
        *,
        time_zone: str = "Europe/Kyiv",
        base_currency: str = "UAH",
        now: Callable[[], float] = time.time,
        path: str = ":memory:",
    ) -> None:
        super().__init__(path)
        self.zone = PortalZone(time_zone)
        self.base_currency = base_currency
        self.now = now
        self.watchers: list[Watcher] = []

    def add(self, table: str, fields: Mapping[str, object], *, at: float | None = None, by: int = 1) -> int:
        """A new row; its id. Raises UnknownName, BadValue."""
        with self.transaction():
            row_id = side_effects.add(self, table, fields, self.moment(at, by))
        self._tell(table, [row_id], ADDED, by)
        return row_id

    def update(
        self, table: str, row_id: int, fields: Mapping[str, object], *, at: float | None = None, by: int = 1
    ) -> None:
        """Changes a row. Raises LookupError (no such row), UnknownName, BadValue."""
        pipeline = self._pipeline(table, row_id, fields)
        with self.transaction():
            side_effects.update(self, table, row_id, fields, self.moment(at, by))
        is_moved = pipeline != self._pipeline(table, row_id, fields)
        self._tell(table, [row_id], MOVED_TO_PIPELINE if is_moved else UPDATED, by)

    def _pipeline(self, table: str, row_id: int, fields: Mapping[str, object]) -> object:
        """Where a deal is whose pipeline is named in a change."""
        if table != "deal" or "CATEGORY_ID" not in fields:
            return None
        return self.scalar("SELECT CATEGORY_ID FROM deal WHERE ID = ?", [row_id])

    def delete(self, table: str, row_id: int, *, at: float | None = None, by: int = 1) -> None:
        """Removes a row and empties the links to it. Raises LookupError."""
        with self.transaction():
            recycling.delete(self, table, row_id, self.moment(at, by))
        self._tell(table, [row_id], DELETED, by)

    def restore(self, table: str, row_id: int, *, at: float | None = None) -> int:
        """Takes a deleted lead, deal, contact or company out of the bin; its new id. Raises LookupError."""
        with self.transaction():
            new_id = recycling.restore(self, table, row_id, self.moment(at, 1))
        self._tell(table, [new_id], ADDED, 1)
        return new_id

    def delete_many(self, table: str, row_ids: Iterable[int], *, at: float | None = None) -> None:
        """Removes many rows as `delete` does, fast; ids without a row are passed over."""
        wanted = list(row_ids)
        there = self._there(table, wanted) if self.watchers else []
        with self.transaction():
            recycling.delete_many(self, table, wanted, self.moment(at, 1))
        self._tell(table, there, DELETED, 1)

    def _there(self, table: str, row_ids: Sequence[int]) -> list[int]:
        key = self.table(table).key
        sql = f"SELECT {key} FROM {table} WHERE {key} IN (SELECT value FROM json_each(?))"
        return [row_id for (row_id,) in self.select(sql, [json.dumps(row_ids)])]

    def merge(
        self, table: str, target_id: int, seed_ids: Sequence[int], *, at: float | None = None, by: int = 1
    ) -> None:
        """Merges leads, deals, contacts or companies into the first. Raises LookupError."""
        with self.transaction():
            merging.merge(self, table, target_id, seed_ids, self.moment(at, by))
        self._tell(table, seed_ids, DELETED, by)
        self._tell(table, [target_id], UPDATED, by)

    def rename_stage(self, entity_id: str, old: str, new: str) -> None:
        """Another code for a stage of `STATUS`, `DEAL_STAGE_3` …, in rows and history too. Raises LookupError."""
        with self.transaction():
            stages.rename(self, entity_id, old, new)

    def _tell(self, table: str, row_ids: Iterable[int], kind: str, by: int) -> None:
        for watcher in self.watchers:
            for row_id in row_ids:
                watcher(Change(table, row_id, kind, by))

    def moment(self, at: float | None, by: int) -> Moment:
        """When and by whom; now where `at` is None."""
        return Moment(int(self.now() if at is None else at), by, self.zone, self.base_currency)
