"""Who will buy again, and how often: BG/NBD.

The model of Fader, Hardie and Lee ("Counting Your Customers the Easy Way", Marketing Science 24, 2005; formulas also at
https://www.brucehardie.com/papers/018/fader_et_al_mksc_05.pdf). While alive a customer buys at random at a rate of his
own, rates being gamma distributed (r, alpha); after each purchase he leaves with a probability of his own, these being
beta distributed (a, b). Times are in weeks throughout, though any unit would do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, hyp2f1

Floats = NDArray[np.float64]

# The expected number of purchases has a removable singularity at a = 1; so near to it, it is read beside it.
NEAR = 1e-6
SMALL, MOST_TERMS = 1e-14, 50_000
# Logarithms between which r, alpha, a and b are looked for. With the largest r, a and b customers hardly differ any
# more, and the likelihood is flat beyond; with the smallest a nobody leaves.
BOUNDS = ((-12.0, 3.0), (-12.0, 12.0), (-12.0, 5.0), (-12.0, 5.0))


@dataclass(frozen=True)
class Customers:
    """What is known of customers, one place of each array for each.

    Attributes:
        repeats: purchases after the first.
        last: time from the first purchase to the last, 0 without repeats.
        age: time from the first purchase to the end of the observation.
    """

    repeats: Floats
    last: Floats
    age: Floats


@dataclass(frozen=True)
class BgNbd:
    """A fitted model; `log_likelihood` is that of all customers it was fitted to."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = float("nan")


def fit(customers: Customers) -> BgNbd | None:
    """The model under which the customers are most likely; None without customers, or where none can be found.

    Customers with equal histories are counted once with their number, so that 100,000 of them take seconds.
    """
    histories, counts = np.unique(
        np.stack([customers.repeats, customers.last, customers.age]), axis=1, return_counts=True
    )
    if not histories.size:
        return None
    likelihood = _Likelihood(Customers(*histories), counts.astype(float))
    start = np.zeros(4)
    start[1] = np.log(max(float(customers.age.mean()), 1.0))
    options = {"maxiter": 500, "ftol": 1e-13, "gtol": 1e-9}
    found = minimize(likelihood, start, jac=True, method="L-BFGS-B", bounds=BOUNDS, options=options)
    if not np.isfinite(found.fun):
        return None
    r, alpha, a, b = (float(value) for value in np.exp(found.x))
    return BgNbd(r, alpha, a, b, -float(found.fun) * len(customers.repeats))


def log_likelihood(model: BgNbd, customers: Customers) -> float:
    """The sum over all customers."""
    parameters = np.log([model.r, model.alpha, model.a, model.b])
    return -_Likelihood(customers, np.ones_like(customers.repeats))(parameters)[0] * len(customers.repeats)


def alive(model: BgNbd, customers: Customers) -> Floats:
    """The probability that each has not left for good by the end of the observation; 1 without repeats."""
    return 1 / (1 + _odds_of_leaving(model, customers))


def expected_purchases(model: BgNbd, customers: Customers, time: float) -> Floats:
    """How many purchases each will make within `time` after the end of the observation."""
    a = _beside_one(model.a)
    share = time / (model.alpha + customers.age + time)
    rank = a + model.b + customers.repeats - 1
    left = 1 - _stay(model.r, a, model.b, customers.repeats, share)
    return np.asarray(rank / (a - 1) * left / (1 + _odds_of_leaving(model, customers)))


def _stay(r: float, a: float, b: float, x: Floats, share: Floats) -> Floats:
    """(1 - share)^(r + x) 2F1(r + x, b + x; a + b + x - 1; share).

    Where the series would grow without bound, Euler's transformation turns it into one that does not.
    """
    rank, is_bounded = a + b + x - 1, a - 1 - r - x > 0
    power = np.where(is_bounded, r + x, a - 1)
    return np.asarray(
        (1 - share) ** power
        * _series(np.where(is_bounded, r + x, a + b - 1 - r), np.where(is_bounded, b + x, a - 1), rank, share)
    )


