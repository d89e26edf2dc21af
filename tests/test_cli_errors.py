"""What goes wrong on the command line: one message on stderr, in the reader's language, with the promised exit code."""

import signal
import socket
import subprocess
import sys
from pathlib import Path
from time import sleep

import pytest
from click.testing import CliRunner, Result
from sqlite_utils.utils import sqlite3

from b24kpi.cli import Root, main
from b24kpi.commands.face import Command
from b24kpi.commands.session import stoppable
from b24kpi.errors import CacheError, Interrupted

SECRET = "s3cretc0de"


def run(*arguments: str, **environ: str) -> Result:
    silent: dict[str, str | None] = {"LC_ALL": None, "LC_MESSAGES": None, "LANG": None}
    return CliRunner().invoke(main, list(arguments), env=silent | environ)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["repot"], "there is no command 'repot'; did you mean report?"),
        (["costs", "imprt"], "there is no command 'imprt'; did you mean import?"),
        (["sync", "--ful"], "there is no option --ful; did you mean --full?"),
        (["report", "--period", "moon"], "--period must be one of: day, week, month, quarter, year"),
        (["explain", "win_rate"], "--period is missing"),
        (["explain"], "METRIC is missing"),
        (["portal", "--port", "x"], "--port must be a whole number"),
        (["sync", "--language", "de"], "--language must be one of: uk, ru, en"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], message: str) -> None:
    """What is wrong, and where help is."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "--help" in result.stderr
    assert result.stdout == ""


def test_wrong_usage_is_told_in_the_language_of_the_reader() -> None:
    """click itself speaks English only."""
    assert "Помилка: немає команди 'repot'; можливо, ви мали на увазі report?" in run("repot", LANG="uk_UA").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "--from", "1.6.2026"], "'1.6.2026' is not a date"),
        (["report", "--from", "2026-06-02", "--to", "2026-06-02"], "has no day"),
        (["report", "--where", "manager"], "'manager' is not a condition"),
        (["report", "--output", "kpi.pdf"], "the ending names no known form"),
        (["explain", "win_rate", "--period", "June"], "not a period"),
        (["metrics", "win_rat"], "win_rate"),
        (["sync"], "B24KPI_PORTAL__WEBHOOK_URL"),
        (["push"], "b24kpi init"),
        (["daemon"], "b24kpi init"),
        (["report", "--settings", "none.toml"], "none.toml"),
        (["portal", "--company", "acme"], "there is no company 'acme'; known: default, empty"),
    ],
)
def test_wrong_input_ends_with_2(folder: Path, arguments: list[str], message: str) -> None:
    """Refused before anything is written."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("Error: ")
    assert message in result.stderr
    assert list(folder.iterdir()) == []


def test_errors_speak_the_language_of_the_settings(folder: Path) -> None:
    """Once they are read, and unless the option asks for another."""
    (folder / "settings.toml").write_text('[ui]\nlanguage = "uk"', encoding="utf-8")
    assert run("sync", LANG="ru").stderr.startswith("Помилка: ")
    assert run("sync", "--language", "en", LANG="ru").stderr.startswith("Error: ")


def failing(error: BaseException) -> Root:
    """Our command line with one command, which fails."""

    def fail() -> None:
        raise error

    class Failing(Root):
        def get_command(self, ctx: object, name: str) -> Command:
            return Command(name, callback=fail)

    return Failing("b24kpi", params=main.params)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CacheError("cache.empty", path="x"), 1),
        (Interrupted("cli.interrupted"), 130),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("division by zero"), 1),
    ],
)
def test_each_failure_has_its_exit_code(error: BaseException, code: int) -> None:
    """Scripts go by it."""
    assert CliRunner().invoke(failing(error), ["sync"]).exit_code == code


def test_a_fault_of_ours_is_one_line() -> None:
    """What it was, and how to tell us."""
    result = CliRunner().invoke(failing(ZeroDivisionError("oops")), ["sync"], env={"LANG": "en"})
    assert result.stderr.startswith("Error: b24kpi stopped on a fault of its own: ZeroDivisionError: oops.")
    assert result.stderr.count("\n") == 1


def test_tracebacks_are_shown_on_request_without_secrets() -> None:
    """With -v, the webhook's code hidden."""
    error = ValueError(f"cannot reach https://a.bitrix24.eu/rest/1/{SECRET}/profile")
    result = CliRunner().invoke(failing(error), ["-v", "sync"])
    assert "Traceback" in result.stderr
    assert SECRET not in result.output


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_ends_with_130(tmp_path: Path) -> None:
    """Even while the portal is silent; the first asks kindly, the second does not."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/rest/1/{SECRET}/"
        command = [sys.executable, "-m", "b24kpi", "sync", "--language", "en"]
        environ = {"B24KPI_PORTAL__WEBHOOK_URL": url, "PATH": ""}
        with subprocess.Popen(command, cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True) as process:
            silent.settimeout(20)
            with silent.accept()[0]:
                process.send_signal(signal.SIGINT)
                sleep(0.3)
                process.send_signal(signal.SIGINT)
                errors = process.communicate(timeout=20)[1]
    assert process.returncode == 130
    assert "Interrupted" in errors
    assert SECRET not in errors


def test_an_interrupt_amid_a_function_of_sql_is_none_of_its_faults() -> None:
    """SQLite says of it, as of any fault there, that the function failed; a fault without an interrupt is told."""
    connection = sqlite3.connect(":memory:")
    connection.create_function("interrupted", 0, lambda: signal.raise_signal(signal.SIGINT))
    connection.create_function("broken", 0, lambda: 1 / 0)
    with pytest.raises(KeyboardInterrupt), stoppable(gently=False):
        connection.execute("SELECT interrupted()")
    with pytest.raises(sqlite3.OperationalError), stoppable(gently=False):
        connection.execute("SELECT broken()")
    connection.close()
