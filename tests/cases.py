"""Cases of fixtures/metrics as data: rows of the cache and the values that any engine must compute from them.

The format is described in fixtures/README.md. Nothing here computes a metric.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import isclose
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from b24kpi.metrics.catalogue import load
from b24kpi.metrics.model import Unit
from tests.case_rows import Rows, moment

FOLDER = Path(__file__).parent.parent / "fixtures" / "metrics"
MONEY = frozenset(metric.id for metric in load() if metric.unit is Unit.MONEY)
DURATION = frozenset(metric.id for metric in load() if metric.unit is Unit.DURATION)
UNITS_OF_TIME = {"d": 86400, "h": 3600, "m": 60, "s": 1}
NO_VALUE = "null"


@dataclass(frozen=True)
class Query:
    """What is asked of an engine: grain, local days start <= day < end, dimensions, cohort or flow, attribution."""

    period: str
    start: date
    end: date
    by: tuple[str, ...]
    mode: str
    attribution: str


@dataclass(frozen=True)
class Expectation:
    """What one value must be. Money is in minor units of the report currency, durations are in seconds.

    fields -- of the result: value (None = undefined), numerator, denominator, n, low, high, reason; only those stated.
    extra  -- further figures by name, such as p80; only those stated.
    """

    period: str
    key: tuple[str, ...]
    fields: Mapping[str, Any]
    extra: Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """Rows in, values out. `owners` maps a deal to (moment, user) pairs, oldest first, if the responsible changed."""

    metric: str
    name: str
    rule: str
    tables: dict[str, list[dict[str, Any]]]
    time_zone: str
    as_of: float
    report_currency: str
    margin: Fraction
    base_days: int
    hourly_rate: Fraction | None
    junk: tuple[str, ...]
    crm: Mapping[str, Any]
    point: str
    mapped: Mapping[str, Any]
    scheme: list[dict[str, Any]]
    query: Query
    expect: list[Expectation]
    owners: Mapping[int, list[tuple[float, int]]] = field(default_factory=dict)

    def owner_at(self, deal_id: int, at: float) -> int | None:
        """Who was responsible for the deal at the moment; None where the case does not say."""
        return next((user for since, user in reversed(self.owners.get(deal_id, [])) if since <= at), None)


def load_cases() -> list[Case]:
    """All cases, sorted by metric and name."""
    return [_case(path) for path in sorted(FOLDER.glob("*/*.toml"))]


def mismatches(expected: Expectation, result: Any) -> Iterator[str]:
    """What differs, as "value: expected 3/4, got 1/2"; `result` has the fields as attributes, `extra` is a mapping."""
    for name, wanted in expected.fields.items():
        if not _same(wanted, got := getattr(result, name), loose=name in ("low", "high")):
            yield f"{name}: expected {wanted}, got {got}"
    for name, wanted in expected.extra.items():
        if not _same(wanted, got := result.extra.get(name), loose=False):
            yield f"{name}: expected {wanted}, got {got}"


def _case(path: Path) -> Case:
    metric = path.parent.name
    text = tomllib.loads(path.read_text(encoding="utf-8"))
    zone = text.get("zone", "Europe/Kyiv")
    rows = Rows(ZoneInfo(zone))
    return Case(
        metric=metric,
        name=path.stem,
        rule=text["rule"],
        tables=rows.tables(text),
        time_zone=zone,
        as_of=moment(text.get("as_of", "2026-09-01"), ZoneInfo(zone)),
        report_currency=text.get("currency", "UAH"),
        margin=Fraction(text.get("margin", "1")),
        base_days=text.get("base_days", 365),
        hourly_rate=Fraction(text["hourly_rate"]) * 100 if "hourly_rate" in text else None,
        junk=tuple(text.get("junk", ("JUNK",))),
        crm=_crm(text.get("crm", {})),
        point=text.get("point", "department"),
        mapped=_mapped(text.get("mapped", {})),
        scheme=text.get("scheme", []),
        query=_query(text.get("query", {})),
        expect=[_expectation(metric, each) for each in text["expect"]],
        owners=rows.owners,
    )


def _crm(text: Mapping[str, Any]) -> dict[str, Any]:
    """Money in minor units, hours as they are; baselines in the unit of their KPI."""
    found: dict[str, Any] = {name: value for name, value in text.items() if name in ("go_live", "adaptation_days")}
    found |= {name: tuple(text[name]) for name in ("benefits", "counterfactual") if name in text}
    found |= {name: Fraction(str(text[name])) * 100 for name in ("investment", "subscription") if name in text}
    found |= {"saved_hours": Fraction(str(text["saved_hours"]))} if "saved_hours" in text else {}
    baseline = {name: _number(name, value, money=name in MONEY) for name, value in text.get("baseline", {}).items()}
    return found | ({"baseline": baseline} if baseline else {})


def _mapped(text: Mapping[str, Any]) -> dict[str, Any]:
    """Lists are those of stages."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in text.items()}


def _query(text: Mapping[str, Any]) -> Query:
    return Query(
        period=text.get("period", "month"),
        start=text.get("start", date(2026, 6, 1)),
        end=text.get("end", date(2026, 7, 1)),
        by=tuple(text.get("by", ())),
        mode=text.get("mode", "cohort"),
        attribution=text.get("attribution", "first"),
    )


def _expectation(metric: str, text: Mapping[str, Any]) -> Expectation:
    fields = {name: text[name] for name in ("n", "low", "high", "reason") if name in text}
    if "value" in text:
        fields["value"] = _number(metric, text["value"], money=metric in MONEY)
        fields.setdefault("reason", None)
    elif "reason" in text:
        fields["value"] = None
    if "numerator" in text:
        fields["numerator"] = _number(metric, text["numerator"], money=metric in MONEY | {"romi"})
    if "denominator" in text:
        fields["denominator"] = _number(metric, text["denominator"], money=metric == "romi")
    extra = {name: _extra(metric, value) for name, value in text.get("extra", {}).items()}
    return Expectation(text.get("at", "2026-06"), tuple(text.get("key", ())), fields, extra)


def _number(metric: str, text: Any, *, money: bool) -> Fraction:
    if metric in DURATION and isinstance(text, str) and text[-1] in UNITS_OF_TIME:
        return Fraction(sum(int(part[:-1]) * UNITS_OF_TIME[part[-1]] for part in text.split()))
    return Fraction(str(text)) * (100 if money else 1)


def _extra(metric: str, value: Any) -> Any:
    if value == NO_VALUE:
        return None
    return _number(metric, value, money=False) if isinstance(value, int | str) else value


def _same(wanted: Any, got: Any, *, loose: bool) -> bool:
    if wanted is None or got is None or isinstance(wanted, str | list):
        return bool(wanted == got)
    return isclose(wanted, got, rel_tol=1e-9, abs_tol=1e-4 if loose else 1e-9)
