"""`b24kpi sync`: portal → cache."""

from typing import TYPE_CHECKING, Any

import click

from b24kpi.commands.arguments import names
from b24kpi.commands.face import Command, Face, common_options, format_option
from b24kpi.commands.session import DONE, INCOMPLETE, opened, progress_wanted

if TYPE_CHECKING:
    from b24kpi.app import App
    from b24kpi.cache.sync import StreamResult, SyncResult
    from b24kpi.report.table import Pages


@click.command("sync", cls=Command)
@click.option("--full", is_flag=True)
@click.option("--confirm-deletions", is_flag=True)
@click.option("--only", metavar="NAME,…", default="")
@format_option
@common_options
@click.pass_obj
def command(face: Face, full: bool, confirm_deletions: bool, only: str, output_format: str) -> int:
    from b24kpi.commands.output import print_data

    with opened(face, portal=True) as app:
        result = sync_shown(app, face, full=full, only=only, confirmed=confirm_deletions)
    rows = stream_rows(result, face.language)
    totals = {"complete": result.complete, "requests": result.requests, "rows": result.rows}
    data = {**totals, "seconds": round(result.seconds, 3), "waited": round(result.waited, 3), "streams": rows}
    print_data(output_format, data, rows, sync_pages(result, face))
    return DONE if result.complete else INCOMPLETE


def sync_shown(app: "App", face: Face, *, full: bool = False, only: str = "", confirmed: bool = False) -> "SyncResult":
    """A sync with its progress on stderr."""
    from b24kpi.commands.progress import shown_progress

    with shown_progress(progress_wanted(), lambda stream: stream_name(face, stream)) as progress:
        return app.sync(full=full, only=names(only), confirmed=confirmed, progress=progress)


def stream_name(face: Face, stream: str) -> str:
    """The stream's name for people; its own name where it has none."""
    return _known(face, "stream", stream)


def _known(face: Face, group: str, key: str) -> str:
    try:
        return face.say(f"report.{group}.{key}")
    except KeyError:
        return key


def stream_rows(result: "SyncResult", language: str) -> list[dict[str, Any]]:
    """What was read, a row for each stream."""
    return [
        {
            "stream": stream.name,
            "state": stream.state,
            "rows": stream.rows,
            "changed": stream.changed,
            "bulk_rows": stream.bulk_rows,
            "bulk_problem": stream.bulk_problem.text(language) if stream.bulk_problem is not None else "",
            "requests": stream.requests,
            "seconds": round(stream.seconds, 3),
            "message": stream.error.text(language) if stream.error is not None else "",
        }
        for stream in result.streams
    ]


def sync_pages(result: "SyncResult", face: Face) -> "Pages":
    """What was read, for people."""
    from b24kpi.report.table import Column, Pages, Table

    heads = [Column(face.say("cli.sync.column.stream"))]
    heads += [Column(face.say(f"cli.sync.column.{name}"), numeric=True) for name in ("rows", "changed", "requests")]
    heads += [Column(face.say("cli.sync.column.state"))]
    rows = tuple(_cells(stream, face) for stream in result.streams)
    total = face.say(
        "cli.sync.total", count=result.requests, rows=result.rows, seconds=result.seconds, waited=result.waited
    )
    problems = [stream.bulk_problem.text(face.language) for stream in result.streams if stream.bulk_problem]
    notes = [face.say("bulk.instead", problem=problem) for problem in dict.fromkeys(problems)]
    return Pages((Table("", tuple(heads), rows),), (*notes, total))


def _cells(stream: "StreamResult", face: Face) -> tuple[str, ...]:
    state = _known(face, "state", stream.state)
    if stream.error is not None:
        state += f": {stream.error.text(face.language)}"
    if stream.bulk_rows:
        state += face.say("bulk.told", rows=stream.bulk_rows)
    numbers = (str(stream.rows), str(stream.changed), str(stream.requests))
    return (stream_name(face, stream.name), *numbers, state)
