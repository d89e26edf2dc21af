"""What was to be expected without the CRM, and when the investment returns."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import pytest

from b24kpi.facts.crm_figures import CrmFigures
from b24kpi.metrics.crm_return import Month, paid_back_after, past, projected, totals
from b24kpi.metrics.period import Grain, Period

JUNE = Period.containing(date(2026, 6, 1), Grain.MONTH)
NOTHING = Fraction(0)


def months(*nets: int) -> list[Month]:
    return [Month(JUNE, Fraction(1), NOTHING, None, Fraction(net), NOTHING, NOTHING) for net in nets]


def year(amounts: Sequence[int], factor: int = 1) -> list[tuple[int, Fraction]]:
    return [(month, Fraction(amount * factor)) for month, amount in enumerate(amounts, 1)]


SEASONS = (60, 80, 100, 120, 140, 160, 40, 100, 100, 100, 100, 100)  # mean 100


def test_the_level_is_the_mean_of_the_last_year() -> None:
    """Older months do not count."""
    known = past([(12, Fraction(9_999)), *year((100,) * 12)], CrmFigures(counterfactual=()))
    assert known.expected(JUNE, 0) == 100


def test_seasons_need_a_whole_year() -> None:
    """June brings 160 % of a mean month; eleven months tell none."""
    assert past(year(SEASONS), CrmFigures(counterfactual=("season",))).expected(JUNE, 0) == pytest.approx(160)
    assert past(year(SEASONS)[1:], CrmFigures(counterfactual=("season",))).seasons == {}


def test_the_trend_goes_on() -> None:
    """Doubled within a year: from the middle of the last year to the middle of month 5 is a year, so again twice."""
    known = past([*year((100,) * 12), *year((100,) * 12, 2)], CrmFigures(counterfactual=("trend",)))
    assert known.growth == 2
    assert known.expected(JUNE, 5) == pytest.approx(200 * 2 ** (11.5 / 12))


def test_a_trend_needs_two_years_of_sales() -> None:
    """And sales in both."""
    crm = CrmFigures(counterfactual=("trend",))
    assert past([*year((100,) * 12), *year((100,) * 11)], crm).growth == 1
    assert past([*year((0,) * 12), *year((100,) * 12)], crm).growth == 1


def test_a_given_level_wins_over_the_history() -> None:
    """Seasons are still the portal's."""
    crm = CrmFigures(baseline={"total_sales": Fraction(1000)})
    assert past(year(SEASONS), crm).expected(JUNE, 0) == pytest.approx(1600)


def test_without_history_and_figure_nothing_is_expected() -> None:
    """Not 0, which would make all sales the CRM's."""
    assert past([], CrmFigures()).expected(JUNE, 0) is None


def test_the_first_time_counts() -> None:
    """Reached after two months, lost again, reached again: two."""
    assert paid_back_after(months(50, 50, -80, 100), Fraction(100)) == 2
    assert totals(months(50, 50, -80, 100))[-1] == 120


def test_what_is_never_reached_is_none() -> None:
    """Nor is a loss ever a return."""
    assert paid_back_after(months(-50, 20), Fraction(100)) is None


def test_a_steady_pace_has_no_doubt() -> None:
    """Three months of 10 and 70 to go: ten months, whatever chance does."""
    found = projected(months(10, 10, 10), Fraction(100))
    assert found is not None
    assert (found.months, found.low, found.high) == pytest.approx((10, 10, 10))


def test_a_pace_that_may_be_none_has_no_latest() -> None:
    """The interval of the mean reaches below 0."""
    found = projected(months(100, -80, 40), Fraction(1000))
    assert found is not None
    assert found.high is None
    assert found.low is not None
    assert found.low < found.months


@pytest.mark.parametrize("nets", [(10, 10), (-10, -20, -30)])
def test_too_little_or_a_loss_projects_nothing(nets: tuple[int, ...]) -> None:
    """Two months are no pace, and a loss never returns."""
    assert projected(months(*nets), Fraction(1000)) is None
