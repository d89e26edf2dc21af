"""What people see of the bulk path: settings, `check`, `sync`; and that nobody sees the key."""

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import Result

from tests.bulk.conftest import KEY
from tests.pipeline.conftest import company
from tests.pipeline.places import Place, opened_place


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A small company, and settings that have the key of its connector."""
    with opened_place(tmp_path_factory.mktemp("keyed"), company(120), further=f'bi_key = "{KEY}"\n') as place:
        place.portal.bi.key = KEY
        yield place


@pytest.fixture
def afresh(keyed: Place) -> Callable[..., Result]:
    """Runs a command on no cache."""

    def run(*arguments: str, **options: str) -> Result:
        for path in keyed.folder.glob("b24kpi.sqlite*"):
            path.unlink()
        return keyed.run(*arguments, **options)

    return run


def test_sync_tells_which_rows_came_in_bulk(keyed: Place, afresh: Callable[..., Result]) -> None:
    """In JSON by number; the end is complete, as ever."""
    result = afresh("sync", "--format", "json", "-v")
    told = json.loads(result.stdout)
    rows = {each["stream"]: each["bulk_rows"] for each in told["streams"]}
    assert (result.exit_code, told["complete"]) == (0, True)
    assert rows["deal"] == len([deal for deal in keyed.state.rows("deal") if deal["IS_RECURRING"] != "Y"])
    assert (rows["lead"], rows["activity"]) == (0, 0)
    assert KEY not in result.stdout + result.stderr


@pytest.mark.parametrize(("language", "word"), [("en", "in bulk"), ("uk", "гуртом"), ("ru", "оптом")])
def test_a_key_that_does_not_work_is_told_and_stops_nothing(
    keyed: Place, afresh: Callable[..., Result], language: str, word: str
) -> None:
    """Under the table, with the remedy; REST reads all."""
    keyed.portal.faults.add("bi_error", "pbi.php", times=-1, code="WRONG_KEY")
    result = afresh("sync", language=language)
    keyed.portal.faults.clear()
    note = result.stdout.splitlines()[-2]
    assert (result.exit_code, word in note, "WRONG_KEY" in note, "bi_key" in note) == (0, True, True, True)
    assert KEY not in result.stdout + result.stderr


def test_check_tries_the_key(keyed: Place) -> None:
    """A line of its own: it works, or why not."""
    good = lines_of_check(keyed)
    keyed.portal.faults.add("bi_error", "pbi.php", code="DISABLED")
    bad = lines_of_check(keyed)
    assert good["bi_key"]["ok"] is True
    assert (bad["bi_key"]["ok"], "DISABLED" in bad["bi_key"]["text"]) == (False, True)


def lines_of_check(place: Place) -> dict[str, dict[str, object]]:
    return {line["id"]: line for line in json.loads(place.run("check", "--format", "json").stdout)["lines"]}


def test_the_cache_knows_nothing_of_the_key(keyed: Place, afresh: Callable[..., Result]) -> None:
    """Nor do the files beside it."""
    afresh("sync")
    for path in keyed.folder.glob("b24kpi.sqlite*"):
        assert KEY.encode() not in path.read_bytes()
