"""Who differs from all the rest, and who may only seem to."""

from collections.abc import Mapping
from typing import Any

import pytest

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.period import Period
from tests.case_rows import Rows
from tests.event_logs import ZONE
from tests.sql_engine import SqlEngine


def leads(campaign: str, good: int, all_of_them: int) -> list[dict[str, Any]]:
    row = {"created": "2026-06-01", "utm_campaign": campaign}
    return [{**row, "status": "CONVERTED"}] * good + [row] * (all_of_them - good)


def engine_over(rows: list[dict[str, Any]]) -> Engine:
    tables = Rows(ZONE).tables({"lead": rows})
    return SqlEngine.over(tables, time_zone=ZONE.key, as_of=1.8e9, report_currency="UAH").engine


def asked(rows: list[dict[str, Any]], **where: str) -> list[Value]:
    """The quality of June's leads."""
    query = Query(find("campaign_lead_quality"), (Period.parse("2026-06"),), where=where)
    return engine_over(rows).values(query)


def flags(**campaigns: tuple[int, int]) -> Mapping[str, list[str]]:
    """Campaign → flags of its quality in June."""
    rows = [row for name, counts in campaigns.items() for row in leads(name, *counts)]
    return {value.by["utm_campaign"]: list(value.flags) for value in asked(rows)}


@pytest.mark.parametrize(
    ("mine", "rest", "expected"),
    [
        ((56, 70), (48, 80), []),
        ((9, 10), (3, 10), ["small_sample"]),
        ((5, 10), (5, 10), ["no_difference", "small_sample"]),
        ((40, 80), (36, 70), ["no_difference"]),
    ],
)
def test_a_difference_is_told_by_the_interval_of_newcombe(
    mine: tuple[int, int], rest: tuple[int, int], expected: list[str]
) -> None:
    """Intervals .0524 to .3339 and .1705 to .8090 (Newcombe 1998, table II) leave out 0, the others do not."""
    assert flags(mine=mine, rest=rest) == {"mine": expected, "rest": expected}


def test_the_only_one_has_nobody_to_differ_from() -> None:
    """No flag of a comparison that was not made."""
    assert flags(only=(20, 40)) == {"only": []}


def test_a_condition_on_a_campaign_leaves_the_rest_as_it_is() -> None:
    """Asked for one campaign, the others are still what it is compared with."""
    (value,) = asked(leads("summer", 9, 10) + leads("brand", 3, 10), utm_campaign="summer")
    assert (value.value, value.extra["rest"], value.flags) == (0.9, 0.3, ("small_sample",))


def test_a_campaign_without_leads_is_answered_with_nothing() -> None:
    """Asked for by name it has a row, with the reason."""
    (value,) = asked(leads("summer", 9, 10), utm_campaign="spring")
    assert (value.value, value.reason, value.extra["rest"]) == (None, "no_events", 0.9)


def test_every_share_of_few_cases_is_marked() -> None:
    """Fewer than 30, whatever the KPI; none at all have their own reason."""
    engine = engine_over(leads("summer", 9, 29) + [{"created": "2026-07-01"}] * 30)
    months = tuple(Period.parse(f"2026-{month:02}") for month in (5, 6, 7))
    values = engine.values(Query(find("lead_to_deal_rate"), months))
    assert [("small_sample" in value.flags, value.n) for value in values] == [(False, 0), (True, 29), (False, 30)]


def test_a_share_of_deals_is_not_marked_for_the_money_beside_it() -> None:
    """An amount without a rate is left out of the share of money, which is no doubt about the share of deals."""
    deal = {"amount": 100, "currency_id": "XYZ", "steps": [["2026-06-01", "NEW"], ["2026-06-05", "WON"]]}
    tables = Rows(ZONE).tables({"deal": [deal]})
    engine = SqlEngine.over(tables, time_zone=ZONE.key, as_of=1.8e9, report_currency="UAH").engine
    flags = {
        name: set(engine.values(Query(find(name), (Period.parse("2026-06"),)))[0].flags)
        for name in ("win_rate", "total_sales")
    }
    assert flags == {"win_rate": {"small_sample"}, "total_sales": {"fx_unknown"}}
