"""Gamma-Gamma: parameters found again, and an average that is drawn to that of all."""

import numpy as np
import pytest

from b24kpi.metrics.statistics.gamma_gamma import Floats, GammaGamma, expected_amount, fit, fit_to_mean

TRUTH = GammaGamma(6.0, 4.0, 15.0)


def invented(count: int, model: GammaGamma, seed: int) -> tuple[Floats, Floats]:
    """Numbers and means of the purchases of customers who live by the model."""
    random = np.random.default_rng(seed)
    counts = random.integers(1, 9, count).astype(float)
    scale = random.gamma(model.q, 1 / model.v, count)
    return counts, np.asarray(random.gamma(model.p * counts) / (scale * counts))


def test_parameters_are_found_again() -> None:
    """Those by which 20,000 customers were invented."""
    found = fit(*invented(20_000, TRUTH, 1))
    assert found is not None
    assert [found.p, found.q, found.v] == pytest.approx([6.0, 4.0, 15.0], rel=0.1)
    assert found.mean == pytest.approx(30, rel=0.02)


def test_amounts_may_be_in_any_unit() -> None:
    """Hundredths instead of units: the same shapes, a scale a hundred times as large."""
    counts, means = invented(2_000, TRUTH, 2)
    one, other = fit(counts, means), fit(counts, means * 100)
    assert one is not None
    assert other is not None
    assert [other.p, other.q, other.v] == pytest.approx([one.p, one.q, one.v * 100], rel=1e-5)
    assert other.log_likelihood == pytest.approx(one.log_likelihood - 2_000 * np.log(100), rel=1e-9)


def test_a_tied_fit_has_the_mean_of_the_purchases() -> None:
    """Of all purchases, not of customers."""
    counts, means = invented(2_000, TRUTH, 3)
    found = fit_to_mean(counts, means)
    assert found is not None
    assert found.mean == pytest.approx(float(counts @ means / counts.sum()), rel=1e-9)


def test_a_tied_fit_is_no_likelier_than_a_free_one() -> None:
    """It has a parameter less."""
    counts, means = invented(2_000, TRUTH, 4)
    free, tied = fit(counts, means), fit_to_mean(counts, means)
    assert free is not None
    assert tied is not None
    assert free.log_likelihood - 20 < tied.log_likelihood <= free.log_likelihood


def test_the_more_is_known_the_more_the_own_mean_counts() -> None:
    """Without purchases it is the mean of all, with many nearly the customer's own."""
    amounts = expected_amount(TRUTH, np.array([0.0, 1.0, 5.0, 1e6]), np.array([0.0, 90.0, 90.0, 90.0]))
    assert amounts[0] == pytest.approx(30)
    assert (np.diff(amounts) > 0).all()
    assert amounts[3] == pytest.approx(90, rel=1e-4)


def test_a_mean_may_not_exist() -> None:
    """With tails that heavy there is none."""
    assert GammaGamma(2.0, 0.9, 10.0).mean is None


def test_without_amounts_there_is_no_model() -> None:
    """Nothing to fit."""
    assert fit(np.empty(0), np.empty(0)) is None
    assert fit_to_mean(np.empty(0), np.empty(0)) is None
