"""A table of texts: what the terminal, plain text and HTML show alike."""

from collections.abc import Sequence
from dataclasses import dataclass

GAP = "  "


@dataclass(frozen=True)
class Column:
    """`numeric` columns are set flush right."""

    title: str
    numeric: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells, a cell for each column."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Pages:
    """Tables with the notes that belong under them."""

    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()


def plain(pages: Pages) -> str:
    """Text for pipes and files: columns aligned by spaces, no escape codes, no line cut."""
    blocks = [plain_table(table) for table in pages.tables]
    if pages.notes:
        blocks.append("\n".join(pages.notes))
    return "\n\n".join(blocks) + "\n"


def plain_table(table: Table) -> str:
    """The title, the heads, a rule, the rows."""
    heads = tuple(column.title for column in table.columns)
    rows = [tuple(map(_one_line, row)) for row in table.rows]
    widths = [max(map(len, cells)) for cells in zip(heads, *rows, strict=True)]
    lines = [_line(heads, table.columns, widths), GAP.join("─" * width for width in widths)]
    lines += [_line(row, table.columns, widths) for row in rows]
    return "\n".join([table.title, *lines] if table.title else lines)


def _line(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    placed = [
        cell.rjust(width) if column.numeric else cell.ljust(width)
        for cell, column, width in zip(cells, columns, widths, strict=True)
    ]
    return GAP.join(placed).rstrip()


def _one_line(cell: str) -> str:
    """Names come from the CRM: a line break or an escape code in one must not break the table or the terminal."""
    return "".join(letter if letter.isprintable() or letter in "\u00a0\u202f" else " " for letter in cell)
