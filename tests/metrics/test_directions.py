"""Trend, season and chance: published indices, medians by hand, and verdicts at their limits."""

from collections.abc import Sequence
from itertools import combinations
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.metrics.statistics.seasonality import Total, Verdict, explained_share, is_noise, seasonal_indices, verdict
from b24kpi.metrics.statistics.smoothing import Outlook, smooth
from b24kpi.metrics.statistics.trend import trend

# Thousands of airline passengers, January 1949 to December 1960 (Box and Jenkins, series G).
PASSENGERS = [
    *(112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118),
    *(115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140),
    *(145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166),
    *(171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194),
    *(196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201),
    *(204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229),
    *(242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278),
    *(284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306),
    *(315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336),
    *(340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337),
    *(360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405),
    *(417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432),
]  # fmt: skip
# What `decompose(AirPassengers, "multiplicative")$figure` prints in R.
FIGURE = [
    *(0.9102304, 0.8836253, 1.0073663, 0.9759060, 0.9813780, 1.1127758),
    *(1.2265555, 1.2199110, 1.0604919, 0.9217572, 0.8011781, 0.8988244),
]
SERIES = st.lists(st.integers(-1000, 1000), min_size=2, max_size=20)


def test_seasonal_indices_are_those_that_r_prints() -> None:
    """AirPassengers, to seven digits."""
    assert seasonal_indices(PASSENGERS, 12).round(7).tolist() == FIGURE


def test_a_season_of_odd_length_is_found_exactly() -> None:
    """Weeks in which the weekend brings three times as much."""
    indices = seasonal_indices([10, 10, 10, 10, 10, 30, 30] * 4, 7)
    assert indices.tolist() == pytest.approx([7 / 11] * 5 + [21 / 11] * 2)


def test_a_series_of_nothing_has_no_season() -> None:
    """All places are alike."""
    assert seasonal_indices([0] * 24, 12).tolist() == [1] * 12


@given(SERIES)
def test_a_trend_is_the_median_of_all_slopes(values: list[int]) -> None:
    """And its interval holds it."""
    found = trend(values)
    slopes = [(values[j] - values[i]) / (j - i) for i, j in combinations(range(len(values)), 2)]
    assert found.slope == pytest.approx(median(slopes))
    assert found.low <= found.slope + 1e-9
    assert found.high >= found.slope - 1e-9


def test_the_sign_of_the_interval_is_the_direction() -> None:
    """Up, down, or none where it holds both."""
    assert trend(range(10)).direction == 1
    assert trend(range(10, 0, -1)).direction == -1
    assert trend([5, 1, 4, 2, 5, 1, 4, 2]).direction == 0


def test_chance_alone_brings_what_is_within_the_limit() -> None:
    """100 deals of 1 against 128 differ by 28 < 1.96 x sqrt(228) = 29.6; against 131, by 31 > 29.8."""
    assert is_noise(Total(100, 100), Total(128, 128))
    assert not is_noise(Total(100, 100), Total(131, 131))


def test_few_large_deals_bring_more_chance_than_many_small_ones() -> None:
    """The same sums: once of 100 deals of 1, once of 2 of 50."""
    assert not is_noise(Total(100, 100), Total(200, 200))
    assert is_noise(Total(100, 2 * 50**2), Total(200, 4 * 50**2))


@pytest.mark.parametrize(
    ("after", "factor", "has_campaign", "expected"),
    [
        (110, 2.0, True, Verdict.NOISE),
        (200, 2.0, True, Verdict.EXPECTED_SEASON),
        (200, 1.0, True, Verdict.CAMPAIGN),
        (200, 1.0, False, Verdict.UNEXPLAINED),
        (50, 1.0, False, Verdict.UNEXPLAINED),
    ],
)
def test_the_plainest_cause_comes_first(after: int, factor: float, has_campaign: bool, expected: Verdict) -> None:
    """Chance, season, campaign, none of them; 100 deals of 1 before."""
    assert verdict(Total(100, 100), Total(after, after), factor, has_campaign=has_campaign) is expected


def test_the_season_explains_part_of_a_change_at_most_all_of_it() -> None:
    """Half, all, none, and nothing where nothing changed."""
    assert explained_share(100, 200, 1.5) == pytest.approx(0.5)
    assert explained_share(100, 120, 1.5) == 1
    assert explained_share(100, 120, 0.5) == 0
    assert explained_share(100, 100, 1.5) is None


def outlook_of(series: Sequence[float], season: int) -> Outlook:
    (found,) = smooth(np.array([series], dtype=float), season)
    return found


def test_a_steady_series_goes_on_as_it_is() -> None:
    """No error has been made."""
    outlook = outlook_of([7.0] * 15, 12)
    assert [outlook.expected(step) for step in (1, 5)] == [7, 7]
    assert outlook.errors().tolist() == [0] * 14


def test_a_new_level_is_learnt() -> None:
    """After a jump that lasts, forecasts are where the series is now."""
    assert outlook_of([10.0] * 10 + [20.0] * 10, 1).expected() == pytest.approx(20, rel=0.01)


def test_a_season_counts_once_it_has_been_seen_twice() -> None:
    """13 months of AirPassengers tell no season, 144 do: July is above January."""
    short, long = (outlook_of(series, 12) for series in (PASSENGERS[:13], PASSENGERS))
    assert short.expected(1) == short.expected(7)
    assert long.expected(7) / long.expected(1) == pytest.approx(FIGURE[6] / FIGURE[0], rel=1e-6)


def test_many_series_are_smoothed_each_by_itself() -> None:
    """However different they are, in whichever order and number."""
    table = np.array([PASSENGERS, PASSENGERS[::-1], [0.0] * len(PASSENGERS), [float(n % 7) for n in range(144)]] * 80)
    for series, outlook in zip(table.tolist(), smooth(table, 12), strict=True):
        alone = outlook_of(series, 12)
        assert outlook.levels.tolist() == alone.levels.tolist()  # by the same sums
        assert (outlook.expected(3), outlook.errors(3).tolist()) == (alone.expected(3), alone.errors(3).tolist())


def test_errors_are_those_of_forecasts_so_many_steps_ahead() -> None:
    """A line is missed by its slope times the steps, once it is followed at full weight nearly."""
    outlook = outlook_of([float(value) for value in range(40)], 1)
    assert outlook.errors(3)[-1] - outlook.errors(1)[-1] == pytest.approx(2, rel=1e-6)
