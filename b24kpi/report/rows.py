"""A report as plain data: the JSON of contract.md section 3, and the same rows flat."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from b24kpi.metrics.model import Number, Unit
from b24kpi.report.model import SCHEMA, DataState, Entry, Report

_CENT = Decimal("0.01")
DIGITS = 6

# Columns of a flat row, in order; the two dictionaries come between `to` and `value`, further readings at the end.
BEFORE = ("metric", "period", "from", "to")
AFTER = (
    "value", "unit", "numerator", "denominator", "n", "low", "high", "previous", "delta", "target", "reason", "flags",
)  # fmt: skip

# Columns of what was published, where any value differs from it.
PUBLISHED = ("published", "published.as_of", "published.at")


def as_data(report: Report) -> dict[str, Any]:
    """The report as an object for JSON: money as decimal strings, rates as fractions, durations in seconds."""
    return {**head(report), "values": [entry_data(entry) for entry in report.entries]}


def head(state: DataState) -> dict[str, Any]:
    """How every object for JSON begins."""
    return {
        "schema": SCHEMA,
        "as_of": iso_moment(state.as_of, state.time_zone),
        "time_zone": state.time_zone,
        "currency": state.currency,
        "coverage": dict(state.coverage),
    }


def entry_data(entry: Entry) -> dict[str, Any]:
    """One value as an object for JSON."""
    value = entry.value
    row: dict[str, Any] = {
        "metric": value.metric,
        "period": value.period.label,
        "from": value.period.start.isoformat(),
        "to": value.period.end.isoformat(),
        "by": dict(value.by),
        "labels": dict(entry.labels),
        "value": number(value.value, value.unit),
        "unit": str(value.unit),
        "numerator": _sum(value.numerator),
        "denominator": _sum(value.denominator),
        "n": value.n,
        "low": number(value.low, value.unit),
        "high": number(value.high, value.unit),
        "previous": number(entry.previous, value.unit),
        "delta": number(entry.delta, value.unit),
        "target": number(entry.target, value.unit),
        "reason": None if value.reason is None else str(value.reason),
        "flags": list(value.flags),
    }
    row |= {name: number(further, value.unit_of(name)) for name, further in value.extra.items()}
    if entry.published is not None:
        first = entry.published
        row["published"] = {"value": number(first.value, value.unit), "as_of": first.as_of, "at": first.at}
    return row


def flat_rows(report: Report) -> tuple[list[str], list[dict[str, Any]]]:
    """Columns and rows for a sheet: `by.manager`, `label.manager`; cells as numbers, dates as ISO texts."""
    rows = [_flat(entry) for entry in report.entries]
    dimensions = _distinct(name for entry in report.entries for name in entry.value.by)
    labelled = set(_distinct(name for entry in report.entries for name in entry.labels))
    extras = _distinct(name for entry in report.entries for name in entry.value.extra)
    slices = [f"{kind}.{name}" for name in dimensions for kind in ("by", "label") if kind == "by" or name in labelled]
    published = PUBLISHED if any(entry.published for entry in report.entries) else ()
    return [*BEFORE, *slices, *AFTER, *extras, *published], rows


def number(value: Number | None, unit: Unit) -> str | int | float | None:
    """A value for JSON: money as a text with two decimals, the rest as a number with at most six."""
    if value is None or not math.isfinite(value):
        return None
    if unit is Unit.MONEY:
        return str(_money(value))
    rounded = round(float(value), DIGITS)
    whole = isinstance(value, int) or (unit not in (Unit.RATIO, Unit.NUMBER) and rounded.is_integer())
    return int(value) if whole else rounded


def iso_moment(seconds: float, time_zone: str) -> str:
    """ISO 8601 to the second, with the offset that the zone had then."""
    return datetime.fromtimestamp(int(seconds), UTC).astimezone(ZoneInfo(time_zone)).isoformat()


def _sum(value: Number | None) -> str | None:
    """The two sides of a ratio are texts, so that nobody's float rounds them: counts as they are, money to the cent."""
    if value is None:
        return None
    return str(value) if isinstance(value, int) else str(_money(value))


def _money(value: Number) -> Decimal:
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact.quantize(_CENT, ROUND_HALF_EVEN)


def _flat(entry: Entry) -> dict[str, Any]:
    row = entry_data(entry)
    by: Mapping[str, str] = row.pop("by")
    labels: Mapping[str, str] = row.pop("labels")
    row["flags"] = " ".join(row["flags"])
    row |= dict(zip(PUBLISHED, row.pop("published", {}).values(), strict=False))
    value = entry.value
    own = ("value", "low", "high", "previous", "delta", "target", "published") if value.unit is Unit.MONEY else ()
    moneys = (*own, *(name for name in value.extra if value.unit_of(name) is Unit.MONEY))
    row |= {name: Decimal(row[name]) for name in moneys if row.get(name) is not None}
    row |= {name: Decimal(row[name]) for name in ("numerator", "denominator") if row[name] is not None}
    return (
        row | {f"by.{name}": key for name, key in by.items()} | {f"label.{name}": text for name, text in labels.items()}
    )


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
