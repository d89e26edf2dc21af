"""Who differs from all the rest, and who may only seem to."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from b24kpi.metrics.model import Value
from tests.case_rows import Rows
from tests.event_logs import ZONE
from tests.sql_engine import SqlEngine

MONTH = {"period": "month", "start": date(2026, 6, 1), "end": date(2026, 7, 1)}


def leads(campaign: str, good: int, all_of_them: int) -> list[dict[str, Any]]:
    row = {"created": "2026-06-01", "utm_campaign": campaign}
    return [{**row, "status": "CONVERTED"}] * good + [row] * (all_of_them - good)


def flags(**campaigns: tuple[int, int]) -> Mapping[str, list[str]]:
    """Campaign → flags of its quality in June."""
    rows = [row for name, counts in campaigns.items() for row in leads(name, *counts)]
    engine = SqlEngine.over(Rows(ZONE).tables({"lead": rows}), time_zone=ZONE.key, as_of=1.8e9, report_currency="UAH")
    found = engine.values("campaign_lead_quality", **MONTH)
    return {key[0]: value.extra["flags"] for (_, key), value in found.items()}


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
    rows = leads("summer", 9, 10) + leads("brand", 3, 10)
    engine = SqlEngine.over(Rows(ZONE).tables({"lead": rows}), time_zone=ZONE.key, as_of=1.8e9, report_currency="UAH")
    (value,) = asked(engine, {"utm_campaign": "summer"})
    assert (value.value, value.extra["rest"], value.flags) == (0.9, 0.3, ("small_sample",))


def test_a_campaign_without_leads_is_answered_with_nothing() -> None:
    """Asked for by name it has a row, with the reason."""
    tables = Rows(ZONE).tables({"lead": leads("summer", 9, 10)})
    engine = SqlEngine.over(tables, time_zone=ZONE.key, as_of=1.8e9, report_currency="UAH")
    (value,) = asked(engine, {"utm_campaign": "spring"})
    assert (value.value, value.reason, value.extra["rest"]) == (None, "no_events", 0.9)


def asked(engine: SqlEngine, where: Mapping[str, str]) -> list[Value]:
    from b24kpi.metrics.catalogue import find
    from b24kpi.metrics.model import Query
    from b24kpi.metrics.period import Period

    return engine.engine.values(Query(find("campaign_lead_quality"), (Period.parse("2026-06"),), where=where))
