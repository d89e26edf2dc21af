"""`b24kpi reconcile`: the same bridge in every form, in every language; deals laid by hand."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from b24kpi import locale
from b24kpi.cache.journal import Journal, StreamState
from b24kpi.cache.store import Store
from b24kpi.cli import main
from b24kpi.locale import LANGUAGES
from tests.web.pages.site import filled
from tests.web.pages.test_reconciliation import MONTH, lay

CAUSES = {"dated_elsewhere": 1, "won_elsewhere": -1, "won_again": -1, "no_day": 1, "recurring": -1, "rate": 0}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine deals, six of which count otherwise in Bitrix24."""
    return filled(tmp_path_factory.mktemp("reconcile"), change=lay).cache.path


def asked(cache: Path, *arguments: str, language: str = "en") -> Result:
    settings = cache.parent / "settings.toml"
    return CliRunner().invoke(main, ["reconcile", *arguments, "--settings", str(settings), "--language", language])


def test_json_goes_from_their_number_to_ours(cache: Path) -> None:
    """By causes, and by the deals of each; money as texts."""
    result = asked(cache, "--period", MONTH.label, "--format", "json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["schema"], found["period"]) == (0, 1, MONTH.label)
    assert found["bitrix24"] == {"deals": 5, "money": "6200.00"}
    assert found["b24kpi"] == {"deals": 4, "money": "5500.00"}
    assert {each["cause"]: each["deals"] for each in found["causes"]} == CAUSES
    assert [each["deal_id"] for each in found["deals"]] == [2, 3, 9, 4, 5, 6]
    assert found["deals"][-1]["change"] == {"deals": 0, "money": "-200.00"}


def test_csv_has_a_row_for_each_deal(cache: Path) -> None:
    """Their money and ours differ by its change."""
    rows = list(csv.DictReader(asked(cache, "--period", MONTH.label, "--format", "csv").stdout.splitlines()))
    assert {row["cause"] for row in rows} == set(CAUSES)
    for row in rows:
        assert float(row["b24kpi_money"]) - float(row["bitrix24_money"]) == float(row["change_money"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_names_causes_and_deals(cache: Path, language: str) -> None:
    """In the reader's words, so many deals as are wanted, and how many more there are."""
    text = asked(cache, "--period", MONTH.label, "--limit", "4", language=language).stdout
    for cause in CAUSES:
        assert locale.text(f"reconciliation.cause.{cause}", language) in text
    assert locale.text("reconciliation.more", language, count=2) in text
    assert MONTH.label in text.splitlines()[0]


def test_numbers_that_agree_are_said_to(cache: Path) -> None:
    """There is no deal to name."""
    text = asked(cache, "--period", "2024-01").stdout
    assert locale.text("reconciliation.same", "en") in text
    assert locale.text("reconciliation.differing", "en") not in text


def test_the_last_complete_month_is_meant_where_none_is_named(cache: Path) -> None:
    """The data end with it."""
    assert asked(cache).stdout.splitlines()[0].endswith("2026-11")


def test_what_bitrix24_does_not_cut_by_is_wrong_usage(cache: Path) -> None:
    """With what it does."""
    result = asked(cache, "--where", "currency=UAH")
    assert (result.exit_code, "pipeline, manager, source" in result.stderr) == (2, True)


def test_a_stream_that_could_not_be_read_is_told(tmp_path: Path) -> None:
    """The exit code says that something is missing."""
    path = filled(tmp_path, change=lay).cache.path
    with Store(path) as store:
        Journal(store).save(StreamState("deal_step", "no_permission"))
    result = asked(path, "--period", MONTH.label)
    assert result.exit_code == 3
    assert locale.text("report.stream.deal_step", "en") in result.stdout
