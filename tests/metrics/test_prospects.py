"""The parts of a forecast: chances by age, possible sums with a fixed seed, errors, lives that go on."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time

from b24kpi.metrics.statistics.chances import DAY, FEWEST, Stays, landmark_of
from b24kpi.metrics.statistics.simulation import (
    DRAWS,
    SINGLY,
    Prospects,
    draw,
    error_rate,
    interval,
    largest,
    probability_of,
)
from b24kpi.metrics.statistics.survival import Observations, restricted_mean


def stays(*rows: tuple[float, float, str]) -> Stays:
    """(days in the stage, days to the close or so far, won | lost | open) of each."""
    lasted, watched, ends = zip(*rows, strict=True)
    kinds = np.array(ends)
    return Stays.of(np.array(lasted) * DAY, np.array(watched) * DAY, kinds != "open", kinds == "won")


# --- chances


@pytest.mark.parametrize(("age", "chance"), [(1, 0.5), (4, 0)])
def test_a_chance_is_read_from_stays_that_lasted_as_long(age: float, chance: float) -> None:
    """Ten leave the stage after 2 days and win, ten after 20 and lose: at the age of 4 nothing is to be won."""
    found = stays(*[(2, 3, "won")] * 10, *[(20, 20, "lost")] * 10)
    landmark = landmark_of(found, age * DAY)
    assert landmark is not None
    assert found.ends(landmark).share_by(30 * DAY) == pytest.approx(chance)


def test_the_oldest_deals_have_the_chances_of_the_last_age_that_is_known() -> None:
    """Ten stays lasted 8 days; at 400 days the landmark of 7 is the last one with enough."""
    assert landmark_of(stays(*[(8, 8, "won")] * 10), 400 * DAY) == 7


def test_of_too_few_stays_no_chance_is_read() -> None:
    """Not 0: unknown."""
    assert landmark_of(stays(*[(9, 9, "won")] * (FEWEST - 1)), 5 * DAY) is None


@pytest.mark.parametrize("seed", range(5))
def test_curves_equal_lifelines(seed: int) -> None:
    """Aalen-Johansen of what outlived the landmark, by another hand; times without ties."""
    random = Random(seed)
    rows = [(days := 1 + random.random() * 60, days, random.choice(["won", "lost", "open"])) for _ in range(80)]
    ends = stays(*rows).ends(10)
    older = [(days - 10, {"won": 1, "lost": 2, "open": 0}[end]) for _, days, end in rows if days > 10]
    fitter = AalenJohansenFitter(calculate_variance=False)
    fitter.fit([days for days, _ in older], [kind for _, kind in older], event_of_interest=1)
    theirs = fitter.cumulative_density_
    for days in (1, 5, 20, 45):
        assert ends.share_by(days * DAY) == pytest.approx(float(theirs[theirs.index <= days].iloc[-1, 0]), abs=1e-9)


# --- possible sums


def test_the_expected_sum_is_that_of_its_parts() -> None:
    """Won, open deals by their chances, new business."""
    whole = Prospects(100.0, np.array([50.0, 30.0]), np.array([0.5, 0.1]), 20.0, np.array([0.0]))
    assert whole.expected == pytest.approx(100 + 25 + 3 + 20)


def test_possible_sums_are_the_same_at_every_call() -> None:
    """A report that is asked for twice says the same."""
    prospects = Prospects(0.0, np.full(5, 10.0), np.full(5, 0.4), 7.0, np.array([-3.0, 3.0]))
    assert draw(prospects).tolist() == draw(prospects).tolist()


def test_possible_sums_are_distributed_as_they_should_be() -> None:
    """A hundred deals of 1 with the chance .3: mean 30, the middle 80 % within 24 … 36."""
    sums = draw(Prospects(0.0, np.full(100, 1.0), np.full(100, 0.3)))
    assert len(sums) == DRAWS
    assert float(sums.mean()) == pytest.approx(30, abs=0.3)
    assert interval(sums) == pytest.approx((24, 36), abs=1)


@given(st.lists(st.integers(0, 9), max_size=90))
def test_the_deals_drawn_one_by_one_are_the_largest(variances: list[int]) -> None:
    """In the order of their variances, of equal ones the first."""
    expected = sorted(range(len(variances)), key=lambda place: (-variances[place], place))[:SINGLY]
    assert largest(np.array(variances, dtype=float)).tolist() == expected


def test_what_is_won_is_certain() -> None:
    """Nothing open, nothing new: one possible sum."""
    assert interval(draw(Prospects(80.0, np.empty(0), np.empty(0)))) == (80, 80)


def test_new_business_is_never_below_nothing() -> None:
    """However much earlier expectations were missed by."""
    sums = draw(Prospects(0.0, np.empty(0), np.empty(0), 10.0, np.array([-50.0, 50.0])))
    assert set(sums.tolist()) == {0.0, 60.0}


def test_the_chance_to_reach_a_plan_falls_with_the_plan() -> None:
    """All reach what is certain, none what is impossible."""
    sums = draw(Prospects(10.0, np.full(20, 1.0), np.full(20, 0.5)))
    chances_to_reach = [probability_of(plan, sums) for plan in (10, 15, 20, 25, 31)]
    assert chances_to_reach == sorted(chances_to_reach, reverse=True)
    assert (chances_to_reach[0], chances_to_reach[-1]) == (1, 0)


def test_the_error_of_forecasts_is_relative_to_what_came() -> None:
    """10 % and 30 % off; a period without sales has no relative error."""
    assert error_rate([110, 70, 5], [100, 100, 0]) == pytest.approx(0.2)
    assert error_rate([5], [0]) is None


# --- lives


def lives(*rows: tuple[float, bool]) -> Observations:
    times, ended = zip(*rows, strict=True)
    return Observations(np.array(times, dtype=float), np.array(ended), np.array(ended))


def test_the_mean_of_finished_lives_is_their_mean() -> None:
    """Nobody is left."""
    assert restricted_mean(lives((2, True), (4, True), (9, True))) == pytest.approx(5)


def test_while_nobody_has_left_there_is_no_mean() -> None:
    """It may be any."""
    assert restricted_mean(lives((2, False), (4, False))) is None


@given(
    st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=2, max_size=40).filter(
        lambda rows: any(end for _, end in rows)
    )
)
def test_a_mean_life_equals_that_of_lifelines(rows: list[tuple[int, bool]]) -> None:
    """Restricted to the longest seen."""
    fitter = KaplanMeierFitter().fit([time for time, _ in rows], [end for _, end in rows])
    theirs = float(restricted_mean_survival_time(fitter, t=max(time for time, _ in rows)))
    assert restricted_mean(lives(*rows)) == pytest.approx(theirs, abs=1e-9)
