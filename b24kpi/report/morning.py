"""How a period stands, in words: what was sold, what that is to the plan, what made the difference to before."""

from collections.abc import Iterable
from decimal import Decimal

from b24kpi.metrics.model import Metric, Number, Unit
from b24kpi.metrics.period import Grain
from b24kpi.report.build import Ask
from b24kpi.report.dates import days_text, headed, period_name, tailed
from b24kpi.report.elapsed import Elapsed
from b24kpi.report.model import Entry
from b24kpi.report.why import Change
from b24kpi.report.why_words import sentence
from b24kpi.report.wording import Wording, signed

SALES = "total_sales"
# What such a sentence takes beside the sales themselves.
FACTORS = ("aov", "win_rate")


def is_sum_of_days(metric: Metric) -> bool:
    """Whether a value is the sum of those of its days, so that a part of a period may be compared with another one."""
    measure = metric.measures.get(metric.numerator)
    if measure is None or metric.denominator or metric.analysis or metric.durations:
        return False
    return not (measure.distinct or measure.to_date or measure.previous)


def days_before(elapsed: Elapsed, metrics: Iterable[str]) -> list[Ask]:
    """What is to be asked so that sums of a period that goes on can be compared with as many days of the one before."""
    before = elapsed.comparable
    return [Ask((name,), Grain.DAY, before.start, before.end) for name in metrics] if elapsed.is_unfinished else []


def change_of_sum(entry: Entry, entries: Iterable[Entry]) -> Number | None:
    """A sum against the days that are among the entries; None where one of them has no value."""
    value = entry.value
    days = [other.value.value for other in entries if _is_day(other, value.metric)]
    if value.value is None or not days or None in days:
        return None
    exact = Decimal(str(value.value)) - sum((Decimal(str(day)) for day in days), Decimal(0))
    return int(exact) if value.unit is Unit.COUNT else exact


def change_text(value: Number | None, delta: Number, unit: Unit, wording: Wording) -> str:
    """Money and counts change by per cent, the rest, and what was nothing before, by a difference."""
    before = float(value) - float(delta) if unit in (Unit.MONEY, Unit.COUNT) and value is not None else 0.0
    if before <= 0 and unit is Unit.MONEY:
        return signed(delta, wording.at_a_glance(-delta if delta < 0 else delta, unit))
    if before <= 0:
        return wording.change(delta, unit, value)
    return signed(delta, wording.number(abs(float(delta)) / before, Unit.RATIO))


def against(elapsed: Elapsed, wording: Wording, *, same_days: bool) -> str:
    """With which time a value is compared: the period before, or with `same_days` so many days of it."""
    before = elapsed.comparable
    if same_days and elapsed.is_unfinished:
        return wording.say("morning.against", period=days_text(before, wording.language))
    return wording.say("morning.against", period=period_name(elapsed.period.previous, wording.language))


def share_of_plan(entry: Entry) -> float | None:
    """The value as a share of what is planned; of sales that is the KPI `plan_attainment`, without its forecast."""
    if entry.target is None or entry.target <= 0 or entry.value.value is None:
        return None
    return float(entry.value.value) / float(entry.target)


def sales_sentence(sales: Entry, elapsed: Elapsed, wording: Wording) -> str:
    """`November 2026: sales of 1,539,467 UAH, that is 87.0% of the plan with 72.7% of the working days gone.`

    Nothing where the sales are not known; no word of a plan where there is none.
    """
    if sales.value.value is None:
        return ""
    told = {
        "period": headed(period_name(elapsed.period, wording.language)),
        "money": wording.at_a_glance(sales.value.value, Unit.MONEY),
    }
    share = share_of_plan(sales)
    if share is None:
        return wording.say("morning.sales", **told)
    told["share"] = wording.number(share, Unit.RATIO)
    if not elapsed.is_unfinished:
        return wording.say("morning.sales_to_plan_done", **told)
    return wording.say("morning.sales_to_plan", **told, expected=wording.number(elapsed.gone, Unit.RATIO))


def cause_sentence(change: Change, elapsed: Elapsed, wording: Wording) -> str:
    """Why sales are others than in the comparable days before; nothing where nobody can tell."""
    if change.reason is not None:
        return ""
    before, language = elapsed.comparable, wording.language
    period = days_text(before, language) if elapsed.is_unfinished else period_name(before, language)
    return wording.say("morning.compared", against=period, cause=tailed(sentence(change, wording)))


def _is_day(entry: Entry, metric: str) -> bool:
    return entry.value.metric == metric and entry.value.period.grain is Grain.DAY
