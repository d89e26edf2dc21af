"""The share that is still running after so long, held to published data and to lifelines."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

from b24kpi.metrics.statistics.survival import Estimate, Observations, kaplan_meier_share
from tests.metrics.test_survival import PUBLISHED, SAMPLES, observed, remissions

NOTHING = Estimate(None, None, None)


@pytest.mark.parametrize(("week", "share"), PUBLISHED.items())
def test_published_shares_of_the_remission_data(week: int, share: float) -> None:
    """From the week on, and until the next in which somebody relapses."""
    exact = kaplan_meier_share(remissions(), week)
    assert round(exact.value or 0, 3) == share
    assert kaplan_meier_share(remissions(), week + 0.5) == exact


@settings(max_examples=100)
@given(SAMPLES, st.integers(1, 40))
def test_lifelines_finds_the_same_share(sample: list[tuple[int, bool]], horizon: int) -> None:
    """With its log-log interval, where the share is neither 0 nor 1 and somebody was watched so long."""
    seconds, ended = [duration for duration, _ in sample], [int(end) for _, end in sample]
    fitted = KaplanMeierFitter().fit(seconds, ended)
    share = float(fitted.predict(horizon))
    found = kaplan_meier_share(observed(seconds, ended), horizon)
    if share > 1e-12 and max(seconds) < horizon:
        assert found == NOTHING
        return
    assert found.value == pytest.approx(share)
    if 1e-12 < share < 1:
        band = fitted.confidence_interval_.loc[:horizon].to_numpy()[-1]
        assert (found.low, found.high) == pytest.approx((band.min(), band.max()))
    else:
        assert (found.low, found.high) == (None, None)


def test_nobody_has_no_share() -> None:
    """As with everything that is made of no rows."""
    none = np.empty(0)
    assert kaplan_meier_share(Observations(none, none.astype(bool), none.astype(bool)), 5) == NOTHING
