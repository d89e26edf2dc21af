"""What was published: each settled value as it was first handed to a sink. Such a row is never overwritten."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass

from b24kpi.cache.store import Store

# What stands in place of a report's name where a period was closed; no report can be called so.
CLOSED = "(closed)"


@dataclass(frozen=True)
class Publication:
    """A value that left the house; moments are UTC epoch seconds.

    Attributes:
        report: name of the report in the settings.
        period: its label; slice: JSON of the dimension values in the order of their names.
        definition: fingerprint of all that decides how the value is computed; another definition is another value.
        value: exact, as text; None where it was undefined.
        seen_until, as_of: what was known, see `cache.as_of`.
        published_at: when it was handed over.
    """

    report: str
    metric: str
    period: str
    slice: str
    definition: str
    value: str | None
    seen_until: int
    as_of: int
    published_at: int


def publish(store: Store, publications: Iterable[Publication]) -> None:
    """Keep what is published for the first time; what was published before stays as it is."""
    with store.transaction():
        store.db.conn.executemany(
            "INSERT OR IGNORE INTO published_value (report, metric, period, slice, definition, value, seen_until, "
            "as_of, published_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            map(astuple, publications),
        )


def closed_values(store: Store, metric: str) -> dict[tuple[str, str], str]:
    """(period, slice) → the value at the closing of the period, under whichever definition that was."""
    rows = store.query(
        "SELECT period, slice, value FROM published_value WHERE metric = ? AND report = ? AND value IS NOT NULL "
        "ORDER BY published_at DESC",
        (metric, CLOSED),
    )
    return {(period, slice_): value for period, slice_, value in rows}


def closed_at(store: Store, metric: str) -> dict[str, int]:
    """Period → when it was closed, UTC epoch seconds."""
    rows = store.query(
        "SELECT period, MIN(published_at) FROM published_value WHERE metric = ? AND report = ? GROUP BY period",
        (metric, CLOSED),
    )
    return dict(rows)


def slice_of(by: Mapping[str, str]) -> str:
    """Dimension values as one text.

    >>> slice_of({"source": "WEB", "manager": "5"})
    '{"manager":"5","source":"WEB"}'
    """
    return json.dumps(dict(sorted(by.items())), ensure_ascii=False, separators=(",", ":"))


def first_published(store: Store, metric: str, definition: str) -> dict[tuple[str, str], Publication]:
    """(period, slice) → the earliest publication of a metric, whichever report it was in."""
    found: dict[tuple[str, str], Publication] = {}
    for each in _of(store, metric, definition):
        found.setdefault((each.period, each.slice), each)
    return found


def _of(store: Store, metric: str, definition: str) -> Iterator[Publication]:
    rows = store.query(
        "SELECT report, metric, period, slice, definition, value, seen_until, as_of, published_at FROM published_value "
        "WHERE metric = ? AND definition = ? ORDER BY published_at, report",
        (metric, definition),
    )
    return (Publication(*row) for row in rows)
