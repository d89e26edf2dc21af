"""A user's own KPIs, from the file in his folder to the entry in the portal."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.conftest import company
from tests.pipeline.places import Place, opened_place, write_settings

ROOT = Path(__file__).parent.parent.parent
SETTINGS = """
[metrics]
folder = "kpis"
[dimensions]
region = "UF_CRM_REGION"
[[report]]
name = "own"
metrics = ["large_deals", "won_deals"]
periods = 2
by = ["", "region"]
"""


def example() -> str:
    """The definitions that README shows."""
    return (ROOT / "README.md").read_text(encoding="utf-8").split("```toml\n[large_deals]")[1].split("```")[0]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A synced company with the example of README among its KPIs."""
    with opened_place(tmp_path_factory.mktemp("own"), company(300), further=SETTINGS) as opened:
        (opened.folder / "kpis").mkdir()
        (opened.folder / "kpis" / "large.toml").write_text("[large_deals]" + example(), encoding="utf-8")
        result = opened.run("sync")
        assert result.exit_code == 0, result.output
        yield opened


def test_the_example_of_readme_counts_what_the_portal_has(place: Place) -> None:
    """By hand, out of the portal's rows: won in the main currency with 50,000 or more."""
    found = json.loads(place.run("report", "large_deals", "--period", "year", "--format", "json").stdout)
    counted = place.state.select(
        "SELECT COUNT(*) FROM deal WHERE STAGE_SEMANTIC_ID = 'S' AND IS_RECURRING = 'N' "
        "AND CURRENCY_ID = 'UAH' AND OPPORTUNITY >= 50000"
    )[0][0]
    others = place.state.select(
        "SELECT COUNT(*) FROM deal AS d JOIN currency AS c ON c.CURRENCY = d.CURRENCY_ID WHERE STAGE_SEMANTIC_ID = 'S' "
        "AND IS_RECURRING = 'N' AND CURRENCY_ID <> 'UAH' AND OPPORTUNITY * AMOUNT / AMOUNT_CNT >= 50000"
    )[0][0]
    assert sum(row["value"] for row in found["values"]) == counted + others > 5


@pytest.mark.parametrize(
    ("language", "name"), [("en", "Large deals"), ("uk", "Великі угоди"), ("ru", "Крупные сделки")]
)
def test_every_command_knows_it(place: Place, language: str, name: str) -> None:
    """By its name in the reader's language, sliced by his own dimension too."""
    report = place.run("report", "large_deals", "--period", "year", "--by", "region", language=language)
    assert name in report.stdout
    assert "Київ" in report.stdout
    explained = place.run("explain", "large_deals", "--period", "2026", language=language)
    assert name in explained.stdout
    assert place.run("metrics", language=language).stdout.count("large_deals") == 1
    assert "region" in place.run("metrics", "large_deals", language=language).stdout
    assert name in place.run("check", language=language).stdout


def test_what_is_no_share_has_no_interval(place: Place) -> None:
    """A numerator above its denominator gives a number all the same, without a claim about chance."""
    wrong = place.folder / "kpis" / "inverse.toml"
    share = "[inverse_share]" + example().split("[large_deal_share]")[1]
    share = share.replace('numerator = "large"', 'numerator = "won"').replace(
        'denominator = "won" ', 'denominator = "large" '
    )
    wrong.write_text(share, encoding="utf-8")
    result = place.run("report", "inverse_share", "--period", "year", "--format", "json")
    wrong.unlink()
    found = [row for row in json.loads(result.stdout)["values"] if row["value"]]
    assert found
    assert all(row["value"] > 1 and row["low"] is None for row in found)


def test_it_is_among_all_metrics_of_a_report(place: Place) -> None:
    """A report without names holds it as it holds ours."""
    found = json.loads(place.run("report", "--format", "json").stdout)
    assert {"large_deals", "large_deal_share"} <= {row["metric"] for row in found["values"]}


def test_it_is_pushed(place: Place) -> None:
    """Under its own name; the second push writes nothing."""
    first = json.loads(place.run("push", "--format", "json").stdout)["sinks"][0]
    second = json.loads(place.run("push", "--format", "json").stdout)["sinks"][0]
    assert first["created"] > 0
    assert (second["created"], second["unchanged"]) == (0, first["created"])
    titles = [row[0] for row in place.state.select("SELECT TITLE FROM item_1030")]
    assert any(title.startswith("Large deals") for title in titles)


@pytest.mark.parametrize("command", [("report",), ("metrics",), ("push",), ("sync",), ("check",)])
def test_a_fault_stops_every_command_before_it_starts(place: Place, command: tuple[str, ...]) -> None:
    """With file and key, as wrong settings do."""
    wrong = place.folder / "kpis" / "wrong.toml"
    wrong.write_text("[large_deals]" + example().replace("closed_day", "closd_day"), encoding="utf-8")
    result = place.run(*command)
    wrong.unlink()
    assert (result.exit_code, result.stdout) == (2, "")
    assert "wrong.toml: large_deals: large.toml has a KPI with this id" in result.stderr
    assert "did you mean 'closed_day'?" in result.stderr


def test_a_report_that_names_what_is_not_there_is_refused(place: Place) -> None:
    """The nearest is looked for among one's own KPIs too."""
    wrong = SETTINGS.replace('"large_deals"', '"large_deal"')
    write_settings(place.settings, place.portal.url, further=wrong)
    result = place.run("report")
    write_settings(place.settings, place.portal.url, further=SETTINGS)
    assert result.exit_code == 2
    assert "'large_deal' is unknown; the nearest known one is 'large_deals'" in result.stderr
