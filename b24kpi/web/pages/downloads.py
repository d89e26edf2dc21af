"""A screen as a file: all its tables as a workbook, or one of them as CSV."""

import io
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from b24kpi.metrics.model import Unit
from b24kpi.report.render import csv_text
from b24kpi.report.wording import DAY, Wording
from b24kpi.report.workbook import FORMATS, OPTIONS
from b24kpi.web.pages.model import Card, Cell, Grid, Head, Screen, Tile, Words

_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
LONGEST_SHEET_NAME = 31


def workbook(screen: Screen, wording: Wording, portal: str = "") -> bytes:
    """A sheet for each table, numbers as numbers; tiles and notes have their own.

    Args:
        portal: `https://HOST`, to which cards of the CRM are linked; "" leaves them as texts.
    """
    import xlsxwriter  # 60 ms that pages never need

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        formats = {unit: book.add_format({"num_format": text}) for unit, text in FORMATS.items()}
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        taken: set[str] = set()
        for grid in tables(screen, wording):
            _write(book.add_worksheet(_sheet_name(grid.title, taken)), grid, head, formats, portal)
        notes = book.add_worksheet(_sheet_name(wording.say("report.sheet.notes"), taken))
        for line, note in enumerate(_notes(screen)):
            notes.write_string(line, 0, note)
    return buffer.getvalue()


def sheet(screen: Screen, table: str, wording: Wording) -> bytes | None:
    """One table as CSV that the reader's spreadsheet opens; None where there is none of that id."""
    grid = next((each for each in tables(screen, wording) if each.id == table), None)
    if grid is None:
        return None
    columns = [head.title for head in grid.heads]
    rows = [dict(zip(columns, map(_plain, row), strict=True)) for row in grid.rows]
    if not wording.decimal_comma:
        return csv_text(columns, rows).encode("utf-8-sig")
    return csv_text(columns, rows, delimiter=";", write_number=wording.plain).encode("utf-8-sig")


def tables(screen: Screen, wording: Wording) -> list[Grid]:
    """The tables of a screen; its tiles are one, too."""
    found = [_of_tiles(block, wording) for block in screen.blocks if isinstance(block, tuple)]
    return [*found, *screen.grids]


def _of_tiles(tiles: Iterable[Tile], wording: Wording) -> Grid:
    heads = tuple(Head(wording.say(f"report.column.{name}"), name == "value") for name in ("metric", "value"))
    rows: list[tuple[Cell, ...]] = []
    for tile in tiles:
        rows.append((Cell(tile.name), tile.value))
        rows += [(Cell(f"{tile.name}: {name}"), cell) for name, cell in tile.further]
    return Grid("tiles", wording.say("report.sheet.values"), heads, tuple(rows))


def _plain(cell: Cell) -> Any:
    if cell.value is None:
        return cell.text
    return cell.value if isinstance(cell.value, int | Decimal) else round(float(cell.value), 6)


def _write(page: Any, grid: Grid, head: Any, formats: dict[Unit, Any], portal: str) -> None:
    page.write_row(0, 0, [each.title for each in grid.heads], head)
    for line, row in enumerate(grid.rows, start=1):
        for place, cell in enumerate(row):
            if cell.path and portal and cell.value is None:
                page.write_url(line, place, portal + cell.path, string=cell.text)
            elif cell.value is None:
                page.write_string(line, place, cell.text)
            else:
                size = DAY if cell.unit is Unit.DURATION else 1
                page.write_number(line, place, float(cell.value) / size, formats.get(cell.unit) if cell.unit else None)
    page.freeze_panes(1, 0)
    page.autofit()


def _sheet_name(title: str, taken: set[str]) -> str:
    """At most 31 letters, none of those that Excel forbids, and no name twice."""
    plain = " ".join(title.translate(_FORBIDDEN).split())[:LONGEST_SHEET_NAME] or "-"
    name, number = plain, 1
    while name.lower() in taken:
        number += 1
        name = f"{plain[: LONGEST_SHEET_NAME - 3]} {number}"
    taken.add(name.lower())
    return name


def _notes(screen: Screen) -> list[str]:
    said = [line for block in screen.blocks if isinstance(block, Words) for line in block.lines]
    cards = [
        f"{card.title} · {name}: {text}"
        for card in screen.blocks
        if isinstance(card, Card)
        for name, text in card.lines
    ]
    below = [note for grid in screen.grids for note in grid.notes]
    return [screen.title, *said, *cards, *below, *screen.notes, *([screen.incomplete] if screen.incomplete else [])]
