"""BG/NBD: published figures of single customers, exact series, and parameters found again in invented customers."""

from decimal import Decimal, localcontext
from itertools import product
from math import log

import numpy as np
import pytest

from b24kpi.metrics.statistics.bgnbd import (
    BgNbd,
    Customers,
    alive,
    expected_of_new,
    expected_purchases,
    fit,
    log_likelihood,
)

# Fader, Hardie and Lee (2005), table 2, for the 2,357 customers of CDNOW; fitted to more digits in kpi.md 4.1.
PUBLISHED = BgNbd(0.243, 4.414, 0.793, 2.426)
FITTED = BgNbd(0.2425929, 4.4135316, 0.7928861, 2.4257535)
GRID = list(product((0.05, 0.8, 20.0), (5.0, 300.0), (0.01, 0.999, 3.0, 148.0), (0.1, 2.5), (0, 1, 60), (4.0, 156.0)))


def customers(*rows: tuple[float, float, float]) -> Customers:
    """(repeats, weeks to the last visit, weeks to the end) of each."""
    repeats, last, age = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return Customers(repeats, last, age)


ONE = customers((2, 30.43, 38.86))


def test_expected_purchases_of_the_customer_of_the_paper() -> None:
    """E[Y(39) | 2, 30.43, 38.86] is 1.226 in the authors' spreadsheet, 1.22603 to more digits."""
    assert round(float(expected_purchases(PUBLISHED, ONE, 39)[0]), 5) == 1.22603


def test_chance_that_the_customer_of_the_paper_is_alive() -> None:
    """0.72661 (kpi.md 4.1)."""
    assert round(float(alive(FITTED, ONE)[0]), 5) == 0.72661


def test_expected_purchases_of_a_new_customer() -> None:
    """E[X(39)] = 1.19502, E[X(78)] = 1.85797 (kpi.md 4.1)."""
    assert expected_of_new(FITTED, 39) == pytest.approx(1.19502, abs=2e-5)
    assert expected_of_new(FITTED, 78) == pytest.approx(1.85797, abs=2e-5)


def test_who_never_came_back_counts_as_alive() -> None:
    """The model lets customers leave after repeat purchases only."""
    assert alive(PUBLISHED, customers((0, 0, 50))).tolist() == [1.0]


def test_silence_makes_leaving_likelier() -> None:
    """The longer ago the last purchase, the smaller the chance and what is expected."""
    silent = customers((3, 30, 40), (3, 20, 40), (3, 10, 40))
    chances, purchases = alive(PUBLISHED, silent), expected_purchases(PUBLISHED, silent, 26)
    assert (np.diff(chances) < 0).all()
    assert (np.diff(purchases) < 0).all()


@pytest.mark.parametrize(("r", "alpha", "a", "b", "repeats", "time"), GRID)
def test_expected_purchases_equal_the_series_with_many_digits(
    r: float, alpha: float, a: float, b: float, repeats: int, time: float
) -> None:
    """The published formula summed with 60 digits, for parameters at the ends of what a fit may find."""
    model, one = BgNbd(r, alpha, a, b), customers((repeats, 20.0 if repeats else 0.0, 30.0))
    ours = float(expected_purchases(model, one, time)[0])
    assert ours == pytest.approx(exact(model, repeats, 20.0 if repeats else 0.0, 30.0, time), rel=1e-6)


def exact(model: BgNbd, repeats: int, last: float, age: float, time: float) -> float:
    """Equation 10 of the paper, term by term."""
    with localcontext(prec=60):
        r, alpha, a, b = (Decimal(each) for each in (model.r, model.alpha, model.a, model.b))
        x, end = Decimal(repeats), Decimal(age)
        share = Decimal(time) / (alpha + end + Decimal(time))
        term = total = Decimal(1)
        for place in range(5000):
            term *= (r + x + place) * (b + x + place) / ((a + b + x - 1 + place) * (1 + place)) * share
            total += term
        left = 1 - (1 - share) ** (r + x) * total
        odds = a / (b + x - 1) * ((alpha + end) / (alpha + Decimal(last))) ** (r + x) if repeats else Decimal(0)
        return float((a + b + x - 1) / (a - 1) * left / (1 + odds))


def invented(count: int, model: BgNbd, seed: int) -> Customers:
    """Customers who live by the model, watched for 20 to 150 weeks."""
    random = np.random.default_rng(seed)
    rows = []
    for age in random.uniform(20, 150, count):
        rate, leaving = random.gamma(model.r, 1 / model.alpha), random.beta(model.a, model.b)
        time, repeats = 0.0, 0
        while (following := time + random.exponential(1 / rate)) <= age:
            time, repeats = following, repeats + 1
            if random.random() < leaving:
                break
        rows.append((repeats, time, age))
    return customers(*rows)


def test_parameters_are_found_again() -> None:
    """Those by which 20,000 customers were invented, within their chance error."""
    truth = BgNbd(0.8, 6.0, 0.8, 2.5)
    found = fit(invented(20_000, truth, 7))
    assert found is not None
    for name in ("r", "alpha", "a", "b"):
        assert log(getattr(found, name) / getattr(truth, name)) == pytest.approx(0, abs=0.2)


def test_the_fit_is_the_top_of_the_likelihood() -> None:
    """Whichever way one steps from it, the customers become less likely."""
    sample = invented(2_000, BgNbd(0.8, 6.0, 0.8, 2.5), 3)
    found = fit(sample)
    assert found is not None
    top = log_likelihood(found, sample)
    assert found.log_likelihood == pytest.approx(top, rel=1e-9)
    for name in ("r", "alpha", "a", "b"):
        for factor in (0.98, 1.02):
            beside = BgNbd(
                **{key: getattr(found, key) * (factor if key == name else 1) for key in ("r", "alpha", "a", "b")}
            )
            assert log_likelihood(beside, sample) < top


def test_customers_who_hardly_differ_still_have_a_model() -> None:
    """Where all leave with the same probability the likelihood is flat, and what is expected still finite."""
    sample = invented(2_000, BgNbd(0.5, 8.0, 5_000.0, 5_000.0), 5)
    found = fit(sample)
    assert found is not None
    assert np.isfinite(expected_purchases(found, sample, 52)).all()


def test_nobody_has_no_model() -> None:
    """Nothing to fit."""
    assert fit(Customers(np.empty(0), np.empty(0), np.empty(0))) is None
