"""How long the models of 100,000 customers take to fit."""

from time import process_time

import numpy as np
import pytest

from b24kpi.metrics.statistics import bgnbd, gamma_gamma
from b24kpi.metrics.statistics.bgnbd import Customers

CUSTOMERS, BOUND = 100_000, 3.0


def invented() -> tuple[Customers, np.ndarray]:
    """Customers whose days are whole, as those of facts are, and the mean amounts of their purchases."""
    random = np.random.default_rng(1)
    age = np.round(random.uniform(7, 1000, CUSTOMERS)) / 7
    rate = random.gamma(0.8, 1 / 6, CUSTOMERS)
    life = np.minimum(age, random.exponential(1 / (0.3 * rate)))
    repeats = random.poisson(rate * life).astype(float)
    last = np.where(repeats > 0, np.round(life * random.random(CUSTOMERS) ** (1 / np.maximum(repeats, 1)) * 7) / 7, 0.0)
    means = random.gamma(6.0 * np.maximum(repeats, 1)) / (
        random.gamma(4.0, 1 / 15.0, CUSTOMERS) * np.maximum(repeats, 1)
    )
    return Customers(repeats, last, age), means


@pytest.mark.benchmark
def test_models_of_100_000_customers_take_seconds() -> None:
    """BG/NBD, then Gamma-Gamma of those who came back, then a year of expected purchases."""
    customers, means = invented()
    paid = customers.repeats > 0
    start = process_time()
    model = bgnbd.fit(customers)
    fitted = process_time()
    gamma_gamma.fit(customers.repeats[paid], means[paid])
    valued = process_time()
    assert model is not None
    bgnbd.expected_purchases(model, customers, 52)
    seen = process_time()
    times = (fitted - start, valued - fitted, seen - valued)
    print("\nprocessor time: BG/NBD {:.2f} s, Gamma-Gamma {:.2f} s, purchases {:.2f} s".format(*times))
    assert fitted - start < BOUND
