"""The effect of the CRM in sentences."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

from babel.dates import format_date
from babel.numbers import format_decimal

from b24kpi.metrics.crm_windows import Span
from b24kpi.metrics.model import Reason, Unit
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.ratios import as_money
from b24kpi.report.crm_effect import Effect, Verdict, reason_of
from b24kpi.report.wording import Wording


def sentences(effect: Effect, wording: Wording) -> Iterator[str]:
    """What is compared with what, what clearly changed, when the CRM pays for itself."""
    if effect.go_live is None:
        yield wording.say("effect.no_go_live")
        return
    since = format_date(effect.go_live, "long", locale=wording.language).rstrip(".")
    if effect.after is None:
        yield wording.say("effect.too_early", day=since, days=effect.adaptation_days)
    else:
        yield wording.say("effect.headline", day=since, after=months(effect.after), before=_before(effect, wording))
        yield from _clear(effect, wording)
    yield payback(effect, wording)


def months(span: Span) -> str:
    """`2026-03 … 2026-10`, or the only month."""
    first, last = (Period.containing(day, Grain.MONTH).label for day in (span.start, span.end - timedelta(days=1)))
    return first if first == last else f"{first} … {last}"


def payback(effect: Effect, wording: Wording) -> str:
    """When the investment has returned, or is expected to."""
    found, reason = effect.payback, reason_of(effect)
    amounts = {"investment": _money(found.investment, wording), "recovered": _money(found.recovered, wording)}
    if found.months is not None:
        told = wording.say("effect.paid_back", months=_months(found.months, wording), **amounts)
        return f"{told} {wording.say('effect.fell_back')}" if found.fell_back else told
    if reason is Reason.NO_EVENTS:
        return wording.say("effect.no_month")
    if reason is not Reason.NOT_MATURE:
        return wording.say("effect.no_payback", why=wording.reason(reason or Reason.NO_EVENTS, "crm_payback"))
    told = wording.say("effect.not_yet", months=_months(float(found.passed), wording), **amounts)
    ahead = found.projection
    if ahead is None:
        return f"{told} {wording.say('effect.no_projection')}"
    if ahead.high is None:
        bounds = wording.say("effect.no_latest", low=_months(ahead.low or 0, wording))
    else:
        bounds = f"{_months(ahead.low or 0, wording)} … {_months(ahead.high, wording)}"
    return f"{told} {wording.say('effect.projection', months=_months(ahead.months, wording), bounds=bounds)}"


def _before(effect: Effect, wording: Wording) -> str:
    span = effect.before.span
    return wording.say(f"effect.basis.{effect.before.basis}", months=months(span) if span else "")


def _clear(effect: Effect, wording: Wording) -> Iterator[str]:
    for verdict in (Verdict.BETTER, Verdict.WORSE):
        names = [_named(each.comparison.metric, wording) for each in effect.compared if each.verdict is verdict]
        if names:
            yield wording.say(f"effect.{verdict}", names=", ".join(names))
    if not any(each.verdict in (Verdict.BETTER, Verdict.WORSE) for each in effect.compared):
        yield wording.say("effect.nothing_clear")


def _named(metric: str, wording: Wording) -> str:
    name = wording.name(metric)
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def _money(hundredths: Fraction, wording: Wording) -> str:
    return wording.number(as_money(hundredths), Unit.MONEY)


def _months(count: float, wording: Wording) -> str:
    return str(format_decimal(count, format="0.0", locale=wording.language))
