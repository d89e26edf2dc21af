"""Reading a page of rows: what legacy lists and controller lists have in common, and how each turns pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from b24kpi.demo.filters_legacy import Condition
from b24kpi.demo.rest import PAGE, Reply
from b24kpi.demo.storage import Storage


@dataclass(frozen=True)
class Query:
    """A list before it is cut into pages; `order` is ` ORDER BY …` or nothing."""

    table: str
    columns: Sequence[str]
    conditions: Sequence[Condition]
    order: str = ""


@dataclass(frozen=True)
class Page:
    """Rows in the order of the columns, with the figures for the envelope; None: not shown.

    `counted` tells whether the portal had to count, which is what takes its time.
    """

    rows: list[tuple[Any, ...]]
    total: int | None
    next: int | None
    counted: bool

    def reply(self, result: Any) -> Reply:
        """The answer that shows `result` for these rows."""
        return Reply(result, self.total, self.next, self.counted)


def legacy_page(storage: Storage, query: Query, start: int, *, count_cap: int = 0) -> Page:
    """Any negative start: the first 50, not counted, total 0. Beyond the end: the first page again.

    Read from the portal's source: page = start / 50 + 1, and the page navigation falls back to page 1; a portal may
    stop counting at a threshold (`count_cap`, 0: never), and then knows no pages behind it.
    """
    if start < 0:
        return Page(_select(storage, query, 0), 0, None, counted=False)
    total = _count(storage, query)
    total = min(total, count_cap) if count_cap else total
    offset = start // PAGE * PAGE
    offset = 0 if offset >= total else offset
    return Page(_select(storage, query, offset), total, _next(offset, total), counted=True)


def controller_page(storage: Storage, query: Query, start: int) -> Page:
    """Exactly -1: not counted, no total. Other negatives count as 0. Beyond the end: nothing, with the total."""
    if start == -1:
        return Page(_select(storage, query, 0), None, None, counted=False)
    offset = max(start, 0)
    total = _count(storage, query)
    return Page(_select(storage, query, offset), total, _next(offset, total), counted=True)


def whole(storage: Storage, query: Query) -> list[tuple[Any, ...]]:
    """Every row, for lists that know no pages."""
    sql, params = _sql(query)
    return storage.select(f"SELECT {', '.join(query.columns)} {sql}{query.order}", params)


def _next(offset: int, total: int) -> int | None:
    return offset + PAGE if offset + PAGE < total else None


def _sql(query: Query) -> tuple[str, list[object]]:
    where = " AND ".join(condition.sql for condition in query.conditions)
    params = [param for condition in query.conditions for param in condition.params]
    return f"FROM {query.table}" + (f" WHERE {where}" if where else ""), params


def _count(storage: Storage, query: Query) -> int:
    sql, params = _sql(query)
    return int(storage.scalar(f"SELECT count(*) {sql}", params))


def _select(storage: Storage, query: Query, offset: int) -> list[tuple[Any, ...]]:
    sql, params = _sql(query)
    page = f" LIMIT {PAGE} OFFSET {offset}"
    return storage.select(f"SELECT {', '.join(query.columns)} {sql}{query.order}{page}", params)
