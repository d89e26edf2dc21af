"""`b24kpi forecast` over a synced company: its numbers add up, in every form and language."""

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from b24kpi.app import App
from b24kpi.cache.store import Store
from b24kpi.locale import LANGUAGES, text
from b24kpi.metrics.analyses import sales_forecast
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query
from b24kpi.metrics.period import Period
from b24kpi.report.forecast import Forecast, ForecastAsk
from tests.pipeline.conftest import company
from tests.pipeline.places import NOW, Place, opened_place

DEALS = 1500


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A synced company."""
    with opened_place(tmp_path_factory.mktemp("forecast"), company(DEALS)) as found:
        with found.app() as app:
            assert app.sync().complete
        yield found


@pytest.fixture(scope="module")
def app(place: Place) -> Iterator[App]:
    with place.app() as found:
        yield found


@pytest.fixture(scope="module")
def found(app: App) -> Forecast:
    return app.forecast(ForecastAsk())


def money(row: dict[str, Any], name: str) -> Decimal:
    return Decimal(row[name])


def shown(place: Place, *arguments: str, language: str = "en") -> str:
    done = place.run("forecast", *arguments, language=language)
    assert done.exit_code == 0, done.output
    return done.stdout.replace("\xa0", " ")


def test_the_present_month_and_three_more_are_forecast(found: Forecast) -> None:
    """Each within its interval."""
    assert [line.value.period.label for line in found.lines] == ["2026-11", "2026-12", "2027-01", "2027-02"]
    for line in found.lines:
        low, high = (float(line.value.extra[name] or 0) for name in ("low80", "high80"))
        assert low <= float(line.value.value or 0) <= high


def test_a_forecast_is_the_sum_of_its_parts(found: Forecast) -> None:
    """Won so far, open deals, new business, to the cent of rounding each."""
    for line in found.lines:
        parts = sum(Decimal(str(line.value.extra[name])) for name in ("won_so_far", "open_deals", "new_business"))
        assert abs(Decimal(str(line.value.value)) - parts) <= Decimal("0.02")


def test_what_is_won_so_far_is_what_the_report_says(app: App, found: Forecast) -> None:
    """The same wins."""
    from b24kpi.app import Ask

    report = app.report(Ask(("total_sales",), start=found.lines[0].value.period.start))
    assert report.entries[-1].value.value == found.lines[0].value.extra["won_so_far"]


def test_stages_add_up_to_the_open_deals(found: Forecast) -> None:
    """As many deals, and as much expected of them."""
    assert sum(each.deals for each in found.stages) == found.lines[0].value.n
    expected = sum(each.expected for each in found.stages) / 100
    assert expected == pytest.approx(float(found.lines[0].value.extra["open_deals"] or 0), abs=0.01)


@pytest.mark.parametrize("label", ["2026-11", "2026-09", "2026-12"])
@pytest.mark.parametrize("where", [{}, {"source": "WEB"}])
def test_rows_of_a_forecast_add_up_to_it(place: Place, app: App, label: str, where: dict[str, str]) -> None:
    """Wins so far, open deals by their chances and new business, to the cent; each says why it is in."""
    query = Query(find("sales_forecast"), (Period.parse(label),), (), where)
    with Store(place.cache) as store:
        engine = Engine(store, app.zone, NOW)
        (value,) = engine.values(query)
        rows = [row for _, row in sales_forecast.rows(engine, query, {})]
    assert sum(Decimal(str(row["adds"])) for row in rows) == value.value
    assert len(rows) > value.n
    assert all(text(row["why"], "uk") for row in rows)
    assert abs(Decimal(str(rows[-1]["adds"])) - Decimal(str(value.extra["new_business"] or 0))) < 2


def test_later_stages_of_the_main_pipeline_have_better_chances(found: Forecast) -> None:
    """The last one's are better than the first one's."""
    main = [each.expected / each.amount for each in found.stages if each.pipeline == "0"]
    assert main[0] < main[-1]


def test_earlier_forecasts_are_shown_beside_what_came(app: App, found: Forecast) -> None:
    """What came is what the report says of the month."""
    from b24kpi.app import Ask

    assert found.tested
    first = found.tested[0].period
    report = app.report(Ask(("total_sales",), start=first.start, end=first.end))
    assert report.entries[0].value.value == found.tested[0].extra["actual"]
    assert found.error is not None
    assert 0 < found.error < 1


def test_slices_have_open_deals_of_the_whole(app: App, found: Forecast) -> None:
    """No deal is lost or counted twice."""
    by_source = app.forecast(ForecastAsk(by=("source",)))
    mine = [line.value for line in by_source.lines if line.value.period.label == "2026-11"]
    assert sum(value.n for value in mine) == found.lines[0].value.n
    total = sum(float(value.extra["won_so_far"] or 0) for value in mine)
    assert total == pytest.approx(float(found.lines[0].value.extra["won_so_far"] or 0))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_is_shown_in_each_language(place: Place, language: str) -> None:
    """With the sentences above and the definition below, and every text there."""
    output = shown(place, language=language)
    assert text("forecast.column.new_business", language) in output
    assert text("forecast.made_of", language) in output
    assert "forecast." not in output


def test_json_holds_everything(place: Place) -> None:
    """Moneys as texts, which add up; sentences in the reader's language."""
    data = json.loads(shown(place, "--format", "json", language="uk"))
    first = data["forecast"][0]
    parts = sum(money(first, name) for name in ("won_so_far", "open_deals", "new_business"))
    assert abs(money(first, "value") - parts) <= Decimal("0.02")
    assert data["text"][0].startswith("За 2026-11 очікується")
    assert {"stages", "tested", "trend", "season", "backtest_error"} <= data.keys()


def test_csv_has_a_row_for_each_period_and_slice(place: Place) -> None:
    """Numbers without grouping, names of the slices beside their ids."""
    rows = list(csv.DictReader(StringIO(shown(place, "--by", "manager", "--ahead", "1", "--format", "csv"))))
    assert {row["period"] for row in rows} == {"2026-11", "2026-12"}
    assert all(row["by.manager"] and float(row["value"]) >= 0 for row in rows)
    assert any(row["label.manager"] for row in rows)


def test_customers_are_told_with_their_chances(place: Place) -> None:
    """The most valuable first; probabilities between 0 and 1; the check beside them."""
    data = json.loads(shown(place, "--customers", "--format", "json"))
    values = [Decimal(row["value"]) for row in data["customers"]]
    assert values == sorted(values, reverse=True)
    assert all(0 <= row["alive"] <= 1 and row["purchases"] >= 0 for row in data["customers"])
    assert data["holdout_actual"] > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_customers_are_shown_in_each_language(place: Place, language: str) -> None:
    """25 of them at most."""
    output = shown(place, "--customers", language=language)
    assert text("forecast.customer.alive", language) in output
    assert 5 < sum(line.startswith(("company:", "contact:")) for line in output.splitlines()) <= 25


def test_customers_of_an_empty_slice_are_not_invented(place: Place) -> None:
    """Nothing is known of those whom nobody won."""
    output = shown(place, "--customers", "--where", "manager=424242")
    assert text("report.reason.no_events", "en") in output


def test_a_dimension_that_forecasts_do_not_have_is_refused(place: Place) -> None:
    """With those that they have."""
    for arguments in (("--by", "currency"), ("--customers", "--where", "currency=UAH")):
        done = place.run("forecast", *arguments, language="en")
        assert done.exit_code == 2
        assert "manager" in done.stderr
