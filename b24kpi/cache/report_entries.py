"""Entries of reports for tools that come and fetch them: as they were when they were pushed last, and no others."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace

from b24kpi.cache.store import Store


@dataclass(frozen=True)
class ReportEntry:
    """One entry.

    Attributes:
        place: in its report, from 0; key: under which it is the same one in each push.
        from_day, to_day: half-open, YYYYMMDD.
        dimensions: JSON, name → value; slice, slice_name: the same as codes and for people.
        value and the other figures: money in units of its currency, rates as fractions, durations in seconds.
        unit, reason: for people; as_of: epoch seconds.
    """

    report: str
    place: int
    key: str
    metric: str
    metric_name: str
    period: str
    from_day: int
    to_day: int
    dimensions: str
    slice: str
    slice_name: str
    value: float | None
    unit: str
    numerator: float | None
    denominator: float | None
    low: float | None
    high: float | None
    previous: float | None
    target: float | None
    reason: str | None
    as_of: int

    def says_as(self, other: "ReportEntry") -> bool:
        """Whether both say the same, wherever they stand and whenever that was."""
        return replace(self, place=0, as_of=0) == replace(other, place=0, as_of=0)


_COLUMNS = ", ".join(field.name for field in fields(ReportEntry))
_MARKS = ", ".join("?" * len(fields(ReportEntry)))


def kept_entries(store: Store) -> dict[str, ReportEntry]:
    """Key → entry, of all reports."""
    rows = store.query(f"SELECT {_COLUMNS} FROM report_entry ORDER BY report, place")
    return {entry.key: entry for entry in (ReportEntry(*row) for row in rows)}


def keep_entries(store: Store, entries: Sequence[ReportEntry]) -> None:
    """Put these in the place of all that were there; where they are the same nothing is written."""
    if list(kept_entries(store).values()) == sorted(entries, key=lambda each: (each.report, each.place)):
        return
    with store.transaction():
        store.db.conn.execute("DELETE FROM report_entry")
        store.db.conn.executemany(f"INSERT INTO report_entry ({_COLUMNS}) VALUES ({_MARKS})", map(astuple, entries))
