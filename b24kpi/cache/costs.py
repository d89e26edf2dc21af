"""Costs in the cache: of marketing, and of whatever else people have entered."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Protocol

from b24kpi.cache.store import Store


class CostRow(Protocol):
    """A checked row of the user's file."""

    @property
    def date(self) -> date: ...
    @property
    def source(self) -> str: ...
    @property
    def campaign(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...
    @property
    def kind(self) -> str: ...


def replace_costs(store: Store, costs: Iterable[CostRow]) -> None:
    """Put the rows in place of those that were there, all or nothing."""
    with store.transaction():
        store.db.execute("DELETE FROM cost")
        store.db.conn.executemany(
            "INSERT INTO cost (day, source, campaign, amount, currency, kind) VALUES (?, ?, ?, ?, ?, ?)",
            ((_number(c.date), c.source, c.campaign, round(c.amount * 100), c.currency, c.kind) for c in costs),
        )


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
