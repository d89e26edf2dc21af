"""CDNOW through cache, facts and metrics: the figures that the papers and kpi.md 4.1, 4.2 print."""

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.customer_histories import Histories, Visits, histories, read_visits
from b24kpi.metrics.lifetime_value import Holdout, are_related, holdout, is_enough, look_ahead
from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.statistics import bgnbd, gamma_gamma
from tests.case_rows import Rows, moment
from tests.loaders import cdnow
from tests.sql_engine import SqlEngine

ZONE = ZoneInfo(cdnow.TIME_ZONE)
WEEKS_39 = date.fromisoformat(cdnow.CALIBRATED).toordinal()
LAST = date.fromisoformat(cdnow.LAST_DAY).toordinal()
YEARS = Period(date(1997, 1, 1), date(1999, 1, 1), Grain.YEAR)


def filled(name: str) -> SqlEngine:
    """The purchases as facts, as of the evening of the last day."""
    as_of = moment("1998-07-01", ZONE) - 1
    tables = Rows(ZONE).tables(cdnow.case(name))
    return SqlEngine.over(tables, time_zone=cdnow.TIME_ZONE, as_of=as_of, report_currency=cdnow.CURRENCY)


@pytest.fixture(scope="module")
def sample() -> SqlEngine:
    return filled("sample")


@pytest.fixture(scope="module")
def visits(sample: SqlEngine) -> Visits:
    return read_visits(sample.engine, Query(find("ltv_predictive"), (YEARS,)), ())


@pytest.fixture(scope="module")
def known(visits: Visits) -> Histories:
    return histories(visits, WEEKS_39)


@pytest.fixture(scope="module")
def held_out(visits: Visits) -> Holdout:
    found = holdout(visits, WEEKS_39, LAST)
    assert found is not None
    return found


def as_printed(known: Histories) -> bgnbd.Customers:
    """Weeks with two decimals, as the table that the published figures were fitted to has them."""
    return bgnbd.Customers(known.known.repeats, known.known.last.round(2), known.known.age.round(2))


def value(engine: SqlEngine, metric: str, period: Period = YEARS) -> Value:
    (found,) = engine.engine.values(Query(find(metric), (period,)))
    return found


def test_the_model_of_the_paper_is_found(known: Histories) -> None:
    """r .24259, alpha 4.41353, a .79289, b 2.42575, log-likelihood -9582.4256 (published: .243 4.414 .793 2.426)."""
    model = bgnbd.fit(as_printed(known))
    assert model is not None
    assert [round(each, 5) for each in (model.r, model.alpha, model.a, model.b)] == pytest.approx(
        [0.24259, 4.41353, 0.79289, 2.42575], abs=1.5e-5
    )
    assert round(model.log_likelihood, 4) == -9582.4256


def test_the_likelihood_of_the_published_model(known: Histories) -> None:
    """-9582.4268 at the rounded parameters."""
    published = bgnbd.BgNbd(0.243, 4.414, 0.793, 2.426)
    assert round(bgnbd.log_likelihood(published, as_printed(known)), 4) == -9582.4268


def test_the_model_of_amounts_is_found(known: Histories) -> None:
    """946 repeaters: p 6.2488, q 3.7446, gamma 15.4477 dollars, log-likelihood -4055.92, mean 35.17."""
    paid = known.paid > 0
    model = gamma_gamma.fit(known.paid[paid], np.floor(known.mean[paid] + 0.5) / 100)  # cents, halves upwards
    assert int(paid.sum()) == 946
    assert model is not None
    assert [model.p, model.q, model.v] == pytest.approx([6.2488, 3.7446, 15.4477], abs=1e-3)
    assert (round(model.log_likelihood, 2), round(model.mean or 0, 2)) == (-4055.92, 35.17)


def test_the_held_out_weeks_are_predicted_as_published(held_out: Holdout) -> None:
    """Weeks 40 to 78: 1,653 repeat days expected, 1,882 came, correlation .626 over customers."""
    assert (round(float(held_out.predicted.sum())), int(held_out.actual.sum())) == (1653, 1882)
    assert round(float(np.corrcoef(held_out.predicted, held_out.actual)[0, 1]), 3) == 0.626


def test_the_guards_let_the_data_pass(visits: Visits, known: Histories) -> None:
    """Enough repeaters, a history long enough, amounts that do not hang on the number of purchases."""
    assert is_enough(visits, known, WEEKS_39)
    assert not are_related(known)


def test_values_of_customers_are_plausible(known: Histories) -> None:
    """Whoever may still come is worth something; nobody more than undiscounted purchases at his amount."""
    future = look_ahead(known)
    assert future is not None
    assert future.amount is not None
    assert future.value is not None
    assert ((future.alive > 0) & (future.alive <= 1)).all()
    assert ((future.value > 0) & (future.value < future.purchases * future.amount)).all()
    assert (future.value > 0.9 * future.purchases * future.amount).all()


def test_the_report_says_what_the_model_says(sample: SqlEngine, known: Histories) -> None:
    """The mean over all 2,357 customers, as of the end of September 1997, and the check by the last fifth."""
    found = value(sample, "ltv_predictive", Period.parse("1997-09"))
    future = look_ahead(known)
    assert future is not None
    assert future.value is not None
    assert found.n == 2357
    assert found.value == pytest.approx(Decimal(round(float(future.value.mean()))) / 100)
    assert found.extra["expected_purchases"] == pytest.approx(float(future.purchases.mean()))
    assert found.extra["holdout_actual"] == actual_of_last_fifth(known)


def actual_of_last_fifth(known: Histories) -> Any:
    first = int(known.first.min())
    cut = first + int(0.8 * (WEEKS_39 - first))
    bought = cdnow.days("sample")
    newcomers = {customer for customer, day in bought if date.fromisoformat(day).toordinal() <= cut}
    later = (date.fromisoformat(day).toordinal() for customer, day in bought if customer in newcomers)
    return sum(1 for day in later if cut < day <= WEEKS_39)


@pytest.mark.bigdata
def test_the_whole_file_has_the_published_figures() -> None:
    """23,570 customers: 48.859 % came back, 36.99 dollars a day with purchases, 106.08 dollars a customer."""
    master = filled("master")
    repeaters, per_customer = value(master, "rpr"), value(master, "revenue_per_customer")
    assert (repeaters.denominator, round(float(repeaters.value or 0), 5)) == (23_570, 0.48859)
    assert (per_customer.numerator, per_customer.value) == (Decimal("2500315.63"), Decimal("106.08"))
    sales, days_with_purchases = value(master, "total_sales"), value(master, "won_deals")
    assert round(float(sales.value or 0) / float(days_with_purchases.value or 1), 2) == 36.99
