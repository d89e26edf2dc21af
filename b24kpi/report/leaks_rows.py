"""Leaks as plain data: one object for JSON, and the same numbers flat for CSV."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from b24kpi.metrics.ratios import as_money
from b24kpi.report.leaks import Item, Leak, Leaks
from b24kpi.report.rows import head


def as_data(found: Leaks) -> dict[str, Any]:
    """The object for JSON: money as texts with two decimals, ages in seconds; with a `reason` a leak has no numbers."""
    return {
        **head(found.grounds),
        "where": dict(found.where),
        "leaks": [_leak(leak) for leak in found.leaks],
        "left_out": list(found.left_out),
    }


def flat_rows(found: Leaks) -> list[dict[str, Any]]:
    """A row for each item of each leak; money as numbers."""
    return [{"leak": leak.metric} | row for leak in found.leaks for row in _flat(leak)]


def _leak(leak: Leak) -> dict[str, Any]:
    known = leak.reason is None
    return {
        "leak": leak.metric,
        "count": len(leak.items) if known else None,
        "checked": leak.checked if known else None,
        "recoverable": str(as_money(leak.recoverable)) if known else None,
        "flags": list(leak.flags),
        "reason": None if known else str(leak.reason),
        "items": [_item(item) | {"by": dict(item.by), "labels": dict(item.labels)} for item in leak.items],
    }


def _flat(leak: Leak) -> Iterator[dict[str, Any]]:
    for item in leak.items:
        row = _item(item)
        row |= {name: Decimal(row[name]) for name in ("money", "recoverable") if row[name] is not None}
        slices = {f"by.{name}": value for name, value in item.by.items()}
        yield row | slices | {f"label.{name}": item.labels.get(name, "") for name in item.by}


def _item(item: Item) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "id": item.number,
        "age": int(item.age),
        "causes": [cause.rpartition(".")[2] for cause in item.causes],
        "money": None if item.money is None else str(as_money(Fraction(item.money))),
        "recoverable": str(as_money(item.recoverable)),
    }
