"""The same mix of sources for everybody: by hand, by laws, and over random rows."""

from datetime import date
from fractions import Fraction

import numpy as np
import pytest

from b24kpi.metrics.fair_view import COVERED, LEAST, Closed, fair_view, standardise
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.statistics.bootstrap import mean_interval
from b24kpi.metrics.statistics.intervals import newcombe, wilson
from b24kpi.metrics.statistics.stratified import standardised_share
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.sql_engine import SqlEngine


def closed(won: int, lost: int, money: int = 100) -> Closed:
    return Closed(lost, [money] * won)


def test_who_gets_the_better_leads_is_not_better() -> None:
    """Both win 80 % of the site's deals and 20 % of the calls; one got the site, the other the calls."""
    team = {
        "5": {"SITE": closed(64, 16), "CALL": closed(4, 16)},
        "6": {"SITE": closed(16, 4), "CALL": closed(16, 64)},
    }
    first, second = standardise(team)
    for one in (first, second):
        assert one.rate is not None
        assert one.rate[0] == pytest.approx(0.5)
        assert one.fair_sales == pytest.approx(50)
        assert not one.is_different
    assert {one.manager: Fraction(one.won, one.closed) for one in (first, second)} == {
        "5": Fraction(68, 100),
        "6": Fraction(32, 100),
    }


def test_the_share_by_hand() -> None:
    """Team's mix 60 : 40; (30/50 × 60 + 5/10 × 40) / 100, against (5/10 × 60 + 9/30 × 40) / 100 of the other."""
    team = {"5": {"SITE": closed(30, 20), "CALL": closed(5, 5)}, "6": {"SITE": closed(5, 5), "CALL": closed(9, 21)}}
    first, second = standardise(team)
    assert (first.manager, second.manager) == ("5", "6")
    assert first.rate is not None
    assert second.rate is not None
    assert first.rate[0] == pytest.approx(0.56)
    assert second.rate[0] == pytest.approx(0.42)
    assert first.others == second.rate
    assert second.others == first.rate


def test_of_one_source_it_is_the_plain_comparison() -> None:
    """Wilson's interval, and Newcombe's difference to the others."""
    team = {"5": {"SITE": closed(56, 14)}, "6": {"SITE": closed(48, 32)}}
    first = standardise(team)[0]
    assert first.rate is not None
    assert first.rate[1:] == pytest.approx(wilson(56, 70))
    assert first.difference == pytest.approx(newcombe(56, 70, 48, 80))
    assert first.is_different


def test_too_few_cases_are_not_judged() -> None:
    """Where the sources that tell something make up less than four fifths of the team's mix; these are named."""
    team = {
        "5": {"SITE": closed(3, 3), "CALL": closed(2, LEAST - 3)},
        "6": {"SITE": closed(10, 10), "CALL": closed(10, 10)},
    }
    judged, thin = standardise(team)
    assert (judged.manager, judged.is_judged) == ("6", True)
    assert (thin.manager, thin.is_judged, thin.thin) == ("5", False, ("CALL",))
    assert thin.covered == pytest.approx(26 / 50)
    assert thin.covered < COVERED


def test_who_is_alone_with_a_source_is_not_compared() -> None:
    """His share is told, but nobody else has one."""
    (one,) = standardise({"5": {"SITE": closed(5, 5)}, "": {}})
    assert one.is_judged
    assert (one.others, one.difference, one.is_different) == (None, None, False)


def test_deals_of_nobody_are_of_the_mix() -> None:
    """They weigh, but nobody is judged by them."""
    team = {"5": {"SITE": closed(5, 5), "CALL": closed(1, 9)}, "": {"SITE": closed(0, 10)}}
    (one,) = standardise(team)
    assert one.rate is not None
    assert one.rate[0] == pytest.approx((0.5 * 20 + 0.1 * 10) / 30)


def test_the_interval_of_sales_needs_ten_deals_of_each_source() -> None:
    """Of one source it is the bootstrap interval of the mean."""
    (few,) = standardise({"5": {"SITE": closed(4, 5)}})
    assert (few.fair_sales, few.sales_bounds) == (pytest.approx(400 / 9), None)
    (enough,) = standardise({"5": {"SITE": Closed(4, [100, 300, 500, 200, 900, 100])}})
    expected = mean_interval(np.array([100, 300, 500, 200, 900, 100, 0, 0, 0, 0], dtype=float))
    assert enough.sales_bounds == pytest.approx(expected)


def test_equal_weights_of_equal_strata_are_one_stratum_in_the_middle() -> None:
    """The share is the plain one, and certain shares have an interval, too."""
    share, low, high = standardised_share([1, 1], [(10, 20), (10, 20)])
    assert share == 0.5
    assert (low, high) == pytest.approx(wilson(20, 40), abs=0.01)
    assert standardised_share([1, 3], [(20, 20), (30, 30)])[1] < 1


def test_the_engine_counts_the_closed_deals() -> None:
    """Over random rows the sides are those of the win rate by manager and source."""
    tables = random_tables(3, 200)
    engine = SqlEngine.over(tables, time_zone=TIME_ZONE, as_of=AS_OF, report_currency=REPORT_CURRENCY)
    period = Period(date(2026, 1, 1), date(2027, 1, 1), Grain.YEAR)
    ask = {"period": "year", "start": period.start, "end": period.end, "by": ("manager",)}
    rates, sales = engine.values("win_rate", **ask), engine.values("total_sales", **ask)
    found = fair_view(engine.engine, period, {})
    assert len(found) > 3
    for one in found:
        rate, money = rates["2026", (one.manager,)], sales["2026", (one.manager,)]
        assert (one.won, one.closed) == (rate.numerator, rate.denominator)
        assert one.sales * one.closed == money.value
