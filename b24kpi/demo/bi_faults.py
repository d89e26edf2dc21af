"""What goes wrong in the rows of the BI connector, without a word in the answer (see `faults` for the kinds)."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from b24kpi.demo.bi_tables import BiTable, Column
from b24kpi.demo.faults import Fault

_T = TypeVar("_T")
_EVERY = 10


def error_code(fault: Fault | None) -> str:
    """The code that replaces the rows, '' for none."""
    return fault.code if fault and fault.kind == "bi_error" else ""


def is_filter_lost(fault: Fault | None) -> bool:
    """Whether the request's conditions are passed over."""
    return fault is not None and fault.kind == "bi_lost_filter"


def hidden_columns(fault: Fault | None) -> tuple[str, ...]:
    """Columns that the answer lacks."""
    return (str(fault.details.get("column", "ID")),) if fault and fault.kind == "bi_missing_column" else ()


def more_columns(table: BiTable, fault: Fault | None) -> list[Column]:
    """Columns that nobody asked for."""
    if fault is None or fault.kind != "bi_extra_column":
        return []
    name = str(fault.details.get("column", "COMMENTS"))
    return [column for column in table.columns.values() if column.name == name]


def disturbed(rows: Iterable[_T], fault: Fault | None) -> Iterable[_T]:
    """The rows that are sent."""
    if fault is None:
        return rows
    every = int(fault.details.get("every", _EVERY))
    if fault.kind == "bi_early_end":
        return islice(rows, int(fault.details.get("rows", _EVERY)))
    if fault.kind == "bi_missing_rows":
        return (row for count, row in enumerate(rows, 1) if count % every)
    return _doubled(rows, every) if fault.kind == "bi_doubled_rows" else rows


def _doubled(rows: Iterable[_T], every: int) -> Iterator[_T]:
    for count, row in enumerate(rows, 1):
        yield row
        if count % every == 0:
            yield row
