"""A change of sales as plain data: one object for JSON, and the same numbers flat for CSV."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from b24kpi.metrics.change import UNITS, Effect
from b24kpi.metrics.model import Unit
from b24kpi.metrics.ratios import as_money
from b24kpi.report.rows import head, number
from b24kpi.report.why import Change, Segment
from b24kpi.report.why_deals import Deal
from b24kpi.report.why_tables import in_unit
from b24kpi.report.why_words import sentences
from b24kpi.report.wording import Wording


def as_data(change: Change, wording: Wording) -> dict[str, Any]:
    """The object for JSON: money as texts with two decimals, rates as fractions, dates as ISO texts.

    `factors` add up to `change`, so do each segment's, and so does `within`, the sums over the segments. A factor has
    `before` and `after` in its `unit`, its `effect` with a 95 % interval `low` … `high`, all three money, and the
    `verdict`: within_noise, beyond_noise, too_few or null. With a `reason` there are no numbers.
    """
    ask, known = change.ask, change.reason is None
    return {
        **head(change.grounds),
        "metric": ask.metric,
        "period": ask.period.label,
        "against": ask.base.label,
        "where": dict(ask.where),
        **dict.fromkeys(("before", "after", "change")),
        **(_moneys(change) if known else {}),
        "text": list(sentences(change, wording)),
        "factors": _factors(change.effects, change.deals) if known else [],
        "segments": [_segment(each) for each in change.segments if known],
        "within": {factor: _text(money) for factor, money in change.within.items() if known},
        "reason": None if change.reason is None else str(change.reason),
        "unfinished": change.is_unfinished,
        "flags": list(change.flags),
    }


def flat_rows(change: Change) -> list[dict[str, Any]]:
    """A row for each factor of the whole (`level` whole), then for each of each segment (`level` segment)."""
    if change.reason is not None:
        return []
    head = {"metric": change.ask.metric, "period": change.ask.period.label, "against": change.ask.base.label}
    return [head | row for row in _flat(change)]


def _flat(change: Change) -> Iterator[dict[str, Any]]:
    blank = dict.fromkeys(change.ask.by, "")
    yield from ({"level": "whole", **_slices(blank, blank), **_flat_effect(each)} for each in change.effects)
    for segment in change.segments:
        slices = _slices(segment.by, blank | dict(segment.labels))
        yield from ({"level": "segment", **slices, **_flat_effect(each)} for each in segment.effects)


def _slices(by: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, str]:
    return {f"by.{name}": key for name, key in by.items()} | {f"label.{name}": labels[name] for name in by}


def _flat_effect(effect: Effect) -> dict[str, Any]:
    """Money as numbers: a text that begins with a minus is no number for a sheet."""
    row = _effect(effect)
    names = ("effect", "low", "high", *(("before", "after") if UNITS[effect.factor] is Unit.MONEY else ()))
    return row | {name: Decimal(row[name]) for name in names if row[name] is not None}


def _factors(effects: Iterable[Effect], deals: Mapping[str, Iterable[Deal]]) -> list[dict[str, Any]]:
    return [_effect(each) | {"deals": [_deal(deal) for deal in deals.get(each.factor, ())]} for each in effects]


def _effect(effect: Effect) -> dict[str, Any]:
    unit = UNITS[effect.factor]
    return {
        "factor": effect.factor,
        "unit": str(unit) if unit else None,
        "before": number(in_unit(effect.before, effect.factor), unit or Unit.MONEY),
        "after": number(in_unit(effect.after, effect.factor), unit or Unit.MONEY),
        "effect": _text(effect.money),
        "low": None if effect.low is None else _text(round(effect.low)),
        "high": None if effect.high is None else _text(round(effect.high)),
        "verdict": str(effect.verdict) if effect.verdict else None,
    }


def _segment(segment: Segment) -> dict[str, Any]:
    return {
        "by": dict(segment.by),
        "labels": dict(segment.labels),
        **_moneys(segment),
        "factors": [_effect(each) for each in segment.effects],
    }


def _moneys(change: Change | Segment) -> dict[str, str]:
    return {"before": _text(change.before), "after": _text(change.after), "change": _text(change.change)}


def _deal(deal: Deal) -> dict[str, Any]:
    return {
        "deal_id": deal.deal_id,
        "outcome": deal.outcome,
        "closed": deal.closed.isoformat(),
        "manager_id": deal.manager_id,
        "manager": deal.manager,
        "money": _text(deal.money),
    }


def _text(hundredths: int) -> str:
    """Hundredths as a text with two decimals."""
    return str(as_money(Fraction(hundredths)))
