"""`crm-effect` over a synced portal: the same numbers as in reports, in three languages and three forms."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any

import pytest

from b24kpi.app import App, Ask
from b24kpi.facts.crm_figures import COMPARED
from b24kpi.locale import LANGUAGES
from b24kpi.metrics import formula
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.period import Period
from tests.pipeline.conftest import OpenPlace, company
from tests.pipeline.places import Place, opened_place

SETTINGS = """
[marketing]
margin = 0.4
[money]
hourly_rate = 200
[crm]
go_live = 2026-01-01
investment = 100000
subscription = 1500
saved_hours = 20
baseline = { new_leads = 10 }
"""


@dataclass(frozen=True)
class Asked:
    """A synced company whose CRM began with the year, and the application over it."""

    place: Place
    app: App

    def value(self, metric: str, label: str, **where: str) -> Any:
        period = Period.parse(label)
        report = self.app.report(Ask((metric,), period.grain, period.start, period.end, where=where))
        return next(entry.value for entry in report.entries if entry.value.period == period)

    def data(self) -> Any:
        return json.loads(self.place.run("crm-effect", "--format", "json").stdout)


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    with opened_place(tmp_path_factory.mktemp("effect"), company(400), further=SETTINGS) as place, place.app() as app:
        app.sync()
        file = place.folder / "costs.csv"
        place.filled.write_costs_csv(file)
        app.import_costs(file)
        yield Asked(place, app)


@pytest.mark.parametrize("kpi", [name for name in COMPARED if name != "new_leads"])
def test_both_sides_are_explained_by_their_rows(synced: Asked, kpi: str) -> None:
    """What the rows of a side add up to is the figure of that side: of June of this year, and of the one before."""
    found = synced.app.explain("crm_before_after", Period.parse("2026-06"), {"kpi": kpi})
    rows = [row.cells for row in found.included]
    for side, label in (("after", "2026-06"), ("before", "2025-06")):
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for cells in rows:
            if cells["part"].startswith(f"{side}."):
                sums[cells["part"].partition(".")[2]] += Decimal(cells["adds"])
        value, metric = synced.value(kpi, label), find(kpi)
        if metric.durations:
            assert sums["durations"] == value.n > 0
        elif not any(part.distinct for part in metric.measures.values()):
            assert formula.evaluate(
                metric.numerator, {name: Fraction(sum_) for name, sum_ in sums.items()}
            ) == Fraction(value.numerator)
    assert {cells["part"].partition(".")[0] for cells in rows} == {"after", "before"}


def test_a_figure_of_the_settings_has_no_rows(synced: Asked) -> None:
    """Only the side with the CRM is made of leads."""
    found = synced.app.explain("crm_before_after", Period.parse("2026-06"), {"kpi": "new_leads"})
    assert {row.cells["part"] for row in found.included} == {"after.leads"}
    assert len(found.included) == synced.value("new_leads", "2026-06").value


def test_the_sides_are_means_of_the_months_of_the_report(synced: Asked) -> None:
    """April to October of both years (60 days of learning end with March 1), by the report's own values."""
    data = synced.data()
    assert data["after"] == {"from": "2026-04-01", "to": "2026-11-01"}
    assert (data["before"], data["basis"]) == ({"from": "2025-04-01", "to": "2025-11-01"}, "same_months")
    found = next(each for each in data["comparisons"] if each["metric"] == "total_sales")
    for side, year in (("before", 2025), ("after", 2026)):
        months = [synced.value("total_sales", f"{year}-{month:02}").value for month in range(4, 11)]
        assert abs(Decimal(found[side]) - sum(months) / 7) <= Decimal("0.01")


def test_every_compared_kpi_is_there(synced: Asked) -> None:
    """In the order in which they are listed; the given figure is on its side."""
    data = synced.data()
    assert [each["metric"] for each in data["comparisons"]] == list(COMPARED)
    leads = next(each for each in data["comparisons"] if each["metric"] == "new_leads")
    assert (leads["basis"], leads["before"], leads["flags"]) == ("given", 10, ["baseline_given"])


def test_the_kpi_of_reports_says_the_same_of_a_month(synced: Asked) -> None:
    """June 2026 against June 2025."""
    found = synced.value("crm_before_after", "2026-06", kpi="won_deals")
    now, then = (synced.value("won_deals", f"{year}-06").value for year in (2026, 2025))
    assert found.value == pytest.approx((now - then) / then)


def test_the_months_add_up_to_what_has_returned(synced: Asked) -> None:
    """Margin and hours less running cost, and the report's readings are the same."""
    payback = synced.data()["payback"]
    nets = [
        sum(Decimal(month[name]) for name in ("margin", "hours")) - Decimal(month["running"])
        for month in payback["months"]
    ]
    assert [Decimal(month["net"]) for month in payback["months"]] == pytest.approx(nets, abs=Decimal("0.02"))
    assert Decimal(payback["recovered"]) == pytest.approx(list(accumulate(nets))[-1], abs=Decimal("0.1"))
    value = synced.value("crm_payback", "2026-10")
    assert value.extra["recovered"] == Decimal(payback["recovered"])
    assert value.n == len(payback["months"]) == 10


def test_sales_of_the_months_are_those_of_the_report(synced: Asked) -> None:
    """And running cost is the subscription and the imported costs of the CRM."""
    month = next(each for each in synced.data()["payback"]["months"] if each["period"] == "2026-05")
    assert Decimal(month["sales"]) == synced.value("total_sales", "2026-05").value
    paid = sum(Decimal(str(c.amount)) for c in synced.place.filled.costs if c.kind == "crm" and c.date[:7] == "2026-05")
    assert Decimal(month["running"]) == paid + 1500
    assert Decimal(month["hours"]) == 4000


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_speaks_the_reader_s_language(synced: Asked, language: str) -> None:
    """Tables, sentences and notes; every message has its parameters."""
    result = synced.place.run("crm-effect", language=language)
    assert result.exit_code == 0
    assert "2026-04 … 2026-10" in result.stdout
    assert "{" not in result.stdout


def test_rows_of_the_sheet_are_those_of_the_object(synced: Asked) -> None:
    """Comparisons, then months."""
    rows = list(csv.DictReader(synced.place.run("crm-effect", "--format", "csv").stdout.lstrip("\ufeff").splitlines()))
    assert [row["part"] for row in rows] == ["comparison"] * len(COMPARED) + ["month"] * 10


def test_without_settings_the_command_says_what_to_set(opened: OpenPlace) -> None:
    """In the answer for people, and as reasons for programs."""
    place = opened(company(20))
    with place.app() as app:
        app.sync()
    assert "go_live" in place.run("crm-effect").stdout
    data = json.loads(place.run("crm-effect", "--format", "json").stdout)
    assert (data["comparisons"], data["payback"]["reason"]) == ([], "not_configured")


def test_reports_name_the_settings_that_are_missing(opened: OpenPlace) -> None:
    """Not only that something is."""
    place = opened(company(20))
    with place.app() as app:
        app.sync()
    assert "[crm] go_live" in place.run("report", "crm_payback", "crm_before_after").stdout
