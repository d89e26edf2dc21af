"""Wasted marketing money against the slow reference, where campaigns have leads enough to be judged."""

from datetime import date
from random import Random
from typing import Any

import pytest

from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, Tables, random_tables
from tests.reference.engine import Reference
from tests.sql_engine import SqlEngine
from tests.test_engine_against_reference import compare

ASKS = [("quarter", ()), ("quarter", ("source",)), ("year", ("utm_campaign",)), ("year", ("source", "utm_campaign"))]


def few_campaigns(seed: int) -> Tables:
    """Random rows of two sources and two campaigns; costs of all sizes."""
    rng, tables = Random(seed), random_tables(seed, 500)
    for table in ("deal", "lead"):
        for row in tables[table]:
            row |= {"source_id": rng.choice(["WEB", "CALL"]), "utm_campaign": rng.choice([None, "summer"])}
    for row in tables["cost"]:
        row |= {"source": rng.choice(["WEB", "CALL"]), "campaign": rng.choice(["", "summer"])}
        row |= {"kind": "marketing", "amount": rng.choice([0, 5_000_000, 900_000_000])}
    tables["cost"] = rng.sample(tables["cost"], 8)
    return tables


@pytest.mark.parametrize("seed", range(1, 4))
def test_wasted_money_equals_the_reference(seed: int) -> None:
    """Whole, and by source and campaign."""
    tables = few_campaigns(seed)
    given: dict[str, Any] = {"time_zone": TIME_ZONE, "as_of": AS_OF, "report_currency": REPORT_CURRENCY}
    engine, reference = SqlEngine.over(tables, **given), Reference(tables, **given)
    for period, by in ASKS:
        ask: dict[str, Any] = {"period": period, "start": date(2026, 1, 1), "end": date(2026, 12, 1), "by": by}
        found = engine.values("wasted_ad_spend", **ask)
        compare("wasted_ad_spend", found, reference.values("wasted_ad_spend", **ask))
    verdicts = {name for value in found.values() for name, money in value.extra.items() if name != "flags" and money}
    assert {"spend", "losing", "junk"} <= verdicts
