"""`b24kpi push`: reports → portal, only what changed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from b24kpi.commands.face import Command, Face, common_options, format_option
from b24kpi.commands.session import DONE, FAILED, opened

if TYPE_CHECKING:
    from b24kpi.app import PushResult
    from b24kpi.report.table import Pages

COUNTS = ("created", "updated", "deleted", "unchanged", "failed")


@click.command("push", cls=Command)
@click.option("--dry-run", is_flag=True)
@format_option
@common_options
@click.pass_obj
def command(face: Face, dry_run: bool, output_format: str) -> int:
    from b24kpi.commands.output import print_data

    with opened(face, portal=True) as app:
        results = app.push(dry_run=dry_run)
    rows = push_rows(results)
    print_data(output_format, {"dry_run": dry_run, "sinks": rows}, rows, push_pages(results, face, dry_run=dry_run))
    return push_code(results)


def push_code(results: Sequence["PushResult"]) -> int:
    """1 where an entry could not be written."""
    return FAILED if any(result.failed for result in results) else DONE


def push_rows(results: Sequence["PushResult"]) -> list[dict[str, Any]]:
    """What was written, a row for each sink."""
    return [
        {
            "sink": result.sink,
            **{name: getattr(result, name) for name in COUNTS},
            "where": result.where,
            "problems": list(result.problems),
        }
        for result in results
    ]


def push_pages(results: Sequence["PushResult"], face: Face, *, dry_run: bool = False) -> "Pages":
    """What was written, for people, and where to look."""
    from b24kpi.report.table import Column, Pages, Table

    heads = [Column(face.say("cli.push.column.sink"))]
    heads += [Column(face.say(f"cli.push.column.{name}"), numeric=True) for name in COUNTS]
    rows = tuple((result.sink, *(str(getattr(result, name)) for name in COUNTS)) for result in results)
    notes = [note for result in results for note in (result.where, *result.problems)]
    if dry_run:
        notes.insert(0, face.say("cli.push.dry"))
    if not results:
        notes.append(face.say("cli.push.nothing"))
    return Pages((Table("", tuple(heads), rows),), tuple(notes))
