"""`b24kpi demo`: the whole main job against the built-in demo portal."""

import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from b24kpi.commands.demo_portal import DEALS, filled_state
from b24kpi.commands.face import Command, Face, common_options
from b24kpi.commands.session import DONE, INCOMPLETE, opened_with, start_logging

if TYPE_CHECKING:
    from b24kpi.app import App
    from b24kpi.demo.company import Company
    from b24kpi.demo.server import DemoPortal

METRICS = (
    "total_sales", "won_deals", "aov", "revenue_per_customer", "win_rate", "lead_to_customer_rate", "sales_cycle",
    "new_customers", "repeat_purchase_share", "ltv_historic", "romi", "cac",
)  # fmt: skip

# Complete months beside the present one: as many as a terminal shows side by side.
MONTHS = 3

# The demo portal has no limits, as a self-hosted one.
PLAN = "self_hosted"
# A trading firm: a third of what it sells is margin. It has had the CRM for ten months, and its older deals imported.
_MONTHS_WITH_CRM = 10
_FURTHER = """
[marketing]
margin = 0.35
touches = {{ form = "WEB", "chat:1" = "WEB", "chat:2" = "2|TELEGRAM" }}

[money]
hourly_rate = 250.0

[crm]
go_live = {go_live}
investment = 900000.0
subscription = 9500.0
saved_hours = 160.0

[motivation]
scheme = "motivation.toml"

[[report]]
name = "monthly"
metrics = ["total_sales", "won_deals", "aov", "win_rate", "ltv_historic", "romi"]
period = "month"
periods = 3
by = ["", "manager"]
sinks = [{sinks}]
"""

# A webhook has no way into BI Builder.
_SINK = "smart_process"
_SINKS_OF_APPLICATION = (_SINK, "bi_builder")
# User fields that the portal of a firm with a history has, but not an empty one.
_MAPPED = """
[ratings]
nps_field = "deal.UF_CRM_NPS"

[offers]
date_field = "company.UF_CRM_OFFER"
hold_out_field = "company.UF_CRM_NO_OFFERS"
days = 60
"""

# Its people are paid by what they sell, how much of it they win, and how soon.
_SCHEME = """
[[version]]
from = 2020-01-01
floor = 0.5
cap = 1.3
weights = { total_sales = 0.6, win_rate = 0.25, sales_cycle = 0.15 }
targets = { win_rate = 0.4, sales_cycle = 30 }
"""


@click.command("demo", cls=Command)
@click.option("--folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
@click.option("--company", metavar="NAME", default="default")
@click.option("--deals", type=click.IntRange(min=0), default=DEALS)
@click.option("--seed", type=int, default=1)
@click.option("--serve", is_flag=True)
@common_options
@click.pass_obj
def command(face: Face, folder: Path | None, company: str, deals: int, seed: int, serve: bool) -> int:
    from b24kpi.commands.demo_serve import serve_demo
    from b24kpi.demo.server import DemoPortal

    start_logging(face.verbose)
    with _workplace(folder) as place:
        state, firm = filled_state(face, company, deals=deals, seed=seed)
        with DemoPortal(state) as portal:
            code = _work(face, place, portal, firm)
            if serve:
                serve_demo(
                    face, place / "settings.toml", portal, further=_further(firm, *_SINKS_OF_APPLICATION), plan=PLAN
                )
        click.echo(_next(face, place) if folder is not None else face.say("cli.demo.next_folder"))
    return code


@contextmanager
def _workplace(folder: Path | None) -> Iterator[Path]:
    """A folder of our own: the given one, which must be new or empty, or a temporary one that goes afterwards."""
    from b24kpi.errors import BadInput

    if folder is None:
        with tempfile.TemporaryDirectory(prefix="b24kpi-demo-") as temporary:
            yield Path(temporary)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput("cli.init.unwritable", file=folder, problem=error.strerror or "?") from None
    if any(folder.iterdir()):
        raise BadInput("cli.demo.folder_taken", folder=folder)
    yield folder


def _work(face: Face, place: Path, portal: "DemoPortal", firm: "Company") -> int:
    """Settings, sync, costs, report, push, with a word on each."""
    from b24kpi.commands.push import push_code
    from b24kpi.commands.settings_file import settings_text, write_private
    from b24kpi.commands.sync import sync_shown
    from b24kpi.settings import load

    text = settings_text(
        {"webhook_url": portal.url, "plan": PLAN}, language=face.language, face=face, further=_further(firm, _SINK)
    )
    write_private(place / "settings.toml", text)
    (place / "motivation.toml").write_text(_SCHEME.lstrip(), encoding="utf-8")
    click.echo(face.say("cli.demo.started", host=portal.url.split("/rest/")[0]))
    with opened_with(load(place / "settings.toml", {}), face.language, portal=True) as app:
        synced = sync_shown(app, face)
        click.echo(face.say("cli.demo.synced", count=synced.requests, rows=synced.rows, seconds=synced.seconds))
        _import_costs(app, place, firm, face)
        _import_plans(app, place, portal, face)
        _show_report(app, face)
        pushed = app.push()
    for result in pushed:
        click.echo(
            face.say("cli.demo.pushed", created=result.created, unchanged=result.unchanged, failed=result.failed)
        )
        click.echo("\n".join((result.where, *result.problems)))
    click.echo(face.say("cli.demo.requests", count=portal.stats.requests))
    return push_code(pushed) or (DONE if synced.complete else INCOMPLETE)


def _further(firm: "Company", *sinks: str) -> str:
    """The settings of the firm, whose CRM began with a month; its report goes to these sinks."""
    from b24kpi.clock import SYSTEM_CLOCK
    from b24kpi.metrics.crm_windows import shifted

    today = date.fromtimestamp(SYSTEM_CLOCK.now())
    go_live = shifted(today, -_MONTHS_WITH_CRM).isoformat()
    further = _FURTHER.format(go_live=go_live, sinks=", ".join(f'"{name}"' for name in sinks))
    return further + (_MAPPED if firm.costs else "")


def _import_costs(app: "App", place: Path, firm: "Company", face: Face) -> None:
    """The portal keeps no costs, so they come from a file, as they do in life."""
    if not firm.costs:
        return
    file = place / "costs.csv"
    firm.write_costs_csv(file)
    click.echo(face.say("cli.demo.costs", count=app.import_costs(file), file=file))


def _import_plans(app: "App", place: Path, portal: "DemoPortal", face: Face) -> None:
    """Nor does it keep plans."""
    from b24kpi.demo.company_plans import plan_rows, write_plans

    rows = plan_rows(portal.state, portal.state.now())
    if rows:
        file = place / "plans.csv"
        write_plans(file, rows)
        click.echo(face.say("cli.demo.plans", count=app.import_plans(file), file=file))


def _show_report(app: "App", face: Face) -> None:
    """The last complete months and the present one, side by side."""
    from b24kpi.app import Ask
    from b24kpi.commands.output import print_pages
    from b24kpi.commands.report import wording_of
    from b24kpi.report.layout import lay_out

    report = app.report(Ask(METRICS, count=MONTHS))
    click.echo()
    print_pages(lay_out(report, wording_of(app, face, report)))
    click.echo()


def _next(face: Face, place: Path) -> str:
    """What to try on the cache that stays."""
    from b24kpi.clock import SYSTEM_CLOCK
    from b24kpi.metrics.period import Grain, Period

    month = Period.containing(date.fromtimestamp(SYSTEM_CLOCK.now()), Grain.MONTH).previous
    return face.say("cli.demo.next", settings=shlex.quote(str(place / "settings.toml")), period=month.label)
