"""Cases of fixtures/why: deals of May and June, and what each factor brought, worked out by hand."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from b24kpi.metrics.change import Effect
from b24kpi.metrics.period import Period
from b24kpi.report.why import Change, WhyAsk, diagnose
from tests.case_rows import Rows, moment
from tests.sql_engine import SqlEngine

CASES = sorted((Path(__file__).parent.parent / "fixtures" / "why").glob("*.toml"))
ZONE = ZoneInfo("Europe/Kyiv")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_effects_are_those_worked_out_by_hand(path: Path) -> None:
    """Of the whole, of each segment, and summed over the segments, in hundredths."""
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    found = changed(case)
    assert (found.before, found.after) == (hundredths(case["before"]), hundredths(case["after"]))
    if "whole" in case:
        assert by_factor(found.effects) == moneys(case["whole"])
    segments = [{"key": list(segment.by.values()), **by_factor(segment.effects)} for segment in found.segments]
    assert segments == [{"key": each["key"], **moneys(each)} for each in case.get("segment", ())]
    assert found.within == moneys(case.get("within", {}))


def changed(case: Mapping[str, Any]) -> Change:
    """June against May."""
    rows = Rows(ZONE)
    engine = SqlEngine.over(
        rows.tables(case), time_zone=ZONE.key, as_of=moment("2026-09-01", ZONE), report_currency="UAH"
    ).engine
    ask = WhyAsk("total_sales", Period.parse("2026-06"), by=tuple(case.get("by", ())))
    return diagnose(engine, ask, currency="UAH", language="en")


def by_factor(effects: tuple[Effect, ...]) -> dict[str, int]:
    return {effect.factor: effect.money for effect in effects}


def moneys(case: Mapping[str, Any]) -> dict[str, int]:
    return {factor: hundredths(money) for factor, money in case.items() if factor != "key"}


def hundredths(money: Any) -> int:
    return round(float(money) * 100)