def _series(a: Floats, b: Floats, c: Floats, share: Floats) -> Floats:
    """2F1(a, b; c; share); where scipy loses itself, near 1 with large parameters, term by term."""
    with np.errstate(all="ignore"):
        found = np.asarray(hyp2f1(a, b, c, share))
    lost = ~np.isfinite(found)
    if lost.any():
        found[lost] = _summed(a[lost], b[lost], c[lost], share[lost])
    return found


def _summed(a: Floats, b: Floats, c: Floats, share: Floats) -> Floats:
    term, total = np.ones_like(share), np.ones_like(share)
    for place in range(MOST_TERMS):
        term = term * (a + place) * (b + place) / ((c + place) * (place + 1)) * share
        total = total + term
        if (np.abs(term) <= SMALL * np.abs(total)).all():
            break
    return total


def expected_of_new(model: BgNbd, time: float) -> float:
    """How many purchases a customer will make within `time` after his first, which does not count."""
    nobody = np.zeros(1)
    return float(expected_purchases(model, Customers(nobody, nobody, nobody), time)[0])


def _odds_of_leaving(model: BgNbd, customers: Customers) -> Floats:
    x = customers.repeats
    silence = np.log((model.alpha + customers.age) / (model.alpha + customers.last))
    odds = model.a / np.where(x > 0, model.b + x - 1, 1.0) * np.exp(np.minimum((model.r + x) * silence, 700))
    return np.where(x > 0, odds, 0.0)


def _beside_one(a: float) -> float:
    return 1 + NEAR if abs(a - 1) < NEAR else a


class _Likelihood:
    """Minus the mean log-likelihood and its gradient, both by the logarithms of r, alpha, a and b.

    Terms that hang on the number of purchases only are computed once for each number that occurs.
    """

    def __init__(self, customers: Customers, counts: Floats) -> None:
        self._of, self._counts, self._total = customers, counts, counts.sum()
        self._numbers, self._place = np.unique(customers.repeats, return_inverse=True)
        self._is_repeater = customers.repeats > 0
        self._of_number = np.bincount(self._place, weights=counts).astype(float)

    def __call__(self, logarithms: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = np.exp(logarithms)
        n, x = self._numbers, self._of.repeats
        plain = gammaln(r + n) - gammaln(r) + r * np.log(alpha)
        plain += gammaln(a + b) + gammaln(b + n) - gammaln(b) - gammaln(a + b + n)
        to_end, to_last = np.log(alpha + self._of.age), np.log(alpha + self._of.last)
        stayed = -(r + x) * to_end
        left = np.where(
            self._is_repeater, np.log(a) - np.log(np.where(x > 0, b + x - 1, 1)) - (r + x) * to_last, -np.inf
        )
        either = np.logaddexp(stayed, left)
        weight = np.exp(left - either)
        total = _sum(self._of_number, plain) + _sum(self._counts, either)
        gradient = self._gradient((r, alpha, a, b), weight, (to_end, to_last))
        return -total / self._total, -gradient * np.exp(logarithms) / self._total

    def _gradient(self, model: tuple[float, ...], weight: Floats, logs: tuple[Floats, Floats]) -> Floats:
        """By the parameters themselves; `weight` is the probability to have left after the last purchase."""
        r, alpha, a, b = model
        n, x, c = self._numbers, self._of.repeats, self._counts
        to_end, to_last = logs
        per_number = self._of_number
        by_r = _sum(per_number, digamma(r + n) - digamma(r) + np.log(alpha)) - _sum(
            c, (1 - weight) * to_end + weight * to_last
        )
        spread = (1 - weight) / (alpha + self._of.age) + weight / (alpha + self._of.last)
        by_alpha = self._total * r / alpha - _sum(c, (r + x) * spread)
        common = digamma(a + b) - digamma(a + b + n)
        by_a = _sum(per_number, common) + _sum(c, weight) / a
        by_b = _sum(per_number, common + digamma(b + n) - digamma(b)) - _sum(c, weight / np.where(x > 0, b + x - 1, 1))
        return np.array([by_r, by_alpha, by_a, by_b])


def _sum(counts: Floats, values: Floats) -> float:
    """The sum with repetitions; not a dot product, whose threads take longer to start than this takes."""
    return float((counts * values).sum())
