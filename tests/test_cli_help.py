"""Help of the commands: quick, in the reader's language, of one shape."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from b24kpi.cli import COMMANDS, main
from b24kpi.locale import LANGUAGES, text

PATHS = [(), *((name,) for name in COMMANDS), ("costs", "import"), ("plans", "import")]
HEAVY = {
    "requests", "flask", "apscheduler", "scipy", "numpy", "rich", "pydantic", "pydantic_settings", "sqlite_utils",
    "babel", "xlsxwriter", "tenacity", "sqlite3",
}  # fmt: skip
_PROGRAM = """
import json, sys
from b24kpi.cli import main
for path in json.loads(sys.argv[1]):
    try:
        main([*path, "--help"])
    except SystemExit as end:
        assert end.code == 0, (path, end.code)
print("\\n" + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def help_of(*arguments: str, environ: dict[str, str | None] | None = None) -> str:
    silent: dict[str, str | None] = {"B24KPI_UI__LANGUAGE": None, "LC_ALL": None, "LC_MESSAGES": None, "LANG": None}
    result = CliRunner().invoke(main, [*arguments, "--help"], env=silent | (environ or {}))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_help_imports_nothing_heavy() -> None:
    """Whoever asks how to do it shall not wait; exact, where a stopwatch is not."""
    run = subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps(PATHS)], capture_output=True, text=True, check=True
    )
    assert HEAVY & set(json.loads(run.stdout.splitlines()[-1])) == set()


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
@pytest.mark.parametrize("language", LANGUAGES)
def test_help_has_a_sentence_an_example_and_options(path: tuple[str, ...], language: str) -> None:
    """In this order, in every language."""
    shown = help_of(*path, "--language", language)
    key = ".".join(path) or "root"
    sentence, example = text(f"cli.{key}.help", language), text(f"cli.{key}.example", language)
    places = [
        shown.index(part)
        for part in (f"\n  {sentence.split()[0]}", f"\n  {example}", text("cli.help.options", language))
    ]
    assert places == sorted(places)


def test_every_command_is_listed_with_its_sentence() -> None:
    """The list of commands is the table of contents."""
    shown = " ".join(help_of().split())
    for name in COMMANDS:
        assert f"{name} {text(f'cli.{name}.help')}" in shown


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "uk_UA.UTF-8"}, "uk"),
        ({"LANG": "uk_UA.UTF-8", "LC_ALL": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "uk_UA.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LC_MESSAGES": "ru", "LANG": "uk"}, "ru"),
        ({"LC_ALL": "ru", "B24KPI_UI__LANGUAGE": "uk"}, "uk"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_language_comes_from_the_environment(environ: dict[str, str | None], language: str) -> None:
    """Ours first, then as POSIX ranks them; English where we do not speak it."""
    assert text("cli.root.help", language).split()[0] in help_of(environ=environ)


@pytest.mark.parametrize("arguments", [("--language", "uk", "sync"), ("sync", "--language=uk")])
def test_the_option_wins_over_the_environment(arguments: tuple[str, ...]) -> None:
    """Before or behind the command."""
    assert text("cli.help.options", "uk") in help_of(*arguments, environ={"LANG": "ru"})


def test_without_arguments_help_is_shown() -> None:
    """Asking is no failure."""
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 0
    assert "b24kpi demo" in result.stdout
