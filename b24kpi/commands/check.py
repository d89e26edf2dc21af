"""`b24kpi check`: what the portal lets us do, and which KPIs that is enough for."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from b24kpi.commands.face import Command, Face, common_options, format_option
from b24kpi.commands.session import DONE, FAILED, opened

if TYPE_CHECKING:
    from b24kpi.app import App, CheckResult
    from b24kpi.report.table import Pages

_SIGNS = {True: "✓", False: "✗", None: "·"}


@click.command("check", cls=Command)
@format_option
@common_options
@click.pass_obj
def command(face: Face, output_format: str) -> int:
    from b24kpi.commands.output import print_data

    with opened(face, portal=True) as app:
        result = _with_application(app, app.check(), face.language)
        pages = _pages(app, result, face)
    print_data(output_format, _data(result), _rows(result), pages)
    return DONE if result.ok else FAILED


def _with_application(app: "App", result: "CheckResult", language: str) -> "CheckResult":
    """What is to be said beside where we are a local application."""
    if not app.portal.access.member_id:
        return result
    from b24kpi.web.bindings import Bindings

    lines = Bindings(app.portal, app.settings.portal.public_url, language).lines()
    return replace(result, lines=[*result.lines, *lines])


def _data(result: "CheckResult") -> dict[str, Any]:
    lines = [{"id": line.id, "ok": line.ok, "text": line.text} for line in result.lines]
    metrics = [{"metric": name, "available": there, "missing": missing} for name, there, missing in result.metrics]
    return {"ok": result.ok, "lines": lines, "metrics": metrics}


def _rows(result: "CheckResult") -> list[dict[str, Any]]:
    lines = [{"check": line.id, "ok": _flag(line.ok), "text": line.text} for line in result.lines]
    return lines + [
        {"check": f"metric.{name}", "ok": _flag(there), "text": text} for name, there, text in result.metrics
    ]


def _flag(ok: bool | None) -> str:
    return "" if ok is None else "yes" if ok else "no"


def _pages(app: "App", result: "CheckResult", face: Face) -> "Pages":
    from b24kpi.report.table import Column, Pages, Table

    names = {metric.id: metric.names[face.language] for metric in app.metrics()}
    lines = tuple((_SIGNS[line.ok], line.text) for line in result.lines)
    metrics = tuple((_SIGNS[there], names.get(name, name), name, text) for name, there, text in result.metrics)
    portal = Table("", (Column(""), Column(face.say("cli.check.portal"))), lines)
    heads = tuple(Column(face.say(f"cli.check.{name}")) for name in ("metric", "id", "missing"))
    verdict = face.say("cli.check.ok" if result.ok else "cli.check.not_ok")
    return Pages((portal, Table("", (Column(""), *heads), metrics)), (verdict,))
