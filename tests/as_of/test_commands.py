"""--as-of of the commands: what is asked, what is refused, in the reader's language."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from b24kpi.errors import CacheError
from b24kpi.locale import LANGUAGES, text
from tests.pipeline.conftest import company
from tests.pipeline.places import Place, opened_place
from tests.pipeline.report_contract import faults

DAY = "2026-10-15"


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A company that was read on 21 November 2026 for the first time; read only."""
    with opened_place(tmp_path_factory.mktemp("asked"), company(200)) as place:
        assert place.run("sync").exit_code == 0
        yield place


def told(place: Place, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(place.run(*arguments, "--format", "json").stdout)
    return found


def test_a_report_ends_at_the_moment(synced: Place) -> None:
    """The present period is that of then, none follows it, and every value says that it is restored."""
    report = told(synced, "report", "--as-of", DAY)
    assert report["as_of"] == "2026-10-15T23:59:59+03:00"
    assert max(row["period"] for row in report["values"]) == "2026-10"
    assert all("reconstructed" in row["flags"] for row in report["values"])
    assert faults(report) == []


def test_periods_after_the_moment_have_no_values(synced: Place) -> None:
    """Asked for or not."""
    report = told(synced, "report", "won_deals", "--from", "2026-09-01", "--to", "2027-01-01", "--as-of", DAY)
    assert [row["period"] for row in report["values"]] == ["2026-09", "2026-10"]


def test_young_cohorts_are_young_as_of_then(synced: Place) -> None:
    """September's were, in the middle of October; today they no longer are."""
    asked = ("report", "funnel_conversion", "--from", "2026-09-01", "--to", "2026-10-01")
    (then,), (now,) = told(synced, *asked, "--as-of", "2026-10-02")["values"], told(synced, *asked)["values"]
    assert ("immature" in then["flags"], "immature" in now["flags"]) == (True, False)
    assert {"nowcast", "eventual"} <= then.keys()


def test_later_wins_are_not_explained(synced: Place) -> None:
    """The rows behind the number of then lie before the moment."""
    found = told(synced, "explain", "won_deals", "--period", "2026-10", "--as-of", DAY)
    assert found["included"]
    assert max(row["closed_day"] for row in found["included"]) <= DAY
    assert found["value"]["value"] == len(found["included"])


def test_why_sees_what_was_seen(synced: Place) -> None:
    """The period was not over, and says so."""
    found = told(synced, "why", "total_sales", "--period", "2026-10", "--as-of", DAY)
    assert (found["unfinished"], "reconstructed" in found["flags"]) == (True, True)
    assert found["as_of"] == "2026-10-15T23:59:59+03:00"
    assert told(synced, "why", "total_sales", "--period", "2026-10")["after"] != found["after"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_restored_values_are_marked_for_people(synced: Place, language: str) -> None:
    """With a note that tells what that means."""
    shown = synced.run("report", "won_deals", "--as-of", DAY, language=language).stdout
    assert text("report.flag.reconstructed", language) in shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", "0001-01-01", "9999-12-31", "2026-10-15T25:00", ""])
def test_what_is_no_moment_is_refused(synced: Place, moment: str, language: str) -> None:
    """With the forms that are."""
    result = synced.run("report", "--as-of", moment, language=language)
    assert result.exit_code == 2
    assert "2026-06-15T18:00+03:00" in result.stderr


def test_a_period_that_had_not_begun_cannot_be_explained(synced: Place) -> None:
    """There is no such number."""
    result = synced.run("explain", "won_deals", "--period", "2026-11", "--as-of", DAY)
    assert (result.exit_code, "had not begun" in result.stderr) == (2, True)


@pytest.mark.parametrize("moment", ["2026-11-21", "2026-11-21T12:30:00", "2030-01-01", "2026-11-21T10:30:00+00:00"])
def test_today_and_later_are_the_present_report(synced: Place, moment: str) -> None:
    """Nothing is restored."""
    asked = ("report", "won_deals", "win_rate")
    assert told(synced, *asked, "--as-of", moment) == told(synced, *asked)


def test_a_cache_that_was_never_filled_knows_of_no_moment(synced: Place) -> None:
    """The same answer as without a moment."""
    with synced.app("empty.sqlite") as app, pytest.raises(CacheError, match="b24kpi sync"):
        app.report(as_of=date(2026, 10, 15))
