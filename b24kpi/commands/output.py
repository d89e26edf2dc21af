"""Data to stdout: as a table (drawn on a terminal, plain elsewhere), JSON or CSV."""

import json
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from b24kpi.report.table import Pages, Table


def print_data(output_format: str, data: Any, rows: Sequence[Mapping[str, Any]], pages: "Pages") -> None:
    """The same facts in the form that was asked for.

    Args:
        data: for JSON, one object.
        rows: for CSV, flat.
        pages: for people.
    """
    if output_format == "json":
        click.echo(json.dumps(data, ensure_ascii=False, indent=1, default=_plain))
    elif output_format == "csv":
        print_csv(rows)
    else:
        print_pages(pages)


def print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows with the same or growing sets of columns; nothing at all where there is no row."""
    from b24kpi.report.render import csv_text

    columns = list(dict.fromkeys(name for row in rows for name in row))
    click.echo(csv_text(columns, [{name: _joined(cell) for name, cell in row.items()} for row in rows]), nl=False)


def _joined(cell: Any) -> Any:
    return "; ".join(map(str, cell)) if isinstance(cell, list) else cell


def print_pages(pages: "Pages") -> None:
    """Tables and notes."""
    from b24kpi.report.table import plain

    if not sys.stdout.isatty():
        click.echo(plain(pages), nl=False)
        return
    for table in pages.tables:
        _draw(table)
    for note in pages.notes:
        click.secho(note, dim=True)


def _draw(table: "Table") -> None:
    """Cells are Text: square brackets in a name are no markup."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    drawn = Drawn(title=Text(table.title) if table.title else None, title_justify="left", box=box.SIMPLE_HEAD)
    for column in table.columns:
        drawn.add_column(Text(column.title), justify="right" if column.numeric else "left", no_wrap=column.numeric)
    for row in table.rows:
        drawn.add_row(*(Text(cell) for cell in row))
    Console().print(drawn)


def _plain(value: Any) -> str:
    """Decimals and other values without a JSON form, as texts."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
