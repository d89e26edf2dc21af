"""One rule tells which part of sales is margin, wherever margin is spoken of."""

from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.metrics import formula
from b24kpi.metrics.catalogue import find, load
from b24kpi.metrics.margin import MEASURES, Sales
from b24kpi.metrics.model import Metric, Query
from b24kpi.metrics.period import Period
from tests.case_rows import Rows, moment
from tests.event_logs import ZONE
from tests.sql_engine import SqlEngine

SHARE = Fraction(1, 4)
AMOUNTS = st.integers(0, 10**9)
WITH_MARGIN = [metric for metric in load() if "margin" in formula.names(metric.numerator or "0")]
YEAR = Period.parse("2025")


@pytest.mark.parametrize("metric", WITH_MARGIN, ids=lambda metric: metric.id)
@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_formulas_of_the_catalogue_say_the_same(metric: Metric, rest: int, covered: int, bought: int) -> None:
    """Whatever else is taken off, a formula with a margin counts it by this rule."""
    sales = Sales(rest + covered, covered, bought)
    others: dict[str, int | Fraction] = dict.fromkeys(metric.measures, 0)
    known = others | dict(zip(MEASURES, (sales.money, covered, bought), strict=True)) | {"margin": SHARE}
    assert formula.evaluate(metric.numerator, known) == sales.margin(SHARE)


def test_without_prices_the_share_of_the_settings_counts() -> None:
    """Of what was sold, and of what was not, since the rate of nothing is not known otherwise."""
    assert Sales(1000).margin(SHARE) == 250
    assert Sales(1000).rate(SHARE) == Sales().rate(SHARE) == SHARE


def test_the_price_counts_where_it_is_known() -> None:
    """600 of 1000 cost 450: 150, and a quarter of the other 400."""
    assert Sales(1000, 600, 450).margin(SHARE) == 250
    assert Sales(1000, 600, 450).rate(SHARE) == Fraction(1, 4)


def test_what_customers_will_bring_is_counted_at_purchase_prices() -> None:
    """Of goods that cost three fifths of what they are sold for, two fifths of the money are left."""
    priced, plain = (predicted(is_priced=is_priced) for is_priced in (True, False))
    assert plain > 0
    assert priced == pytest.approx(plain * 0.4, rel=1e-4)


def predicted(*, is_priced: bool) -> float:
    """The value that customers will bring on average, without a margin of the settings."""
    rows = {"deal": list(purchases()), "product": [{"id": 1, "price": 60}] if is_priced else []}
    as_of = moment("2026-01-01", ZONE) - 1
    engine = SqlEngine.over(Rows(ZONE).tables(rows), time_zone=ZONE.key, as_of=as_of, report_currency="UAH").engine
    (value,) = engine.values(Query(find("ltv_predictive"), (YEAR,)))
    return float(value.value or 0)


def purchases() -> list[dict[str, Any]]:
    """300 customers who buy for 80 to 120, some of them often and some of them once."""
    random, found = Random(7), []
    for customer in range(1, 301):
        for _ in range(random.choice((1, 2, 3, 6))):
            day = f"2025-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
            pieces = random.randint(80, 120)
            found.append(
                {
                    "amount": pieces,
                    "contact_id": customer,
                    "rows": [[1, 1, pieces / 100]],
                    "steps": [[day, "NEW"], [f"{day}T12:00", "WON"]],
                }
            )
    return found
