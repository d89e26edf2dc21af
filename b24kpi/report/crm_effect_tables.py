"""The effect of the CRM as tables for people: KPIs on both sides, then the months since go-live."""

from collections.abc import Iterator
from fractions import Fraction

from b24kpi.metrics.crm_comparison import Comparison
from b24kpi.metrics.crm_return import Month, totals
from b24kpi.metrics.model import Unit
from b24kpi.metrics.ratios import as_money
from b24kpi.report.crm_effect import Compared, Effect
from b24kpi.report.crm_effect_words import sentences
from b24kpi.report.grounds import reach
from b24kpi.report.table import Column, Pages, Table
from b24kpi.report.wording import DASH, Wording

_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def lay_out(effect: Effect, wording: Wording) -> Pages:
    """Sentences above tables above notes."""
    title = "\n".join([*sentences(effect, wording), ""])
    marks: dict[str, str] = {}
    tables = [_comparisons(effect, title, wording, marks)] if effect.compared else []
    if effect.payback.returns.months:
        tables.append(_months(effect, "" if tables else title, wording))
    opening = () if tables else (title,)
    return Pages(tuple(tables), (*opening, *_notes(effect, wording, marks)))


def _comparisons(effect: Effect, title: str, wording: Wording, marks: dict[str, str]) -> Table:
    numeric = ("before", "after", "change", "interval", "relative")
    heads = [
        _head("kpi", wording),
        *(_head(name, wording, numeric=True) for name in numeric),
        _head("verdict", wording),
    ]
    has_course = any(each.course for each in effect.compared)
    heads += [_head("slope", wording, numeric=True)] if has_course else []
    rows = (_comparison_row(each, wording, marks, has_course=has_course) for each in effect.compared)
    return Table(title, tuple(heads), tuple(rows))


def _comparison_row(each: Compared, wording: Wording, marks: dict[str, str], *, has_course: bool) -> tuple[str, ...]:
    found, unit = each.comparison, each.comparison.unit
    share = found.relative(found.difference)
    cells = (
        wording.name(found.metric) + _marked(found, wording, marks),
        wording.number(found.before, unit),
        wording.number(found.after, unit),
        wording.change(found.difference, unit, found.after),
        _interval(found.low, found.high, found, wording),
        DASH if share is None else _signed_share(share, wording),
        wording.say(f"effect.verdict.{each.verdict}"),
    )
    return (*cells, _slope(each, wording)) if has_course else cells


def _slope(each: Compared, wording: Wording) -> str:
    """The break of the trend, unless it may be chance."""
    course = each.course
    is_clear = course is not None and not course.slope_low <= 0 <= course.slope_high
    return wording.change(course.slope if course and is_clear else None, each.comparison.unit, each.comparison.after)


def _interval(low: float | None, high: float | None, found: Comparison, wording: Wording) -> str:
    if low is None or high is None:
        return ""
    return " … ".join(wording.change(bound, found.unit, found.after) for bound in (low, high))


def _signed_share(share: float, wording: Wording) -> str:
    sign = "+" if share > 0 else "−" if share < 0 else "±"
    return sign + wording.number(abs(share), Unit.RATIO)


def _months(effect: Effect, title: str, wording: Wording) -> Table:
    names = ("sales", "expected", "margin", "hours", "running", "total")
    heads = (_head("month", wording), *(_head(name, wording, numeric=True) for name in names))
    months = effect.payback.returns.months
    rows = (
        (month.period.label, *(_money(amount, wording) for amount in _amounts(month)), _money(total, wording))
        for month, total in zip(months, totals(months), strict=True)
    )
    return Table(title or wording.say("effect.months"), heads, tuple(rows))


def _amounts(month: Month) -> tuple[Fraction | None, ...]:
    return (month.sales, month.expected, month.margin, month.hours, month.running)


def _marked(found: Comparison, wording: Wording, marks: dict[str, str]) -> str:
    """Marks for what is to be known about a row."""
    texts = [wording.known("reason", str(found.reason))] if found.reason else []
    texts += [wording.known("flag", flag) for flag in found.flags]
    return " ".join(marks.setdefault(text, str(len(marks) + 1).translate(_DIGITS)) for text in texts)


def _notes(effect: Effect, wording: Wording, marks: dict[str, str]) -> Iterator[str]:
    yield from (f"{mark} {DASH} {text}" for text, mark in marks.items())
    if effect.compared:
        yield wording.say("effect.basis_note")
    if any(each.course for each in effect.compared):
        yield wording.say("effect.slope_note")
    if effect.payback.returns.months:
        yield wording.say("effect.months_note")
    yield from (_sentence(wording.known("flag", flag)) for flag in effect.payback.returns.flags)
    yield from reach(effect.grounds, wording)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _head(name: str, wording: Wording, *, numeric: bool = False) -> Column:
    return Column(wording.say(f"effect.column.{name}"), numeric)


def _money(hundredths: Fraction | None, wording: Wording) -> str:
    return DASH if hundredths is None else wording.number(as_money(hundredths), Unit.MONEY)
