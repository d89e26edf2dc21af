"""What the company spends."""

import csv
from pathlib import Path

from b24kpi.cost_file import KINDS
from tests.demo_company.conftest import Built


def test_costs_file_has_the_header_of_the_import(built: Built, tmp_path: Path) -> None:
    """The file is what `costs import` takes."""
    path = tmp_path / "costs.csv"
    built.company.write_costs_csv(path)
    rows = list(csv.reader(path.read_text("utf-8").splitlines()))
    assert rows[0] == ["date", "source", "campaign", "amount", "currency", "kind"]
    assert len(rows) == len(built.company.costs) + 1


def test_every_paid_campaign_costs_something_every_month(built: Built) -> None:
    """24 months of six campaigns, in two currencies, all within the company's years."""
    costs = [cost for cost in built.company.costs if cost.kind == "marketing"]
    assert len(costs) == 24 * 6
    assert {cost.currency for cost in costs} == {"UAH", "USD"}
    assert "2023-11-22" <= min(cost.date for cost in costs) <= max(cost.date for cost in costs) <= "2025-11-22"
    assert all(cost.amount > 0 for cost in costs)


def test_sources_and_campaigns_of_costs_are_those_of_leads(built: Built) -> None:
    """Spending can be matched to what it brought."""
    spent = {(cost.source, cost.campaign) for cost in built.company.costs if cost.kind == "marketing"}
    brought = "SELECT DISTINCT SOURCE_ID, UTM_CAMPAIGN FROM lead WHERE UTM_CAMPAIGN IS NOT NULL"
    assert spent == set(built.state.select(brought))


def test_each_other_kind_costs_something_every_month(built: Built) -> None:
    """In the base currency, for no source and no campaign."""
    others = [cost for cost in built.company.costs if cost.kind != "marketing"]
    assert {cost.kind for cost in others} == {*KINDS} - {"marketing"}
    assert len(others) == 24 * 6
    assert {(cost.source, cost.campaign, cost.currency) for cost in others} == {("", "", "UAH")}
    assert all(cost.amount > 0 for cost in others)
