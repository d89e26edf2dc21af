"""`b24kpi refresh`: the main job, once: sync, compute, push."""

import click

from b24kpi.commands.face import Command, Face, common_options, format_option
from b24kpi.commands.push import push_code, push_pages, push_rows
from b24kpi.commands.session import INCOMPLETE, opened
from b24kpi.commands.sync import stream_rows, sync_pages, sync_shown


@click.command("refresh", cls=Command)
@format_option
@common_options
@click.pass_obj
def command(face: Face, output_format: str) -> int:
    from b24kpi.commands.output import print_data
    from b24kpi.report.table import Pages

    with opened(face, portal=True) as app:
        synced = sync_shown(app, face)
        pushed = app.push()
    read, written = stream_rows(synced, face.language), push_rows(pushed)
    rows = [{"step": "sync", **row} for row in read] + [{"step": "push", **row} for row in written]
    first, second = sync_pages(synced, face), push_pages(pushed, face)
    pages = Pages((*first.tables, *second.tables), (*first.notes, *second.notes))
    data = {"complete": synced.complete, "requests": synced.requests, "streams": read, "sinks": written}
    print_data(output_format, data, rows, pages)
    return push_code(pushed) or (0 if synced.complete else INCOMPLETE)
