"""The effect of the CRM as plain data: one object for JSON, and the same numbers flat for CSV."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from b24kpi.metrics.crm_return import Month
from b24kpi.metrics.crm_windows import Span
from b24kpi.metrics.model import Unit
from b24kpi.metrics.ratios import as_money
from b24kpi.report.crm_effect import Compared, Effect, reason_of
from b24kpi.report.crm_effect_words import sentences
from b24kpi.report.rows import head, number
from b24kpi.report.wording import Wording


def as_data(effect: Effect, wording: Wording) -> dict[str, Any]:
    """The object for JSON: money as texts with two decimals, rates as fractions, durations in seconds.

    Each of `comparisons` has `before`, `after`, their `difference` with its 95 % interval `low` … `high` in its `unit`
    (money and counts a month), the difference `relative` to before, the `verdict`, and the `slope` by which it has come
    to change each month since, beside the change before. `payback` has `value`, months from go-live, or a `reason`.
    """
    return {
        **head(effect.grounds),
        "go_live": None if effect.go_live is None else effect.go_live.isoformat(),
        "adaptation_days": effect.adaptation_days,
        "after": _span(effect.after),
        "before": _span(effect.before.span),
        "basis": str(effect.before.basis),
        "text": list(sentences(effect, wording)),
        "comparisons": [_comparison(each) for each in effect.compared],
        "payback": _payback(effect),
    }


def flat_rows(effect: Effect) -> list[dict[str, Any]]:
    """A row for each compared KPI (`part` comparison), then for each month since go-live (`part` month)."""
    compared = [{"part": "comparison", **_flat(_comparison(each))} for each in effect.compared]
    return compared + [{"part": "month", **_as_numbers(_month(each))} for each in effect.payback.returns.months]


def _span(span: Span | None) -> dict[str, str] | None:
    return None if span is None else {"from": span.start.isoformat(), "to": span.end.isoformat()}


def _comparison(each: Compared) -> dict[str, Any]:
    found, unit = each.comparison, each.comparison.unit
    course = each.course
    return {
        "metric": found.metric,
        "unit": str(unit),
        "basis": str(found.basis),
        "before": number(found.before, unit),
        "after": number(found.after, unit),
        "difference": number(found.difference, unit),
        "low": number(found.low, unit),
        "high": number(found.high, unit),
        "relative": number(found.relative(found.difference), Unit.RATIO),
        "n": found.n,
        "verdict": str(each.verdict),
        "slope": number(course.slope if course else None, unit),
        "slope_low": number(course.slope_low if course else None, unit),
        "slope_high": number(course.slope_high if course else None, unit),
        "reason": None if found.reason is None else str(found.reason),
        "flags": list(found.flags),
    }


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return (_as_numbers(row) if row["unit"] == Unit.MONEY else row) | {"flags": " ".join(row["flags"])}


def _as_numbers(row: dict[str, Any]) -> dict[str, Any]:
    """Money as numbers: a text that begins with a minus is no number for a sheet."""
    names = ("before", "after", "difference", "low", "high", "slope", "slope_low", "slope_high", *_MONTHLY)
    return row | {name: Decimal(row[name]) for name in names if row.get(name) is not None}


def _payback(effect: Effect) -> dict[str, Any]:
    payback, reason, ahead = effect.payback, reason_of(effect), effect.payback.projection
    return {
        "value": number(payback.months, Unit.NUMBER),
        "reason": None if reason is None else str(reason),
        "flags": list(payback.returns.flags),
        "investment": _text(payback.investment) if payback.investment else None,
        "recovered": _text(payback.recovered) if payback.returns.months else None,
        "passed": number(float(payback.passed), Unit.NUMBER) if payback.returns.months else None,
        "projected": number(ahead.months if ahead else None, Unit.NUMBER),
        "projected_low": number(ahead.low if ahead else None, Unit.NUMBER),
        "projected_high": number(ahead.high if ahead else None, Unit.NUMBER),
        "months": [_month(each) for each in payback.returns.months],
    }


_MONTHLY = ("sales", "expected", "margin", "hours", "running", "net")


def _month(month: Month) -> dict[str, Any]:
    return {
        "period": month.period.label,
        "from": month.period.start.isoformat(),
        "to": month.period.end.isoformat(),
        "sales": _text(month.sales),
        "expected": None if month.expected is None else _text(month.expected),
        "margin": _text(month.margin),
        "hours": _text(month.hours),
        "running": _text(month.running),
        "net": _text(month.net),
    }


def _text(hundredths: Fraction) -> str:
    return str(as_money(hundredths))
