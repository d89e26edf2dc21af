"""The difference of shares within strata against published examples."""

import pytest

from b24kpi.metrics.statistics.intervals import newcombe
from b24kpi.metrics.statistics.stratified import Stratum, common_difference

# Three strata of insightsengineering/tern, tests/testthat/test-h_prop_diff.R, `h_prop_cmh()`: its snapshot gives the
# two weighted shares .4087266 and .2617988.
TERN = [Stratum(12, 30, 8, 30), Stratum(15, 35, 10, 35), Stratum(9, 23, 6, 27)]
# The rows of `prop_diff_strat_nc() output matches equivalent SAS function output` of the same file, counted: R's
# set.seed(1) makes them.
SAS = [
    Stratum(8, 9, 3, 6), Stratum(2, 5, 2, 5), Stratum(6, 7, 3, 8),
    Stratum(4, 4, 6, 12), Stratum(5, 7, 3, 4), Stratum(5, 8, 3, 5),
]  # fmt: skip


def test_the_difference_is_that_of_mantel_and_haenszel() -> None:
    """tern's snapshot, to its digits."""
    found = common_difference(TERN)
    assert found is not None
    assert found[0] == pytest.approx(0.4087266 - 0.2617988, abs=1.5e-7)


def test_deaths_under_tolbutamide_by_age() -> None:
    """The University Group Diabetes Program as Rothman tells it: 8 of 106, 5 of 120; 22 of 98, 16 of 85: 0.035."""
    found = common_difference([Stratum(8, 106, 5, 120), Stratum(22, 98, 16, 85)])
    assert found is not None
    assert found[0] == pytest.approx(0.035, abs=5e-4)


def test_the_interval_is_that_of_sas() -> None:
    """PROC FREQ, COMMONRISKDIFF(CL=NEWCOMBE), as tern's snapshot has it: to eight digits."""
    assert common_difference(SAS) == pytest.approx((0.25390590, 0.03467969, 0.44544132), abs=1e-8)


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (9, 10, 3, 10), (10, 10, 0, 10), (0, 5, 0, 7), (5, 5, 7, 7)])
def test_one_stratum_has_the_interval_of_newcombe(counts: tuple[int, int, int, int]) -> None:
    """His method 10, where one side has no variance too; strata of one side change nothing."""
    found = common_difference([Stratum(*counts), Stratum(3, 4, 0, 0), Stratum(0, 0, 1, 2)])
    assert found is not None
    assert found[1:] == pytest.approx(newcombe(*counts))


def test_without_two_sides_there_is_nothing_to_compare() -> None:
    """Whatever one side did."""
    assert common_difference([Stratum(3, 4, 0, 0), Stratum(0, 0, 1, 2)]) is None
    assert common_difference([]) is None
