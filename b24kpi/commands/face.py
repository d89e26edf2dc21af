"""What all commands share: their language, the shape of their help, the options common to all, their errors."""

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from b24kpi import locale
from b24kpi.commands.language import asked_language, environment_language
from b24kpi.commands.usage import UnknownCommand, usage_error_text
from b24kpi.errors import B24KpiError, Interrupted


@dataclass
class Face:
    """How this run speaks; `ctx.obj` of every command.

    Attributes:
        language: of the texts; settings may change it once they are read, unless `asked` by option.
        settings: path given by option.
        verbose: 0, 1 (what is done, tracebacks) or 2 (each call).
    """

    language: str = "en"
    asked: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)
    settings: Path | None = None
    verbose: int = 0

    @classmethod
    def of(cls, arguments: Sequence[str], environ: Mapping[str, str]) -> "Face":
        """The face of a run that is called so: its language is the one asked for, else the environment's."""
        asked = asked_language(arguments)
        return cls(asked or environment_language(environ) or "en", asked, environ)

    def say(self, message_id: str, **params: Any) -> str:
        return locale.text(message_id, self.language, **params)

    def show_error(self, text: str) -> None:
        click.echo(self.say("cli.error", text=text), err=True)

    def show_failure(self, error: B24KpiError) -> None:
        """A failure in the reader's words; with -v also where it came from."""
        if self.verbose:
            self._show_trace(error)
        text = error.text(self.language)
        click.echo(text if isinstance(error, Interrupted) else self.say("cli.error", text=text), err=True)

    def show_usage_error(self, error: click.ClickException) -> None:
        """A wrong call: how it should be, where help is, what was wrong."""
        if isinstance(error, click.UsageError) and error.ctx is not None:
            click.echo(error.ctx.get_usage(), err=True)
            click.echo(self.say("cli.usage.see_help", command=error.ctx.command_path) + "\n", err=True)
        self.show_error(usage_error_text(error, self.language))

    def show_crash(self, error: BaseException) -> int:
        """A fault of ours: one line, or with -v all of it; webhook codes never."""
        from b24kpi.portal.secret import masked

        if self.verbose:
            self._show_trace(error)
        problem = masked(f"{type(error).__name__}: {error}").splitlines()[0]
        self.show_error(self.say("cli.crash", problem=problem))
        return 1

    def _show_trace(self, error: BaseException) -> None:
        from b24kpi.portal.secret import masked

        click.echo(masked("".join(traceback.format_exception(error))), err=True)


class Command(click.Command):
    """A command whose help is in the locale catalogues: `cli.NAME.help`, `.example`, `.options.OPTION`."""

    def text_key(self, ctx: click.Context) -> str:
        """`sync`, or `costs.import` for a command of a group."""
        return ".".join(ctx.command_path.split()[1:]) or "root"

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        prefix = _say(ctx, "cli.help.usage") + " "
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix=prefix)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_say(ctx, f"cli.{self.text_key(ctx)}.help"))
        with formatter.section(_say(ctx, "cli.help.example")):
            for line in _say(ctx, f"cli.{self.text_key(ctx)}.example").splitlines():
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records = [self._record(ctx, option) for option in self.get_params(ctx) if isinstance(option, click.Option)]
        with formatter.section(_say(ctx, "cli.help.options")):
            formatter.write_dl(records)

    def _record(self, ctx: click.Context, option: click.Option) -> tuple[str, str]:
        names = (option.get_help_record(ctx) or ("", ""))[0]
        name = "help" if "--help" in option.opts else str(option.name)
        return names, _option_help(ctx, self.text_key(ctx), name)


class Group(Command, click.Group):
    """A group with help of the same shape."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise UnknownCommand(args[0], self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        Command.format_options(self, ctx, formatter)
        with formatter.section(_say(ctx, "cli.help.commands")):
            formatter.write_dl([(name, self.summary(ctx, name)) for name in self.list_commands(ctx)])

    def summary(self, ctx: click.Context, name: str) -> str:
        return _say(ctx, f"cli.{self.text_key(ctx)}.{name}.help")


def common_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--settings, --language, --verbose: kept in the Face, so that no command has to pass them on."""
    settings = click.option("--settings", type=click.Path(path_type=Path), expose_value=False, callback=_keep_settings)
    language = click.option("--language", type=click.Choice(locale.LANGUAGES), expose_value=False)
    verbose = click.option("-v", "--verbose", count=True, expose_value=False, callback=_keep_verbose)
    return settings(language(verbose(function)))


def format_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """--format table|json|csv."""
    return click.option("--format", "output_format", type=click.Choice(["table", "json", "csv"]), default="table")(
        function
    )


def _keep_settings(ctx: click.Context, option: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.ensure_object(Face).settings = value


def _keep_verbose(ctx: click.Context, option: click.Parameter, value: int) -> None:
    face = ctx.ensure_object(Face)
    face.verbose = max(face.verbose, value)


def _option_help(ctx: click.Context, command: str, option: str) -> str:
    if option in ("settings", "language", "verbose", "output_format", "help", "version"):
        return _say(ctx, f"cli.options.{option}")
    return _say(ctx, f"cli.{command}.options.{option}")


def _say(ctx: click.Context, message_id: str) -> str:
    return ctx.ensure_object(Face).say(message_id)
