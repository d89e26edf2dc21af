"""What a customer's next purchase is worth: Gamma-Gamma.

The model of Fader and Hardie ("The Gamma-Gamma Model of Monetary Value", 2013,
https://www.brucehardie.com/notes/025/gamma_gamma.pdf). A customer's amounts vary around a mean of his own; the less he
has bought, the more his expected mean is drawn towards that of all. It assumes that amounts and number of purchases
have nothing to do with each other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

Floats = NDArray[np.float64]

WIDEST = 15.0  # of the logarithm of a parameter: beyond it the data do not tell what it is

OPTIONS = {"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-10}


@dataclass(frozen=True)
class GammaGamma:
    """A fitted model: p and q shape amounts and means, `v` scales them; money is in the unit of the amounts."""

    p: float
    q: float
    v: float
    log_likelihood: float = float("nan")

    @property
    def mean(self) -> float | None:
        """The mean amount of all customers; None where the model has no finite one."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else None


def fit(counts: Floats, means: Floats) -> GammaGamma | None:
    """The model under which the mean amounts (all above 0) of so many purchases each are most likely.

    None without amounts, or where the data do not settle it.
    """
    if len(counts) == 0:
        return None
    scale = float(means.mean())
    start = np.log([6.0, 4.0, 3.0])
    bounds = [(-WIDEST, WIDEST)] * 3
    given = {"args": (counts, means / scale), "jac": True, "bounds": bounds, "options": OPTIONS}
    found = minimize(_loss, start, method="L-BFGS-B", **given)
    if not np.isfinite(found.fun) or (np.abs(found.x) > WIDEST - 1e-6).any():
        return None
    p, q, v = (float(value) for value in np.exp(found.x))
    return GammaGamma(p, q, v * scale, _unscaled(found.fun, counts, scale))


def fit_to_mean(counts: Floats, means: Floats) -> GammaGamma | None:
    """The same, of the models whose mean is that of all purchases: where tails are heavy, a free one runs away."""
    if len(counts) == 0:
        return None
    scale = float(counts @ means / counts.sum())
    bounds = [(-WIDEST, WIDEST)] * 2
    given = {"args": (counts, means / scale), "jac": True, "bounds": bounds, "options": OPTIONS}
    found = minimize(_tied_loss, np.log([6.0, 3.0]), method="L-BFGS-B", **given)
    if not np.isfinite(found.fun):
        return None
    p, above = (float(value) for value in np.exp(found.x))
    return GammaGamma(p, 1 + above, above / p * scale, _unscaled(found.fun, counts, scale))


def expected_amount(model: GammaGamma, counts: Floats, means: Floats) -> Floats:
    """What each customer's purchases will be worth on average; with a count of 0, the mean of all."""
    return np.asarray(model.p * (model.v + counts * means) / (model.p * counts + model.q - 1))


def _loss(logarithms: Floats, x: Floats, m: Floats) -> tuple[float, Floats]:
    """Minus the mean log-likelihood and its gradient, both by the logarithms of p, q and v."""
    p, q, v = np.exp(logarithms)
    loss, gradient = _by_parameters(p, q, v, x, m)
    return loss, gradient * np.array([p, q, v])


def _tied_loss(logarithms: Floats, x: Floats, m: Floats) -> tuple[float, Floats]:
    """By the logarithms of p and q - 1, where v makes the mean 1."""
    p, above = np.exp(logarithms)
    v = above / p
    loss, (by_p, by_q, by_v) = _by_parameters(p, 1 + above, v, x, m)
    return loss, np.array([by_p * p - by_v * v, by_q * above + by_v * v])


def _by_parameters(p: float, q: float, v: float, x: Floats, m: Floats) -> tuple[float, Floats]:
    total = np.log(x * m + v)
    chance = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
    chance = chance + (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * total
    both = digamma(p * x + q)
    by_p = x * (both - digamma(p * x) + np.log(m) + np.log(x) - total)
    by_q = both - digamma(q) + np.log(v) - total
    by_v = q / v - (p * x + q) / (x * m + v)
    return -float(chance.mean()), -np.array([by_p.mean(), by_q.mean(), by_v.mean()])


def _unscaled(loss: float, counts: Floats, scale: float) -> float:
    """The log-likelihood of amounts that were divided by `scale` for the fit."""
    return -len(counts) * (float(loss) + float(np.log(scale)))
