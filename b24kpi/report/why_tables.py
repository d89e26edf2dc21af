"""A change of sales as tables for people: the factors, the segments, the deals behind."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from babel.dates import format_date

from b24kpi.metrics.change import UNITS, Effect
from b24kpi.metrics.model import Number, Unit
from b24kpi.metrics.ratios import as_money
from b24kpi.report.grounds import reach
from b24kpi.report.table import Column, Pages, Table
from b24kpi.report.why import Change, Segment
from b24kpi.report.why_words import factor_name, sentences, value_name
from b24kpi.report.wording import DASH, Wording


def lay_out(change: Change, wording: Wording) -> Pages:
    """Sentences above tables above notes."""
    title = "\n".join([headline(change, wording), *sentences(change, wording), ""])
    if change.reason is not None:
        return Pages((), (title, *_notes(change, wording)))
    tables = [_factors(change, title, wording)]
    if change.segments:
        tables.append(_segments(change, wording))
    if change.deals:
        tables.append(_deals(change, wording))
    return Pages(tuple(tables), tuple(_notes(change, wording)))


def headline(change: Change, wording: Wording) -> str:
    """`Total sales, 2026-06 against 2026-05: 100.00 UAH → 90.00 UAH (−10.00 UAH)`; the slice behind the name."""
    ask = change.ask
    slices = (
        f"{wording.known('dimension', name)}: {change.where_labels.get(name) or value or wording.say('report.empty')}"
        for name, value in ask.where.items()
    )
    return wording.say(
        "why.headline",
        name=", ".join([wording.name(ask.metric), *slices]),
        period=ask.period.label,
        against=ask.base.label,
        before=_money(change.before, wording),
        after=_money(change.after, wording),
        change=_signed(change.change, wording),
    )


def in_unit(value: Fraction | None, factor: str) -> Number | None:
    """A factor's value in its unit: money in currency units, counts whole, rates as fractions."""
    unit = UNITS[factor]
    if value is None or unit is None:
        return None
    if unit is Unit.MONEY:
        return as_money(value)
    return int(value) if unit is Unit.COUNT else float(value)


def shown(change: Change) -> list[Effect]:
    """The effects worth a line: of paid shares and returns only where there is something to say."""
    return [each for each in change.effects if each.money or each.factor not in ("paid_share", "returns")]


def _factors(change: Change, title: str, wording: Wording) -> Table:
    periods = (change.ask.base.label, change.ask.period.label)
    heads = (
        _head("factor", wording),
        *(Column(label, numeric=True) for label in periods),
        _head("effect", wording, numeric=True),
        _head("interval", wording, numeric=True),
        _head("verdict", wording),
    )
    sums = (_money(change.before, wording), _money(change.after, wording), _signed(change.change, wording))
    last = (wording.say("why.total"), *sums, "", "")
    return Table(title, heads, (*(_factor_row(each, wording) for each in shown(change)), last))


def _factor_row(effect: Effect, wording: Wording) -> tuple[str, ...]:
    unit = UNITS[effect.factor] or Unit.MONEY
    values = (wording.number(in_unit(value, effect.factor), unit) for value in (effect.before, effect.after))
    has_bounds = effect.low is not None and effect.high is not None
    bounds = [_signed(round(bound or 0), wording) for bound in (effect.low, effect.high)] if has_bounds else []
    verdict = wording.say(f"why.verdict.{effect.verdict}") if effect.verdict else ""
    return (
        factor_name(effect.factor, wording),
        *values,
        _signed(effect.money, wording),
        " … ".join(bounds),
        verdict,
    )


def _segments(change: Change, wording: Wording) -> Table:
    heads = [Column(wording.dimension(name)) for name in change.ask.by]
    heads += [Column(label, numeric=True) for label in (change.ask.base.label, change.ask.period.label)]
    heads.append(_head("change", wording, numeric=True))
    factors = [name for name, money in change.within.items() if money or any(_brought(change.segments, name))]
    heads += [Column(factor_name(name, wording), numeric=True) for name in factors]
    blanks = ("",) * (len(change.ask.by) - 1)
    sums = (change.before, change.after)
    last = (wording.say("why.within"), *blanks, *(_money(each, wording) for each in sums))
    last += (_signed(change.change, wording), *(_signed(change.within[name], wording) for name in factors))
    rows = (_segment_row(segment, factors, wording) for segment in change.segments if _has_sales(segment))
    return Table(wording.say("why.by"), tuple(heads), (*rows, last))


def _has_sales(segment: Segment) -> bool:
    return bool(segment.before or segment.after or any(effect.money for effect in segment.effects))


def _segment_row(segment: Segment, factors: Sequence[str], wording: Wording) -> tuple[str, ...]:
    found = {effect.factor: effect.money for effect in segment.effects}
    return (
        *(value_name(segment, name, wording) for name in segment.by),
        _money(segment.before, wording),
        _money(segment.after, wording),
        _signed(segment.change, wording),
        *(_signed(found[name], wording) if name in found else "" for name in factors),
    )


def _brought(segments: Sequence[Segment], factor: str) -> Iterator[int]:
    return (effect.money for segment in segments for effect in segment.effects if effect.factor == factor)


def _deals(change: Change, wording: Wording) -> Table:
    names = ("factor", "deal", "outcome", "closed", "manager", "money")
    heads = tuple(_head(name, wording, numeric=name in ("deal", "money")) for name in names)
    rows = tuple(
        (
            factor_name(factor, wording),
            str(deal.deal_id),
            wording.say(f"why.outcome.{deal.outcome}"),
            format_date(deal.closed, "medium", locale=wording.language),
            deal.manager or deal.manager_id or DASH,
            _money(deal.money, wording),
        )
        for factor, deals in change.deals.items()
        for deal in deals
    )
    return Table(wording.say("why.behind"), heads, rows)


def _notes(change: Change, wording: Wording) -> Iterator[str]:
    if change.reason is None:
        yield wording.say("why.exact")
    if change.segments:
        yield wording.say("why.within_note")
    yield from (_sentence(wording.known("flag", flag)) for flag in change.flags)
    yield from reach(change.grounds, wording)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _head(name: str, wording: Wording, *, numeric: bool = False) -> Column:
    return Column(wording.say(f"why.column.{name}"), numeric)


def _money(hundredths: int, wording: Wording) -> str:
    return wording.number(as_money(Fraction(hundredths)), Unit.MONEY)


def _signed(hundredths: int, wording: Wording) -> str:
    return wording.change(as_money(Fraction(hundredths)), Unit.MONEY, None)
