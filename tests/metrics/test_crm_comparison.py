"""Intervals of the differences before and after the CRM, against scipy and published figures."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from scipy import stats

from b24kpi.metrics.crm_comparison import Comparison, compare
from b24kpi.metrics.crm_windows import Basis, Span, after_span, counterpart, first_month
from tests.case_rows import Rows, moment
from tests.event_logs import ZONE
from tests.sql_engine import SqlEngine

GO_LIVE = date(2026, 1, 1)
AFTER = (100.0, 180.0, 90.0, 240.0)
BEFORE = (80.0, 120.0, 95.0, 150.0)
SPRING = Span(date(2026, 3, 1), date(2026, 7, 1))


def won(year: int, month: int, amount: float, stage: str = "WON") -> dict[str, Any]:
    return {"amount": amount, "steps": [[f"{year}-{month:02}-02", "NEW"], [f"{year}-{month:02}-05", stage]]}


def months(year: int, amounts: Sequence[float], first: int = 3) -> list[dict[str, Any]]:
    return [won(year, first + number, amount) for number, amount in enumerate(amounts)]


def compared(name: str, deals: list[dict[str, Any]], **crm: Any) -> Comparison:
    """March to June 2026 beside what was before."""
    engine = SqlEngine.over(
        Rows(ZONE).tables({"deal": deals}),
        time_zone=ZONE.key,
        as_of=moment("2026-07-01", ZONE),
        report_currency="UAH",
        crm={"go_live": GO_LIVE, **crm},
    ).engine
    pair = (SPRING, counterpart(SPRING, GO_LIVE, first_month(engine)))
    (found,) = compare(engine, name, [pair], date(2020, 1, 1))
    return found


def bounds(found: Comparison) -> tuple[float | None, float | None]:
    return found.low, found.high


def test_the_same_months_are_compared_in_pairs() -> None:
    """The paired t interval of scipy."""
    early = won(2025, 2, 1)
    found = compared("total_sales", [early, *months(2025, BEFORE), *months(2026, AFTER)])
    expected = stats.ttest_rel(AFTER, BEFORE).confidence_interval()
    assert found.basis is Basis.SAME_MONTHS
    assert found.difference == pytest.approx(41.25)
    assert bounds(found) == pytest.approx((expected.low, expected.high))


def test_other_months_are_compared_as_two_samples() -> None:
    """Welch's interval of scipy: only October to December are known from before."""
    lead_in = won(2025, 9, 1)
    found = compared("total_sales", [lead_in, *months(2025, BEFORE[:3], 10), *months(2026, AFTER)])
    expected = stats.ttest_ind(AFTER, BEFORE[:3], equal_var=False).confidence_interval()
    assert found.basis is Basis.OTHER_MONTHS
    assert bounds(found) == pytest.approx((expected.low, expected.high))
    assert "other_months" in found.flags


def test_a_given_figure_is_compared_with_one_sample() -> None:
    """The interval of the months' mean, less the figure; it has no spread of its own."""
    found = compared("total_sales", months(2026, AFTER), baseline={"total_sales": Fraction(10_000)})
    expected = stats.ttest_1samp(AFTER, 0).confidence_interval()
    assert bounds(found) == pytest.approx((expected.low - 100, expected.high - 100))
    assert "baseline_given" in found.flags


def test_shares_are_compared_by_newcombe() -> None:
    """56 of 70 against 48 of 80: .0524 to .3339 (Newcombe 1998, table II)."""
    deals = [won(2026, 4, 1)] * 56 + [won(2026, 4, 1, "LOSE")] * 14
    deals += [won(2025, 4, 1)] * 48 + [won(2025, 4, 1, "LOSE")] * 32
    found = compared("win_rate", [won(2025, 2, 1), *deals])
    assert [round(bound or 0, 4) for bound in bounds(found)] == [0.0524, 0.3339]
    assert (found.n, found.is_clear) == (70, True)


def test_one_month_has_no_interval() -> None:
    """Nothing tells how much months differ by chance."""
    found = compared("total_sales", [won(2025, 11, 1), won(2025, 12, 80)])
    assert (found.low, found.high, found.is_clear) == (None, None, None)


def test_a_history_that_begins_later_is_told() -> None:
    """The stages before the CRM are not in the portal, those after are; leads need none."""
    engine = SqlEngine.over(
        Rows(ZONE).tables({"deal": [won(2025, 2, 1), *months(2025, BEFORE), *months(2026, AFTER)]}),
        time_zone=ZONE.key,
        as_of=moment("2026-07-01", ZONE),
        report_currency="UAH",
        crm={"go_live": GO_LIVE},
    ).engine
    pair = (SPRING, counterpart(SPRING, GO_LIVE, first_month(engine)))
    flags = {name: compare(engine, name, [pair], GO_LIVE)[0].flags for name in ("total_sales", "new_leads")}
    assert ("coverage_differs" in flags["total_sales"], "coverage_differs" in flags["new_leads"]) == (True, False)


WINDOWS: Mapping[str, tuple[date, int, date, Span | None]] = {
    "too early": (date(2026, 5, 1), 60, date(2026, 7, 31), None),
    "first month": (date(2026, 5, 1), 60, date(2026, 8, 1), Span(date(2026, 7, 1), date(2026, 8, 1))),
    "mid-month": (date(2026, 5, 15), 0, date(2026, 8, 15), Span(date(2026, 6, 1), date(2026, 8, 1))),
    "a year at most": (date(2024, 5, 1), 60, date(2026, 8, 15), Span(date(2025, 8, 1), date(2026, 8, 1))),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_months_after_are_complete_and_learnt(name: str) -> None:
    """Without those in which people learn the CRM, and without the present one."""
    go_live, days, now, expected = WINDOWS[name]
    assert after_span(go_live, days, now) == expected
