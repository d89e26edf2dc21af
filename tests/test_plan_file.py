"""A file of plans: what is read from it, and that every fault is named at once."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from b24kpi.cache.plans import replace_plans
from b24kpi.cache.store import Store
from b24kpi.errors import BadInput
from b24kpi.metrics.catalogue import find, load
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.targets import Targets
from b24kpi.plan_file import Plan, read_plans
from b24kpi.problems import Problems

KNOWN = {"department": {"10"}, "user": {"5", "6"}, "category": {"0"}, "product": None}
JUNE = Period.parse("2026-06")


def read(tmp_path: Path, text: str) -> list[Plan]:
    path = tmp_path / "plans.csv"
    path.write_text(text, encoding="utf-8")
    return read_plans(path, load(), KNOWN)


def faults(tmp_path: Path, text: str) -> list[tuple[str, int]]:
    with pytest.raises(Problems) as caught:
        read(tmp_path, text)
    return [(problem.message_id, problem.params["line"]) for problem in caught.value.problems]


def test_periods_by_name_and_by_days(tmp_path: Path) -> None:
    """A month, a quarter, half-open days, and days as spreadsheets write them."""
    text = "metric,period,from,to,amount\nwon_deals,2026-06,,,5\nwon_deals,2026-Q3,,,15\n"
    text += "won_deals,,2026-06-01,2026-06-15,2\nwon_deals,,15.06.2026,01.07.2026,3\n"
    assert [(plan.from_day, plan.to_day) for plan in read(tmp_path, text)] == [
        (20260601, 20260701),
        (20260701, 20261001),
        (20260601, 20260615),
        (20260615, 20260701),
    ]


def test_amounts_are_kept_in_the_units_of_the_table(tmp_path: Path) -> None:
    """Hundredths of money, ten-thousandths of numbers and rates, seconds of days."""
    text = "amount,metric,period\n1 250.5,total_sales,2026-06\n5,won_deals,2026-06\n0.4,win_rate,2026-06\n"
    text += "45%,win_rate,2026-07\n1.5,sales_cycle,2026-06\n"
    assert [plan.amount for plan in read(tmp_path, text)] == [125_050, 50_000, 4_000, 4_500, 129_600]


def test_semicolons_bring_a_decimal_comma(tmp_path: Path) -> None:
    """As a spreadsheet in Ukraine saves it, byte order mark and blanks included."""
    assert read(tmp_path, "\ufeffMetric;Period;Amount\ntotal_sales;2026-06;1\u00a0250,50\n\n")[0].amount == 125_050


def test_scopes_name_who_is_meant(tmp_path: Path) -> None:
    """Company without a value, others by their ids, products by any."""
    text = "metric,period,scope,scope_value,amount\ntotal_sales,2026-06,,,9\ntotal_sales,2026-06,Company,,9\n"
    assert faults(tmp_path, text) == [("plans.twice", 3)]
    text = "metric,period,scope,scope_value,amount\ntotal_sales,2026-06,user,5,9\ntotal_sales,2026-06,product,31,9\n"
    assert [(p.scope, p.scope_value) for p in read(tmp_path, text)] == [("user", "5"), ("product", "31")]


FAULTY = """metric,period,from,to,scope,scope_value,amount
total_sale,2026-06,,,,,1
total_sales,June,,,,,1
total_sales,,,,,,1
total_sales,2026-06,2026-06-01,2026-07-01,,,1
total_sales,,2026-07-01,2026-06-01,,,1
total_sales,,2026-06-31,2026-07-01,,,1
total_sales,2026-06,,,team,1,1
total_sales,2026-06,,,company,1,1
total_sales,2026-06,,,user,77,1
crr,2026-06,,,product,1,1
total_sales,2026-06,,,,,much
total_sales,2026-06,,,,,-5
total_sales,2026-06,,,,,25%
total_sales,2026-06,1
"""


def test_every_wrong_row_is_named(tmp_path: Path) -> None:
    """All at once, with the line; nothing of the file is taken."""
    kinds = [
        *("unknown_metric", "bad_period", "no_period", "no_period", "backwards", "bad_date", "unknown_scope"),
        *("company_value", "unknown_value", "not_sliced", "bad_amount", "negative", "bad_amount", "cells"),
    ]
    assert faults(tmp_path, FAULTY) == [(f"plans.{kind}", line) for line, kind in enumerate(kinds, 2)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "plans.empty"),
        ("metric,amount\n", "plans.missing_columns"),
        ("metric,from,amount\n", "plans.missing_columns"),
        ("metric,period,amount,note\n", "plans.unknown_columns"),
        ("metric,period,amount\n", "plans.no_rows"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """With what is wrong with it as a whole."""
    with pytest.raises(BadInput) as caught:
        read(tmp_path, text)
    assert caught.value.message_id == message


def test_a_new_file_replaces_the_plans(tmp_path: Path) -> None:
    """Nothing of the former ones stays."""
    with Store(":memory:") as store:
        for amount in (5, 7):
            replace_plans(store, read(tmp_path, f"metric,period,amount\nwon_deals,2026-06,{amount}\n"))
        assert store.query("SELECT metric, amount FROM plan") == [("won_deals", 70_000)]
        assert Targets.of_store(store).number(find("won_deals"), JUNE, {}) == 7


# --- targets


def targets(*plans: tuple[str, int, int, int]) -> Targets:
    found: dict[tuple[str, str, str], dict[tuple[int, int], int]] = {}
    for metric, start, end, amount in plans:
        found.setdefault((metric, "company", ""), {})[start, end] = amount
    return Targets(found)


def test_sums_are_planned_by_parts(tmp_path: Path) -> None:
    """Half months make the month, with a gap they do not; a plan of just the period goes before its parts."""
    halves = (("total_sales", 20260601, 20260616, 100), ("total_sales", 20260616, 20260701, 50))
    metric = find("total_sales")
    assert targets(*halves).amount(metric, JUNE, {}) == 150
    assert targets(halves[0]).amount(metric, JUNE, {}) is None
    assert targets(("total_sales", 20260601, 20260701, 0)).number(metric, JUNE, {}) is None
    assert targets(*halves, ("total_sales", 20260601, 20260701, 90)).amount(metric, JUNE, {}) == 90
    assert targets(*halves).amount(metric, Period.containing(date(2026, 6, 1), Grain.WEEK), {}) is None


@pytest.mark.parametrize("name", ["win_rate", "aov", "base", "new_customer_growth"])
def test_what_is_no_sum_is_not_added_up(name: str) -> None:
    """Rates, averages, and what stands at a moment."""
    parts = targets((name, 20260601, 20260616, 4_000), (name, 20260616, 20260701, 4_000))
    assert parts.amount(find(name), JUNE, {}) is None


def test_a_plan_is_for_one_value_of_one_dimension() -> None:
    """Not for others, not for several dimensions at once."""
    plans = Targets({("total_sales", "user", "5"): {(20260601, 20260701): 100}})
    metric = find("total_sales")
    assert plans.amount(metric, JUNE, {"manager": "5"}) == Fraction(100)
    others = ({}, {"manager": "6"}, {"source": "5"}, {"manager": "5", "source": "WEB"})
    assert {plans.amount(metric, JUNE, by) for by in others} == {None}
