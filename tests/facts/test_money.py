"""Money of facts: at the rate snapshot of the day of the win."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.cache.store import Store
from b24kpi.facts.functions import Rates
from b24kpi.facts.refresh import read_rates, refresh
from tests.event_logs import ZONE
from tests.facts.rows import portal_of
from tests.sql_engine import insert

SNAPSHOTS = {
    "UAH": ((20260601, Fraction(1)),),
    "USD": ((20260601, Fraction(40)), (20260610, Fraction(50))),
    "JPY": ((20260601, Fraction(27, 100)),),
}
IN_UAH, IN_USD = Rates(SNAPSHOTS, "UAH"), Rates(SNAPSHOTS, "USD")


@pytest.mark.parametrize(
    ("day", "money"), [(20260601, 4000), (20260609, 4000), (20260610, 5000), (20270101, 5000), (None, 5000)]
)
def test_the_snapshot_of_the_day_holds_until_the_next(day: int | None, money: int) -> None:
    """What is still open is worth what it is worth now."""
    assert IN_UAH.to_report(100, "USD", day) == money
    assert IN_UAH.is_approx("USD", day) == 0


def test_before_the_oldest_snapshot_the_oldest_is_taken_and_flagged() -> None:
    """The portal does not tell earlier rates."""
    assert (IN_UAH.to_report(100, "USD", 20260531), IN_UAH.is_approx("USD", 20260531)) == (4000, 1)


def test_the_rate_of_the_report_currency_counts_as_well() -> None:
    """Where it is known from later on, or not at all, money of the others is approximate or unknown."""
    late = Rates({"UAH": ((20260601, Fraction(1)),), "EUR": ((20260610, Fraction(44)),)}, "EUR")
    assert (late.to_report(4400, "UAH", 20260605), late.is_approx("UAH", 20260605)) == (100, 1)
    assert late.is_approx("UAH", 20260610) == 0
    unknown = Rates(SNAPSHOTS, "EUR")
    assert (unknown.to_report(4400, "UAH", 20260605), unknown.is_unknown("UAH")) == (0, 1)


def test_the_report_currency_needs_no_rate() -> None:
    """Nor is anything approximate about it, on whatever day."""
    bare = Rates({}, "UAH")
    assert (bare.to_report(123, "UAH", 19990101), bare.is_approx("UAH", 19990101), bare.is_unknown("UAH")) == (
        123,
        0,
        0,
    )


@pytest.mark.parametrize("currency", ["XXX", "", None])
def test_money_of_an_unknown_currency_is_nothing_and_flagged(currency: str | None) -> None:
    """Better left out and said than added as if it were the report's."""
    assert (IN_UAH.to_report(100, currency, 20260605), IN_UAH.is_unknown(currency)) == (0, 1)
    assert IN_UAH.is_approx(currency, 20260605) == 0


def test_other_currencies_go_through_the_base() -> None:
    """Both by their snapshots of that day; halves of a cent go to the even one."""
    assert IN_USD.to_report(100_000, "JPY", 20260605) == 675
    assert IN_USD.to_report(100_000, "JPY", 20260615) == 540
    assert IN_USD.to_report(20, "UAH", 20260605) == 0
    assert IN_USD.to_report(60, "UAH", 20260605) == 2


@given(st.integers(-(10**12), 10**12), st.sampled_from(["USD", "JPY", "UAH"]), st.integers(2, 50))
def test_a_multiple_of_an_amount_is_a_multiple_of_its_money(amount: int, currency: str, factor: int) -> None:
    """Up to the rounding of one cent, and a refund is the same with a minus."""
    one = IN_UAH.to_report(amount, currency, 20260605)
    assert abs(IN_UAH.to_report(amount * factor, currency, 20260605) - one * factor) <= factor
    assert IN_UAH.to_report(-amount, currency, 20260605) == -one


def test_snapshots_are_read_oldest_first_as_prices_of_one_unit() -> None:
    """JPY is quoted per hundred; a rate of nothing is no rate."""
    with Store(":memory:") as store:
        for code, day, amount, count in (
            ("JPY", 20260602, 280_000, 100),
            ("JPY", 20260601, 270_000, 100),
            ("USD", 20260601, 0, 1),
        ):
            insert(store, "currency_rate", {"currency": code, "day": day, "amount": amount, "amount_cnt": count})
        rates = read_rates(store, "UAH")
    assert rates.snapshots == {"JPY": ((20260601, Fraction(27, 100)), (20260602, Fraction(28, 100)))}
    assert (rates.newest_day, Rates({}, "UAH").newest_day) == (20260602, 0)


def test_a_deal_is_worth_what_it_was_worth_on_the_day_of_its_win() -> None:
    """A later snapshot leaves closed ones alone, and is what open ones are worth."""
    won = {"steps": [("2026-06-01T10:00", "NEW"), ("2026-06-05T10:00", "WON")], "currency_id": "USD"}
    still_open = {"steps": [("2026-06-01T10:00", "NEW")], "currency_id": "USD"}
    with portal_of(won, still_open) as store:
        insert(store, "currency_rate", {"currency": "UAH", "day": 20260601, "amount": 10_000, "amount_cnt": 1})
        for day, amount in ((20260601, 400_000), (20260610, 500_000)):
            insert(store, "currency_rate", {"currency": "USD", "day": day, "amount": amount, "amount_cnt": 1})
            refresh(store, ZONE, "UAH")
        assert store.query("SELECT money, fx_approx, fx_unknown FROM fact_deal ORDER BY deal_id") == [
            (4000, 0, 0),
            (5000, 0, 0),
        ]
