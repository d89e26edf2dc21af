"""`b24kpi init`: the first settings file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from b24kpi.commands.face import Command, Face, common_options
from b24kpi.commands.session import DONE, start_logging
from b24kpi.commands.settings_file import settings_text, write_private

if TYPE_CHECKING:
    from b24kpi.portal.auth import Webhook

# What reading the CRM and naming people takes, then what calls, tasks and the working hours take; https://apidocs.bitrix24.com/api-reference/scopes/permissions.html
NEEDED = {"crm": ("crm",), "user": ("user", "user_basic", "user_brief"), "department": ("department",)}
FURTHER = ("telephony", "task", "calendar")


@click.command("init", cls=Command)
@click.option("--webhook-url", metavar="URL")
@click.option("--client-id", metavar="KEY")
@click.option("--client-secret", metavar="KEY")
@click.option("--public-url", metavar="URL")
@click.option("--plan", type=click.Choice(["standard", "enterprise", "self_hosted"]), default="standard")
@click.option("--force", is_flag=True)
@common_options
@click.pass_obj
def command(
    face: Face,
    webhook_url: str | None,
    client_id: str | None,
    client_secret: str | None,
    public_url: str | None,
    plan: str,
    force: bool,
) -> int:
    from b24kpi.errors import BadInput

    start_logging(face.verbose)
    path = face.settings or Path("settings.toml")
    if path.exists() and not force:
        raise BadInput("cli.init.exists", file=path)
    application = {"--client-id": client_id, "--client-secret": client_secret, "--public-url": public_url}
    given = [option for option, value in application.items() if value is not None]
    if not given:
        _init_webhook(face, path, webhook_url, plan, force)
    elif webhook_url is not None:
        raise BadInput("cli.init.two_ways", option=given[0])
    else:
        _init_application(face, path, application, plan, force)
    return DONE


def _init_webhook(face: Face, path: Path, webhook_url: str | None, plan: str, force: bool) -> None:
    from b24kpi.portal.auth import Webhook

    url = (webhook_url or click.prompt(face.say("cli.init.ask_url"), hide_input=True, err=True)).strip()
    _try(Webhook.parse(url), plan, face)
    text = settings_text({"webhook_url": url, "plan": plan}, language=face.asked, face=face)
    write_private(path, text, replace=force)
    click.echo(face.say("cli.init.done", file=path))
    click.echo(face.say("cli.init.next", options=_options(path)))


def _init_application(face: Face, path: Path, given: Mapping[str, str | None], plan: str, force: bool) -> None:
    """Nothing can be tried before the installation, which needs these settings; so the keys are taken as they are.

    Raises:
        BadInput: a key is missing, or the address is none.
    """
    client_id, url = (_needed(given, option) for option in ("--client-id", "--public-url"))
    url = _checked(url)
    secret = given["--client-secret"]
    if secret is None:
        secret = click.prompt(face.say("cli.init.ask_secret"), hide_input=True, err=True)
    secret = _needed({"--client-secret": secret}, "--client-secret")
    keys = {"client_id": client_id, "client_secret": secret, "public_url": url, "plan": plan}
    write_private(path, settings_text(keys, language=face.asked, face=face), replace=force)
    click.echo(face.say("cli.init.application_done", file=path))
    click.echo(face.say("cli.init.application_next", options=_options(path), url=url))


def _needed(given: Mapping[str, str | None], option: str) -> str:
    from b24kpi.errors import BadInput

    value = (given[option] or "").strip()
    if not value:
        raise BadInput("cli.init.incomplete", option=option)
    return value


def _checked(url: str) -> str:
    """The address as the settings keep it.

    Raises:
        BadInput: the settings would not take it.
    """
    from pydantic_core import PydanticCustomError

    from b24kpi.errors import BadInput
    from b24kpi.settings_addresses import public_url

    try:
        return public_url(url)
    except PydanticCustomError:
        raise BadInput("settings.bad_address", key="--public-url", value=url) from None


def _try(webhook: "Webhook", plan: str, face: Face) -> None:
    """Ask the portal who we are and what we may; a refused webhook ends here, before anything is written.

    https://apidocs.bitrix24.com/api-reference/common/users/profile.html
    https://apidocs.bitrix24.com/api-reference/common/system/scope.html
    """
    from b24kpi.portal.client import Portal

    with Portal(webhook, plan=plan, attempts=2) as portal:
        profile = portal.call("profile").result
        scopes = set(portal.call("scope").result)
    name = " ".join(filter(None, (profile.get("NAME"), profile.get("LAST_NAME")))) or str(profile.get("ID"))
    click.echo(face.say("cli.init.connected", host=webhook.host, name=name), err=True)
    if missing := [name for name, any_of in NEEDED.items() if scopes.isdisjoint(any_of)]:
        click.echo(face.say("cli.init.missing_scopes", names=", ".join(missing)), err=True)
    if missing := [name for name in FURTHER if name not in scopes]:
        click.echo(face.say("cli.init.further_scopes", names=", ".join(missing)), err=True)


def _options(path: Path) -> str:
    usual = path.resolve() == Path(os.path.curdir, "settings.toml").resolve()
    return "" if usual else f" --settings {path}"
