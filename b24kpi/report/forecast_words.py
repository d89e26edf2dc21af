"""A forecast in plain sentences: what to expect, how sure that is, where sales are heading, what the last change is."""

from collections.abc import Iterator
from decimal import Decimal

from b24kpi.metrics.model import Unit, Value
from b24kpi.report.forecast import Forecast
from b24kpi.report.wording import Wording

# From this sum on a sentence leaves out cents.
WHOLE_FROM = Decimal(1000)


def sentences(forecast: Forecast, wording: Wording) -> Iterator[str]:
    """All that there is to say."""
    yield from _expected(forecast.whole, wording)
    if forecast.error is not None:
        share = wording.number(forecast.error, Unit.RATIO)
        yield wording.say("forecast.missed", count=len(forecast.tested), error=share)
    if forecast.trend.value is not None:
        yield _trend(forecast.trend, wording)
    if forecast.season.flags:
        verdict = forecast.season.flags[0]
        periods = {"period": forecast.season.period.label, "before": forecast.season.period.previous.label}
        yield wording.say(f"forecast.{verdict}", **periods)


def amount(value: object, wording: Wording) -> str:
    """Money in a sentence, with its sign."""
    money = Decimal(str(value))
    return ("−" if money < 0 else "") + wording.money(money, whole=abs(money) >= WHOLE_FROM)


def _expected(value: Value, wording: Wording) -> Iterator[str]:
    """What is expected of the present period."""
    if value.reason is not None:
        yield wording.say("forecast.none", reason=wording.known("reason", str(value.reason)))
        return
    yield wording.say("forecast.expected", period=value.period.label, value=amount(value.value, wording))
    if value.extra["low80"] is not None:
        low, high = (amount(value.extra[name], wording) for name in ("low80", "high80"))
        yield wording.say("forecast.range", low=low, high=high)
    else:
        yield wording.say("forecast.pipeline_only")


def _trend(value: Value, wording: Wording) -> str:
    slope = Decimal(str(value.value))
    money = wording.money(slope, whole=abs(slope) >= WHOLE_FROM)
    direction = next((flag for flag in value.flags if flag.startswith("trend_")), "trend_unclear")
    return wording.say(f"forecast.{direction}", change=money, count=value.n)
