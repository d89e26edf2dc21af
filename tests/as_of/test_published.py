"""Published values: what is kept, what is compared, and that nothing is overwritten."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from b24kpi.cache.published import Publication, first_published, publish
from b24kpi.cache.store import Store
from b24kpi.facts.figures import Figures
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.fingerprint import fingerprint
from b24kpi.metrics.model import Number, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.report.published import is_settled
from tests.facts.rows import at

KYIV, JUNE = ZoneInfo("Europe/Kyiv"), Period.parse("2026-06")
DAY = 86_400
FIRST = Publication("monthly", "won_deals", "2026-06", "{}", "d1", "5", 100, 100, 110)


@pytest.fixture
def store() -> Iterator[Store]:
    with Store(":memory:") as empty:
        yield empty


def settled(metric: str, value: Number | None, as_of: str, **further: object) -> bool:
    found = find(metric)
    each = Value(metric, JUNE, {}, value, found.unit, **further)  # type: ignore[arg-type]
    return is_settled(each, found, at(as_of, KYIV), KYIV, Figures(base_days=30))


@pytest.mark.parametrize(("as_of", "expected"), [("2026-06-30T23:59:59", False), ("2026-07-01", True)])
def test_a_sum_is_settled_when_its_period_is_over(as_of: str, expected: bool) -> None:
    """At local midnight."""
    assert settled("total_sales", Decimal("1.00"), as_of) is expected


def test_a_conversion_is_settled_when_its_cohort_is_mature() -> None:
    """Until then it rises by itself."""
    assert not settled("funnel_conversion", 0.5, "2026-07-20", flags=("immature",))
    assert settled("funnel_conversion", 0.5, "2026-07-20", flags=("fx_approx",))


@pytest.mark.parametrize(("as_of", "expected"), [("2026-07-10", False), ("2026-07-11", True)])
def test_a_median_is_settled_when_the_youngest_was_watched_for_so_long(as_of: str, expected: bool) -> None:
    """Ten days after the end of the period, if half of the cases end within ten days."""
    assert settled("sales_cycle", 10.0 * DAY, as_of) is expected


@pytest.mark.parametrize(("as_of", "expected"), [("2026-07-30", False), ("2026-07-31", True)])
def test_a_share_is_settled_when_all_were_watched_for_the_days_of_the_base(as_of: str, expected: bool) -> None:
    """Thirty days, here."""
    assert settled("early_visit_loss", 0.4, as_of) is expected


@pytest.mark.parametrize("reason", list(Reason))
def test_only_an_empty_period_is_a_settled_null(reason: Reason) -> None:
    """What could not be read, or is too early to tell, was not said."""
    assert settled("win_rate", None, "2026-07-20", reason=reason) is (reason is Reason.NO_EVENTS)


def test_what_ripens_by_the_gaps_of_all_customers_is_never_settled() -> None:
    """Later purchases change who is counted."""
    assert find("one_time_buyers").unit is Unit.RATIO
    assert not settled("one_time_buyers", 0.4, "2027-07-20")


def test_what_was_published_first_stays(store: Store) -> None:
    """A second publication of the same value is none, whatever it says."""
    publish(store, [FIRST])
    publish(store, [replace(FIRST, value="6", published_at=200)])
    assert first_published(store, "won_deals", "d1") == {("2026-06", "{}"): FIRST}


def test_the_earliest_of_several_reports_counts(store: Store) -> None:
    """Whichever report the value was in."""
    other = replace(FIRST, report="weekly", value="4", published_at=105)
    publish(store, [FIRST, other])
    assert first_published(store, "won_deals", "d1") == {("2026-06", "{}"): other}


def test_another_definition_is_another_value(store: Store) -> None:
    """Both are kept."""
    publish(store, [FIRST, replace(FIRST, definition="d2", value="9")])
    assert [first_published(store, "won_deals", each)["2026-06", "{}"].value for each in ("d1", "d2")] == ["5", "9"]


def test_the_fingerprint_is_of_all_that_decides_the_number() -> None:
    """Formula, figures, currency and zone; not names."""
    metric, figures, usual = find("aov"), Figures(), {"currency": "UAH", "time_zone": "Europe/Kyiv"}
    digest = fingerprint(metric, figures, **usual)
    assert fingerprint(replace(metric, names={"en": "Receipt"}), figures, **usual) == digest
    region = {name: replace(part, dimensions={"region": "(SELECT 1)"}) for name, part in metric.measures.items()}
    assert fingerprint(replace(metric, dimensions=("region",), measures=region), figures, **usual) == digest
    others = [
        fingerprint(replace(metric, numerator="orders"), figures, **usual),
        fingerprint(metric, Figures(base_days=90), **usual),
        fingerprint(metric, figures, currency="USD", time_zone="Europe/Kyiv"),
        fingerprint(metric, figures, currency="UAH", time_zone="UTC"),
    ]
    assert len({digest, *others}) == 5


def test_the_day_of_a_period_is_local() -> None:
    """So is its end."""
    assert JUNE.end == date(2026, 7, 1)
    assert not is_settled(
        Value("won_deals", JUNE, {}, 1, Unit.COUNT),
        find("won_deals"),
        at("2026-07-01", KYIV),
        ZoneInfo("UTC"),
        Figures(),
    )
