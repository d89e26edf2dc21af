"""Questions that a run keeps from being answered."""

from pathlib import Path

import pytest

from b24kpi.cache.lock import exclusive
from b24kpi.commands.face import Face
from b24kpi.commands.waiting import LONGEST, patiently
from b24kpi.errors import BadInput, CacheError
from tests.pipeline.places import Clock


def busy(path: Path) -> CacheError:
    return CacheError("cache.busy_with", path=str(path), command="sync", process="7")


def test_a_question_is_given_up_after_a_quarter_of_an_hour(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It was said once who is at work; the error says what to do."""
    clock, path = Clock(0.0), tmp_path / "cache.sqlite"

    def ask() -> None:
        raise busy(path)

    with exclusive(path, "sync"), pytest.raises(CacheError, match="Wait for it to finish, or stop it"):
        patiently(Face(), ask, clock=clock)
    assert clock.monotonic() == LONGEST
    assert capsys.readouterr().err.count("b24kpi sync (process") == 1


def test_a_question_is_asked_anew_once_nobody_is_at_work(tmp_path: Path) -> None:
    """Whatever was in its way the first time."""
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        if len(asked) < 3:
            raise busy(tmp_path / "cache.sqlite")
        return len(asked)

    assert patiently(Face(), ask, clock=Clock(0.0)) == 3


@pytest.mark.parametrize("error", [CacheError("cache.empty", path="none.sqlite"), BadInput("cli.bad_day")])
def test_nothing_else_is_waited_for(error: Exception) -> None:
    """A cache that nobody fills stays empty; a wrong question stays wrong."""

    def ask() -> None:
        raise error

    with pytest.raises(type(error)):
        patiently(Face(), ask, clock=Clock(0.0))
