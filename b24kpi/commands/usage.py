"""Wrong usage, explained in the reader's language; click itself explains it in English only."""

from collections.abc import Iterable
from difflib import get_close_matches

import click
from click.exceptions import MissingParameter, NoSuchOption

from b24kpi import locale


class UnknownCommand(click.UsageError):
    """No such command; `known` are those there are."""

    def __init__(self, name: str, known: Iterable[str], ctx: click.Context) -> None:
        super().__init__(name, ctx)
        self.name = name
        self.nearest = get_close_matches(name, list(known))


def usage_error_text(error: click.ClickException, language: str) -> str:
    """The sentence for an error of click; rare kinds stay in click's words."""
    message_id, params = _message(error)
    return locale.text(message_id, language, **params) if message_id else error.format_message()


def _message(error: click.ClickException) -> tuple[str, dict[str, str]]:
    if isinstance(error, NoSuchOption):
        return _unknown("option", error.option_name, error.possibilities)
    if isinstance(error, UnknownCommand):
        return _unknown("command", error.name, error.nearest)
    if isinstance(error, MissingParameter):
        return "cli.usage.missing", {"name": _name(error)}
    if isinstance(error, click.BadParameter):
        return _bad_value(error)
    if isinstance(error, click.BadOptionUsage):
        return "cli.usage.bad_option", {"name": error.option_name}
    return "", {}


def _unknown(kind: str, name: str, near: list[str] | None) -> tuple[str, dict[str, str]]:
    if near:
        return f"cli.usage.unknown_{kind}_near", {"name": name, "nearest": ", ".join(near)}
    return f"cli.usage.unknown_{kind}", {"name": name}


def _bad_value(error: click.BadParameter) -> tuple[str, dict[str, str]]:
    kind = error.param.type if error.param is not None else None
    if isinstance(kind, click.Choice):
        return "cli.usage.not_a_choice", {"name": _name(error), "known": ", ".join(map(str, kind.choices))}
    if isinstance(kind, click.types.IntParamType):
        return "cli.usage.not_a_number", {"name": _name(error)}
    return "cli.usage.bad_value", {"name": _name(error), "problem": error.message}


def _name(error: click.BadParameter) -> str:
    return error.param.get_error_hint(error.ctx).strip("'") if error.param is not None else str(error.param_hint or "")
