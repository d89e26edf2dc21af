"""Plans in the cache."""

from collections.abc import Iterable
from typing import Protocol

from b24kpi.cache.store import Store


class PlanRow(Protocol):
    """A checked row of the user's file; days as YYYYMMDD, the amount as the table keeps it (`cache.schema`)."""

    @property
    def metric(self) -> str: ...
    @property
    def from_day(self) -> int: ...
    @property
    def to_day(self) -> int: ...
    @property
    def scope(self) -> str: ...
    @property
    def scope_value(self) -> str: ...
    @property
    def amount(self) -> int: ...


def replace_plans(store: Store, plans: Iterable[PlanRow]) -> None:
    """Put the rows in place of those that were there, all or nothing."""
    with store.transaction():
        store.db.execute("DELETE FROM plan")
        store.db.conn.executemany(
            "INSERT INTO plan (metric, from_day, to_day, scope, scope_value, amount) VALUES (?, ?, ?, ?, ?, ?)",
            ((p.metric, p.from_day, p.to_day, p.scope, p.scope_value, p.amount) for p in plans),
        )
