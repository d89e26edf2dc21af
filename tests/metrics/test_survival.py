"""Durations of which some are still running, held to published data and to lifelines."""

from math import ceil, inf, isinf
from random import Random
from warnings import catch_warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.datasets import load_lung
from lifelines.utils import median_survival_times, qth_survival_time, qth_survival_times
from scipy.stats import CensoredData, ecdf

from b24kpi.metrics.statistics.survival import (
    Curves,
    Floats,
    Observations,
    cumulative_incidence,
    kaplan_meier_quantile,
    kaplan_meier_share,
    nearest_rank,
)

# Weeks of remission under 6-mercaptopurine, the negative ones still going on (Freireich and others, Blood, 1963).
REMISSIONS = (6, 6, 6, 7, 10, 13, 16, 22, 23, -6, -9, -10, -11, -17, -19, -20, -25, -32, -32, -34, -35)
PUBLISHED = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
SAMPLES = st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=80)
# (order, outcome): durations without ties, since lifelines moves tied ones apart at random
OUTCOMES = st.lists(st.sampled_from([0, 1, 2]), min_size=2, max_size=60)


def observed(durations: list[int], outcomes: list[int]) -> Observations:
    """Outcome 0 is still running, 1 is the event, 2 another end."""
    ends = np.array(outcomes)
    return Observations(np.array(durations, dtype=float), ends > 0, ends == 1)


def remissions() -> Observations:
    return observed([abs(weeks) for weeks in REMISSIONS], [int(weeks > 0) for weeks in REMISSIONS])


def same(ours: float | None, theirs: float) -> bool:
    return isinf(theirs) or np.isnan(theirs) if ours is None else ours == theirs


def test_published_survival_of_the_remission_data() -> None:
    """The curve and the median that textbooks print."""
    times, ended = cumulative_incidence(remissions())
    survival = dict(zip(times.tolist(), (1 - ended).round(3).tolist(), strict=True))
    assert {week: survival[week] for week in PUBLISHED} == PUBLISHED
    assert kaplan_meier_quantile(remissions(), 0.5).value == 23


def test_published_median_of_the_untreated() -> None:
    """The other arm of the same trial, none of whom is still in remission: 8 weeks."""
    untreated = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    assert kaplan_meier_quantile(observed(untreated, [1] * 21), 0.5).value == 8


def test_published_median_of_the_lung_data() -> None:
    """With the log-log interval, which is not the one that R prints by default."""
    lung = load_lung()
    found = kaplan_meier_quantile(observed(lung["time"].tolist(), lung["status"].astype(int).tolist()), 0.5)
    assert (found.value, found.low, found.high) == (310, 284, 361)


@settings(max_examples=60)
@given(SAMPLES, st.sampled_from([0.25, 0.5, 0.8]))
def test_lifelines_finds_the_same_quantiles(sample: list[tuple[int, bool]], share: float) -> None:
    """Unless the curve touches the level so nearly that the order of multiplication decides."""
    seconds, ended = [duration for duration, _ in sample], [int(end) for _, end in sample]
    fitted = KaplanMeierFitter().fit(seconds, ended)
    found = kaplan_meier_quantile(observed(seconds, ended), share)
    if not touches(fitted.survival_function_.to_numpy(), 1 - share):
        assert same(found.value, qth_survival_time(1 - share, fitted.survival_function_))
    bands = fitted.confidence_interval_[fitted.survival_function_.to_numpy() > 1e-12]  # at 0 there is none
    if any(ended) and not touches(bands.to_numpy(), 1 - share):
        low, high = qth_survival_times(1 - share, bands).to_numpy().ravel()
        assert same(found.low, min(low, high))
        assert same(found.high, max(low, high))


def touches(curve: Floats, level: float) -> bool:
    return bool((np.abs(curve - level) < 1e-9).any())


def test_lifelines_finds_the_same_median_interval() -> None:
    """Of the remission data: 13 weeks to no end in sight."""
    fitted = KaplanMeierFitter().fit([abs(w) for w in REMISSIONS], [w > 0 for w in REMISSIONS])
    low, high = median_survival_times(fitted.confidence_interval_).to_numpy().ravel()
    found = kaplan_meier_quantile(remissions(), 0.5)
    assert (found.low, found.high) == (low, None) == (13, None)
    assert high == inf


@settings(max_examples=40)
@given(OUTCOMES, st.randoms(use_true_random=False))
def test_lifelines_finds_the_same_incidence(outcomes: list[int], order: Random) -> None:
    """Aalen-Johansen: what ends otherwise is no more at risk, what is still running says nothing more."""
    durations = order.sample(range(1, 200), len(outcomes))
    if 1 not in outcomes:
        assert cumulative_incidence(observed(durations, outcomes)).at(1e9) == 0
        return
    fitted = AalenJohansenFitter(calculate_variance=False).fit(durations, outcomes, event_of_interest=1)
    for horizon in (0, 1, 20, 75, 200):
        theirs = float(fitted.predict(horizon))
        assert cumulative_incidence(observed(durations, outcomes)).at(horizon) == pytest.approx(theirs, abs=1e-9)


