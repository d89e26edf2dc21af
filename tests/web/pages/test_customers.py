"""Customers: how the base moved adds up, and who is worth calling is told by his own rhythm."""

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date
from html import unescape

import pytest

from b24kpi.metrics.cohorts import Kind
from b24kpi.metrics.period import Grain
from b24kpi.report.cohorts import CohortAsk
from b24kpi.report.customer_outlook import CustomerLine, customers_ahead
from b24kpi.report.wording import Wording
from b24kpi.web.pages.downloads import workbook
from b24kpi.web.pages.model import Cell, Grid, Head, Screen
from b24kpi.web.viewer import Viewer
from tests.case_rows import Rows, moment
from tests.event_logs import ZONE
from tests.metrics.test_margin import purchases
from tests.sql_engine import SqlEngine
from tests.web.pages.site import PERIOD, Site

ENGLISH = Viewer(1, "", "en", sees_all=True)
SILENT = CustomerLine("contact:1", 4, date(2026, 5, 1), 20.0, 30, 0.2, 0.4, 2.0, 100, 200)


def test_the_base_at_the_end_is_that_before_with_who_came_without_who_left(site: Site) -> None:
    """In every column of the table."""
    response = site.client(ENGLISH).get(f"/kpi/customers?period={PERIOD}&format=csv&table=base-moves")
    head, *rows = csv.reader(response.get_data().decode("utf-8-sig").splitlines())
    columns = list(zip(*([int(cell) for cell in row[1:]] for row in rows), strict=True))
    assert len(columns) == len(head) - 1 == 6
    for start, new, back, lost, end in columns:
        assert start + new + back - lost == end
    assert any(sum(column) for column in columns)


def test_the_value_of_customers_is_that_of_the_cohorts(site: Site) -> None:
    """The bold line is all cohorts together, the thin ones end with the last month that is over."""
    html = site.client(ENGLISH).get(f"/kpi/customers?period={PERIOD}").text
    found = re.search(r'id="figure-value-curves">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    *thin, bold = json.loads(unescape(found[1]))["data"]
    with site.context.open_answers("en") as answers:
        table = answers.cohorts(CohortAsk(Kind.LTV, Grain.MONTH, 12))
    assert bold["y"] == pytest.approx([float(cell.value) / 100 for cell in table.together])
    known = {cohort.period.label: [cell for cell in cohort.cells if cell.is_over] for cohort in table.cohorts}
    assert {line["name"]: len(line["y"]) for line in thin} == {
        k: len(each) for k, each in known.items() if len(each) > 1
    }


def test_a_workbook_leads_to_the_cards_of_customers() -> None:
    """Whoever calls opens them from the list."""
    card = Cell("company 7", path="/crm/company/details/7/")
    screen = Screen("customers", "Customers", 0.0, "", (Grid("sleeping", "Sleeping", (Head("Customer"),), ((card,),)),))
    with zipfile.ZipFile(io.BytesIO(workbook(screen, Wording("en", "UAH"), "https://demo.bitrix24.ua"))) as book:
        links = book.read("xl/worksheets/_rels/sheet1.xml.rels").decode()
    assert "https://demo.bitrix24.ua/crm/company/details/7/" in links


@pytest.mark.parametrize(
    ("changed", "is_sleeping"),
    [({}, True), ({"silent": 29}, False), ({"alive": 0.19}, False), ({"gap": None, "visits": 1}, False)],
)
def test_who_is_overdue_by_his_own_rhythm_is_worth_calling(changed: dict[str, float | None], is_sleeping: bool) -> None:
    """Silent for one and a half of his own gaps, but not yet rather gone than not; of one visit nobody can tell."""
    assert replace(SILENT, **changed).is_sleeping is is_sleeping  # type: ignore[arg-type]


def test_the_rhythm_is_that_of_the_purchases() -> None:
    """Days from the first to the last visit by the number of gaps between, and days since."""
    deals = purchases()
    as_of = moment("2026-01-01", ZONE) - 1
    tables = Rows(ZONE).tables({"deal": deals})
    engine = SqlEngine.over(tables, time_zone=ZONE.key, as_of=as_of, report_currency="UAH").engine
    lines = {line.customer: line for line in customers_ahead(engine, {}, currency="UAH").lines}
    for customer in range(1, 40):
        days = sorted({date.fromisoformat(deal["steps"][0][0]) for deal in deals if deal["contact_id"] == customer})
        line = lines[f"contact:{customer}"]
        gap = (days[-1] - days[0]).days / (len(days) - 1) if len(days) > 1 else None
        assert (line.visits, line.last, line.silent) == (len(days), days[-1], (date(2025, 12, 31) - days[-1]).days)
        assert line.gap == (None if gap is None else pytest.approx(gap))
        assert (line.alive < line.fresh) == (line.silent > 0 and line.visits > 1)
