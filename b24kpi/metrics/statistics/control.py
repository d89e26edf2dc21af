"""Control limits of counts and shares: how probable it is that chance alone makes so few."""

LIMIT = 0.00135  # one side of 3 sigma: 1 in 741


def few(count: int, mean: float) -> bool:
    """Whether a Poisson count of this mean is so low by chance less often than `LIMIT`."""
    from scipy.special import pdtr  # takes a while to load

    return mean > 0 and bool(pdtr(count, mean) < LIMIT)


def low_share(successes: int, trials: int, share: float) -> bool:
    """Whether of so many trials so few succeed by chance less often than `LIMIT`, where each does with this share."""
    from scipy.special import bdtr

    return trials > 0 and bool(bdtr(successes, trials, share) < LIMIT)
