"""What contract.md, section 3, says of a report as JSON, as a list of faults."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Any

HEAD = {"schema", "as_of", "time_zone", "currency", "coverage", "values"}
KEYS = {
    *("metric", "period", "from", "to", "by", "labels", "value", "unit", "numerator", "denominator", "n"),
    *("low", "high", "previous", "delta", "target", "reason", "flags"),
}
EXTRAS = {"p80", "median_of_won", "time_to_win", "nowcast"}
# Further figures in units of their own.
FIGURES = {
    *("unit_price", "covered", "of_customers", "volume", "mix", "new", "dropped", "other", "change"),
    *("pace", "expected_share", "current", "baseline", "goal", "on_track"),
}
UNITS = ("money", "count", "ratio")
REASONS = {"no_events", "not_configured", "no_permission", "not_mature", "insufficient_data", "not_loaded"}
DIMENSIONS = {
    *("pipeline", "stage", "manager", "department", "source", "utm_source", "utm_medium", "utm_campaign"),
    *("currency", "customer_kind", "lead_stage", "loss_reason", "visit", "product", "point", "kpi"),
}
AMOUNT = re.compile(r"-?\d+\.\d\d")
SUM = re.compile(r"-?\d+(\.\d\d)?")
PERIOD = re.compile(r"\d{4}(-\d\d(-\d\d)?|-W\d\d|-Q[1-4])?")


def faults(report: Mapping[str, Any]) -> list[str]:
    """Everything that a reader of the contract would stumble over."""
    found = [f"keys of the report: {set(report) ^ HEAD}"] if set(report) != HEAD else []
    found += [f"schema {report['schema']!r}"] if report["schema"] != 1 else []
    found += (
        [f"as_of {report['as_of']!r} has no offset"] if datetime.fromisoformat(report["as_of"]).tzinfo is None else []
    )
    found += [
        f"coverage of {name}: {state!r}" for name, state in report["coverage"].items() if not isinstance(state, str)
    ]
    for row in report["values"]:
        found += [f"{row['metric']} {row['period']} {row['by']}: {fault}" for fault in row_faults(row)]
    return found + list(order_faults(report["values"]))


def row_faults(row: Mapping[str, Any]) -> Iterator[str]:
    if not set(row) >= KEYS or not set(row) - KEYS <= EXTRAS | FIGURES:
        yield f"keys {set(row) ^ KEYS}"
    if not PERIOD.fullmatch(row["period"]):
        yield "name of the period"
    if not date.fromisoformat(row["from"]) < date.fromisoformat(row["to"]):
        yield "from is not before to"
    if not set(row["by"]) <= DIMENSIONS or not set(row["labels"]) <= set(row["by"]):
        yield f"dimensions {row['by']} {row['labels']}"
    if not all(isinstance(text, str) for text in (*row["by"].values(), *row["labels"].values(), *row["flags"])):
        yield "dimension values, labels and flags are texts"
    if (row["value"] is None) == (row["reason"] is None) or row["reason"] not in {None, *REASONS}:
        yield f"value {row['value']!r} with reason {row['reason']!r}"
    yield from number_faults(row)


def number_faults(row: Mapping[str, Any]) -> Iterator[str]:
    for name in ("value", "previous", "delta", "target", "low", "high", *(set(row) & EXTRAS)):
        if row[name] is not None and not fits(row["unit"], row[name]):
            yield f"{name} {row[name]!r} is no {row['unit']}"
    for name in set(row) & FIGURES:
        if row[name] is not None and not any(fits(unit, row[name]) for unit in UNITS):
            yield f"{name} {row[name]!r} is no figure"
    for name in ("numerator", "denominator"):
        if row[name] is not None and not (isinstance(row[name], str) and SUM.fullmatch(row[name])):
            yield f"{name} {row[name]!r} is no decimal text"
    if type(row["n"]) is not int or row["n"] < 0:
        yield f"n {row['n']!r}"


def fits(unit: str, number: Any) -> bool:
    """Money is a decimal text, a count an int, rates and seconds are numbers."""
    if unit == "money":
        return isinstance(number, str) and AMOUNT.fullmatch(number) is not None
    if unit == "count":
        return type(number) is int
    return unit in ("ratio", "duration", "number") and type(number) in (int, float)


def order_faults(rows: list[Mapping[str, Any]]) -> Iterator[str]:
    orders = [(row["metric"], row["from"], sorted(row["by"].items())) for row in rows]
    yield from (f"{after} comes after {before}" for before, after in pairwise(orders) if not before < after)
