"""A forecast as plain data: one object for JSON, and the periods flat for CSV."""

from decimal import Decimal
from typing import Any

from b24kpi.metrics.estimates import money
from b24kpi.metrics.model import Unit, Value
from b24kpi.report.forecast import Forecast, Line, StageLine
from b24kpi.report.forecast_words import sentences
from b24kpi.report.rows import head, number
from b24kpi.report.wording import Wording

MONEYS = ("value", "low80", "high80", "won_so_far", "open_deals", "new_business", "plan", "actual")


def as_data(forecast: Forecast, wording: Wording) -> dict[str, Any]:
    """The object for JSON: money as texts with two decimals, rates as fractions, dates as ISO texts.

    `whole` is the present period undivided, `forecast` holds it and those after it by the slices asked for: `value` =
    `won_so_far` + `open_deals` + `new_business`, with an 80 % interval `low80` … `high80`, the `plan` and the `chance`
    to reach it; `tested` holds earlier periods as they would have been forecast on their first day, beside the `actual`
    sales, `backtest_error` their mean error.
    """
    return {
        **head(forecast.grounds),
        "where": dict(forecast.ask.where),
        "text": list(sentences(forecast, wording)),
        "whole": _value(forecast.whole),
        "forecast": [_line(line) for line in forecast.lines],
        "stages": [_stage(each) for each in forecast.stages],
        "tested": [_value(each) for each in forecast.tested],
        "backtest_error": number(forecast.error, Unit.RATIO),
        "trend": _value(forecast.trend),
        "season": _value(forecast.season) | {"value": number(forecast.season.value, Unit.RATIO)},
    }


def flat_rows(forecast: Forecast) -> list[dict[str, Any]]:
    """A row for each period and combination, money as numbers."""
    rows = []
    for line in forecast.lines:
        row = _line(line)
        by, labels = row.pop("by"), row.pop("labels")
        row |= {"flags": " ".join(row["flags"])}
        row |= {name: Decimal(row[name]) for name in MONEYS if row.get(name) is not None}
        slices = {f"by.{name}": key for name, key in by.items()} | {
            f"label.{name}": key for name, key in labels.items()
        }
        rows.append(slices | row)
    return rows


def _line(line: Line) -> dict[str, Any]:
    plan = None if line.plan is None else str(money(line.plan))
    return _value(line.value) | {
        "labels": dict(line.labels),
        "plan": plan,
        "chance": number(line.chance, Unit.RATIO),
    }


def _value(value: Value) -> dict[str, Any]:
    row = {
        "period": value.period.label,
        "from": value.period.start.isoformat(),
        "to": value.period.end.isoformat(),
        "by": dict(value.by),
        "value": number(value.value, value.unit),
        "n": value.n,
        "reason": None if value.reason is None else str(value.reason),
        "flags": list(value.flags),
    }
    bounds = (
        {"low": number(value.low, value.unit), "high": number(value.high, value.unit)} if value.low is not None else {}
    )
    return row | bounds | {name: number(each, value.unit_of(name)) for name, each in value.extra.items()}


def _stage(each: StageLine) -> dict[str, Any]:
    moneys = {"amount": str(money(each.amount)), "expected": str(money(each.expected))}
    return {"pipeline": each.pipeline, "stage": each.stage, "labels": dict(each.labels), "deals": each.deals, **moneys}
