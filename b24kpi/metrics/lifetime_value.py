"""What customers will still bring: BG/NBD for how often, Gamma-Gamma for how much, discounted month by month."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.customer_histories import WEEK, Histories, Visits, histories, median_gap
from b24kpi.metrics.statistics import bgnbd, gamma_gamma
from b24kpi.metrics.statistics.bgnbd import BgNbd, Customers
from b24kpi.metrics.statistics.gamma_gamma import GammaGamma

Floats = NDArray[np.float64]

MONTHS = 12  # for which the value is counted
MONTH = 365 / 12 / WEEK  # weeks
DISCOUNT = 0.1  # a year
FEWEST = 100  # customers who came back
GAPS = 3  # median gaps that the history has to span
UNRELATED = 0.3  # up to which correlation amounts count as having nothing to do with the number of purchases
ASTRAY = 0.2  # how far the mean of the model of amounts may lie from that of the purchases
CALIBRATED = 0.8  # share of the history that the check fits the model to


@dataclass(frozen=True)
class Holdout:
    """The model fitted to the earlier part of the history, held against the rest of it.

    Attributes:
        customer: places of the customers who were there in the earlier part.
        predicted, actual: visits of each in the later part.
    """

    customer: NDArray[np.int64]
    predicted: Floats
    actual: Floats


@dataclass(frozen=True)
class Future:
    """What is to be expected of each customer.

    Attributes:
        alive: probability that he has not left for good; fresh: the same on the evening of his last visit.
        purchases: within the months.
        amount: of a purchase, in hundredths; None where amounts cannot be told from the number of purchases.
        value: discounted, in hundredths, before margin; None likewise.
    """

    of: Histories
    alive: Floats
    fresh: Floats
    purchases: Floats
    amount: Floats | None
    value: Floats | None


def is_enough(visits: Visits, known: Histories, day: int) -> bool:
    """Whether there are customers enough who came back, and a history long enough to see them do so."""
    gap = median_gap(visits.until(day))
    repeaters = int((known.known.repeats > 0).sum())
    return repeaters >= FEWEST and gap is not None and day - int(known.first.min()) >= GAPS * gap


def look_ahead(known: Histories, months: int = MONTHS) -> Future | None:
    """The future of all customers; None where the data do not settle the model."""
    model = bgnbd.fit(known.known)
    if model is None:
        return None
    flow = _expected(model, known.known, [month * MONTH for month in range(1, months + 1)])
    amounts = _amounts(known)
    amount = None if amounts is None else gamma_gamma.expected_amount(amounts, known.paid, known.mean)
    discounted = np.diff(flow, axis=0, prepend=0).T @ (1 + DISCOUNT) ** (-np.arange(1, months + 1) / 12)
    value = None if amount is None else discounted * amount
    seen = known.known
    fresh = bgnbd.alive(model, Customers(seen.repeats, seen.last, seen.last))
    return Future(known, bgnbd.alive(model, seen), fresh, flow[-1], amount, value)


def are_related(known: Histories) -> bool:
    """Whether who buys oftener also pays more or less, so that one cannot be told without the other."""
    paid, mean = known.paid[known.paid > 0], known.mean[known.paid > 0]
    if len(paid) < 2 or np.ptp(paid) == 0 or np.ptp(mean) == 0:
        return False
    return bool(abs(np.corrcoef(paid, mean)[0, 1]) >= UNRELATED)


def holdout(visits: Visits, cut: int, day: int) -> Holdout | None:
    """Fit to the visits up to `cut`, predict those after it up to `day`; None where the first are too few."""
    earlier = histories(visits, cut)
    if int((earlier.known.repeats > 0).sum()) < FEWEST:
        return None
    model = bgnbd.fit(earlier.known)
    if model is None:
        return None
    later = visits.until(day)
    counts = np.bincount(later.customer[later.day > cut], minlength=len(visits.names))
    (predicted,) = _expected(model, earlier.known, [(day - cut) / WEEK])
    return Holdout(earlier.customer, predicted, counts[earlier.customer].astype(float))


def usual_cut(known: Histories, day: int) -> int:
    """The day up to which the usual check fits the model: the last fifth of the time is held out."""
    first = int(known.first.min())
    return first + int(CALIBRATED * (day - first))


def _amounts(known: Histories) -> GammaGamma | None:
    """What amounts hang on; None where it is unsettled, or where they hang on the number of purchases."""
    if are_related(known):
        return None
    counts, means = known.paid[known.paid > 0], known.mean[known.paid > 0]
    if len(counts) < FEWEST:
        return None
    model, plain = gamma_gamma.fit(counts, means), float(counts @ means / counts.sum())
    if model is not None and model.mean is not None and abs(model.mean / plain - 1) <= ASTRAY:
        return model
    return gamma_gamma.fit_to_mean(counts, means)


def _expected(model: BgNbd, known: Customers, times: Sequence[float]) -> Floats:
    """Expected visits, a row for each time; customers with equal histories are computed once."""
    rows, place = np.unique(np.stack([known.repeats, known.last, known.age]), axis=1, return_inverse=True)
    distinct = Customers(*rows)
    return np.stack([bgnbd.expected_purchases(model, distinct, time) for time in times])[:, place.ravel()]
