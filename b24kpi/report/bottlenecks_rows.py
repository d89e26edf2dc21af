"""Bottlenecks as plain data: one object for JSON, and the same numbers flat for CSV."""

from decimal import Decimal
from typing import Any

from b24kpi.metrics.model import Unit
from b24kpi.report.bottlenecks import Bottlenecks, StageRow
from b24kpi.report.rows import head, number


def as_data(found: Bottlenecks) -> dict[str, Any]:
    """The object for JSON: money as texts with two decimals, rates as fractions.

    Of each stage, `reached` is the sum of `advanced`, `lost`, `back` (in an earlier stage now), `transferred`, `here`.
    """
    return {
        **head(found.grounds),
        "from": found.period.start.isoformat(),
        "to": found.period.end.isoformat(),
        "where": dict(found.where),
        "reason": None if found.reason is None else str(found.reason),
        "stages": [_stage(row) | {"labels": dict(row.labels)} for row in found.stages],
    }


def flat_rows(found: Bottlenecks) -> list[dict[str, Any]]:
    """A row for each stage; money as numbers."""
    moneys = ("gain", "gain_low", "gain_high", "point_worth")
    span = {"from": found.period.start.isoformat(), "to": found.period.end.isoformat()}
    return [
        span
        | {name: Decimal(cell) if name in moneys and cell is not None else cell for name, cell in _stage(row).items()}
        | {f"label.{name}": row.labels.get(name, "") for name in ("pipeline", "stage")}
        for row in found.stages
    ]


def _stage(row: StageRow) -> dict[str, Any]:
    value = row.value
    low, high = row.interval or (None, None)
    return {
        "pipeline": row.pipeline,
        "stage": row.stage,
        "reached": value.n,
        **row.fates,
        "low": number(low, Unit.RATIO),
        "high": number(high, Unit.RATIO),
        **{name: number(further, value.unit_of(name)) for name, further in value.extra.items()},
        "gain": number(value.value, Unit.MONEY),
        "gain_low": number(value.low, Unit.MONEY),
        "gain_high": number(value.high, Unit.MONEY),
        "reason": None if value.reason is None else str(value.reason),
        "flags": list(value.flags),
    }