@given(SAMPLES)
def test_without_other_ends_incidence_is_what_does_not_survive(sample: list[tuple[int, bool]]) -> None:
    """One minus Kaplan-Meier, tied durations included."""
    seconds, ended = [duration for duration, _ in sample], [int(end) for _, end in sample]
    times, incidence = cumulative_incidence(observed(seconds, ended))
    median = kaplan_meier_quantile(observed(seconds, ended), 0.5).value
    reached = times[incidence >= 0.5 - 1e-12]
    assert median == (reached[0] if len(reached) else None)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.sampled_from([0.2, 0.5, 0.9]))
def test_without_open_ones_a_quantile_is_of_the_nearest_rank(values: list[int], share: float) -> None:
    """The value at place ceil(share × n); with nothing censored Kaplan-Meier says the same."""
    expected = sorted(values)[ceil(round(share * len(values), 9)) - 1]
    assert nearest_rank(np.array(values, dtype=float), share) == expected
    assert kaplan_meier_quantile(observed(values, [1] * len(values)), share).value == expected


def test_nothing_has_no_quantile() -> None:
    """Nor has what has not ended yet."""
    nothing = observed([], [])
    assert nearest_rank(np.empty(0), 0.5) is None
    assert kaplan_meier_quantile(nothing, 0.5).value is None
    assert kaplan_meier_quantile(observed([5, 6], [0, 0]), 0.5).value is None
    assert cumulative_incidence(observed([5, 6], [0, 2])).median is None


def test_the_median_of_the_event_is_among_those_that_will_see_it() -> None:
    """Half of the final incidence, not half of all."""
    assert cumulative_incidence(observed([1, 2, 3, 4, 5, 6], [1, 2, 2, 1, 2, 2])).median == 1
    assert cumulative_incidence(observed([1, 2, 3, 4, 5], [1, 1, 1, 0, 0])).median == 2


@given(SAMPLES)
def test_curves_and_their_bands_are_those_of_scipy(sample: list[tuple[int, bool]]) -> None:
    """Of thousands of small samples with ties and open ends."""
    seconds, ended = np.array([float(each) for each, _ in sample]), np.array([over for _, over in sample])
    curve = ecdf(CensoredData.right_censored(seconds, ~ended)).sf
    ours = kaplan_meier_share(Observations(seconds, ended, ended), 20.0)
    if ours.low is not None:
        with np.errstate(all="ignore"), catch_warnings(action="ignore"):  # undefined where S is 0 or 1
            band = curve.confidence_interval(method="log-log")
        assert ours.value == pytest.approx(float(curve.evaluate(20.0)), rel=1e-12)
        assert (ours.low, ours.high) == pytest.approx(
            (float(band.low.evaluate(20.0)), float(band.high.evaluate(20.0))), rel=1e-9, nan_ok=True
        )


@settings(max_examples=60)
@given(st.lists(st.lists(st.tuples(st.integers(1, 40), st.sampled_from([0, 1, 2])), max_size=40), max_size=6))
def test_many_groups_at_once_say_what_each_says_alone(samples: list[list[tuple[int, int]]]) -> None:
    """In whatever order their durations are, and where some have none or nothing has ended."""
    groups = [observed([seconds for seconds, _ in each], [outcome for _, outcome in each]) for each in samples]
    curves, singly = Curves(groups), [Curves([group]) for group in groups]
    assert curves.estimates(0.5) == [kaplan_meier_quantile(group, 0.5) for group in groups]
    assert curves.reached(0.8) == [kaplan_meier_quantile(group, 0.8).value for group in groups]
    assert curves.means == [each.means[0] for each in singly]
    assert [each.median for each in curves.incidences] == [each.incidences[0].median for each in singly]
    assert [each.ever for each in curves.incidences] == [each.incidences[0].ever for each in singly]
    finished = [sorted(group.seconds[group.ended].tolist()) for group in groups]
    assert [each.tolist() for each in curves.finished] == finished


def test_the_band_is_followed_as_far_as_it_takes() -> None:
    """Where its lower side comes as low as a half after thousands of durations, and beside a short curve."""
    order = np.random.default_rng(5)
    lasting = [order.permutation(np.arange(1.0, count + 1)) for count in (3_000, 5, 700)]
    ended = [order.random(len(each)) < share for each, share in zip(lasting, (0.04, 1.0, 0.5), strict=True)]
    ended[1] = lasting[1] < 5  # where the curve reaches 0 lifelines has another band
    found = Curves([Observations(*each, each[1]) for each in zip(lasting, ended, strict=True)]).estimates(0.5)
    for ours, seconds, over in zip(found, lasting, ended, strict=True):
        fitted = KaplanMeierFitter().fit(seconds, over)
        low, high = median_survival_times(fitted.confidence_interval_).to_numpy().ravel()
        assert same(ours.value, fitted.median_survival_time_)
        assert same(ours.low, low)
        assert same(ours.high, high)
