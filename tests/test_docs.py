"""README says what is there: its commands exist, and CI runs exactly its test command."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from b24kpi.cli import COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def shell_lines() -> list[str]:
    return [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.strip().splitlines()]


def test_readme_has_one_command_for_the_demo_and_one_for_the_tests() -> None:
    """Each installs what it needs and runs."""
    demo, tests = shell_lines()
    assert demo.startswith("python3 -m venv")
    assert demo.endswith("b24kpi demo")
    assert tests.startswith("python3 -m venv")
    assert tests.endswith("pytest")


def test_ci_takes_the_test_command_from_readme() -> None:
    """The first line of README that names pytest is the test command, and .ci/run runs that."""
    assert next(line for line in README.splitlines() if "pytest" in line) == shell_lines()[1]
    assert "grep -m1 -F 'pytest' README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`b24kpi ([\w-]+)", README))))
def test_commands_of_readme_exist(command: str) -> None:
    """Nobody is sent to a command that is not there."""
    assert command in COMMANDS


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_in_readme(command: str) -> None:
    """What b24kpi can do is said."""
    assert f"b24kpi {command}" in README


def test_changelog_has_a_section_for_what_is_not_released() -> None:
    """Keep a Changelog."""
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def blocks(text: str) -> set[str]:
    """Blocks of code, without their indentation."""
    return {dedent(block) for block in re.findall(r"^ *```\w+\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)}


def questions(text: str) -> list[str]:
    """The commands that answer questions, in their order: the first one of each row of that table."""
    return re.findall(r"^\|[^|`]+\| `(b24kpi [^`]+)`", text, re.MULTILINE)


@pytest.mark.parametrize("language", ["uk", "ru"])
def test_what_one_types_is_the_same_in_every_language(language: str) -> None:
    """README in other languages is shorter, but of its questions none is missing, and its commands are the same."""
    translated = (ROOT / f"README.{language}.md").read_text(encoding="utf-8")
    assert blocks(translated) <= blocks(README)
    assert questions(translated) == questions(README)
