"""Morning: how it stands today in a sentence, nine figures, and what burns."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from b24kpi.metrics.model import Number, Unit
from b24kpi.metrics.period import Grain
from b24kpi.report.build import Ask
from b24kpi.report.model import Entry, Report
from b24kpi.report.why import WhyAsk
from b24kpi.report.why_words import sentence
from b24kpi.web.pages.dates import days_text, headed, period_name, tailed
from b24kpi.web.pages.model import Bar, Block, Cell, Screen, Spark, Tile, Words
from b24kpi.web.pages.screens.leaks import burning, leaks_of
from b24kpi.web.pages.sparks import spark
from b24kpi.web.pages.tables import mood
from b24kpi.web.pages.view import View, at_a_glance, by_metric

RUN = 12  # earlier periods in a sparkline
BURNING = 10
SALES, PLAN, LEADS, STUCK, LOST = "total_sales", "plan_attainment", "new_leads", "stuck_deals", "lost_requests"
# Sums over days: an unfinished period is compared with as many days of the one before.
ADDITIVE = (SALES, LEADS)
SERIES = (SALES, LEADS, "lead_to_customer_rate", "win_rate", "aov", "crr_strict", "repeat_purchase_share")
# What takes long is asked for one period only.
SINGLE = (PLAN, "sales_forecast", "sales_cycle", "response_time", STUCK, LOST)
FURTHER = {
    LEADS: (("lead_to_customer_rate", ""), ("lead_to_customer_rate", "nowcast")),
    "sales_cycle": (("sales_cycle", "median_of_won"),),
    "response_time": (("response_time", "within_sla"),),
    "crr_strict": (("repeat_purchase_share", ""),),
    "sales_forecast": (("sales_forecast", "open_deals"),),
}
TILES = (SALES, "sales_forecast", LEADS, "win_rate", "aov", "sales_cycle", "response_time", "at_stake", "crr_strict")


def build(view: View) -> Screen:
    """The screen of the period."""
    report = view.answers.report(*_asks(view))
    leaks = leaks_of(view)
    sheet = _Sheet(view, report, by_metric(report, view.filters.period))
    tiles = tuple(sheet.tile(name) for name in TILES)
    blocks: list[Block] = [*_sentences(view, sheet), tiles]
    if leaks is not None:
        blocks.append(burning(view, leaks, BURNING))
    return Screen("morning", view.say("screen.morning"), report.as_of, view.incomplete_of(report), tuple(blocks))


def _asks(view: View) -> list[Ask]:
    asks = [*view.ask(SERIES, count=RUN), *view.ask(SINGLE)]
    if view.filters.is_unfinished:
        before = view.filters.comparable
        for ask in view.ask(ADDITIVE):
            asks.append(replace(ask, grain=Grain.DAY, start=before.start, end=before.end))
    return asks


@dataclass(frozen=True)
class _Sheet:
    """Makes tiles out of a report; `present` are the entries of the chosen period."""

    view: View
    report: Report
    present: dict[str, list[Entry]]

    def entry(self, metric: str) -> Entry | None:
        return next(iter(self.present.get(metric, ())), None)

    def tile(self, name: str) -> Tile:
        if name == "at_stake":
            return self._at_stake()
        entry = self.entry(name)
        title, help_text = self.view.wording.name(name), self._help(name)
        if entry is None:
            return Tile(name, title, Cell("—", mood="quiet"), self.view.unanswered(name), help=help_text)
        value, words = entry.value, self.view.wording
        shown = replace(self.view.number(entry), text=at_a_glance(value.value, value.unit, words))
        change, against = self._change(entry)
        return Tile(
            id=name,
            name=title,
            value=shown,
            reason=words.reason(value.reason, name) if value.value is None and value.reason else "",
            change=change,
            against=against,
            interval=self._interval(entry),
            marks=tuple(words.known("flag", flag) for flag in value.flags),
            spark=self._spark(name, value.unit),
            plan=self._plan(entry),
            further=tuple(self._further(name)),
            help=help_text,
        )

    def _help(self, metric: str) -> str:
        return self.view.answers.catalogue.find(metric).helps[self.view.wording.language]

    def _interval(self, entry: Entry) -> str:
        value, words = entry.value, self.view.wording
        if value.metric == "sales_forecast" and value.value is not None:
            low, high = value.extra.get("low80"), value.extra.get("high80")
            bounds = [at_a_glance(each, Unit.MONEY, words) for each in (low, high)]
            return self.view.say("interval_80", interval=" … ".join(bounds))
        interval = words.interval(value.low, value.high, value.unit)
        return self.view.say("interval", interval=interval) if interval else ""

    def _change(self, entry: Entry) -> tuple[Cell | None, str]:
        """Against the period before; where the value is a sum and the period goes on, against the same days of it."""
        view, value = self.view, entry.value
        if value.metric not in SERIES:
            return None, ""
        before = view.filters.period.previous
        delta, against = entry.delta, period_name(before, view.wording.language)
        is_partial = view.filters.is_unfinished and value.metric in ADDITIVE
        if is_partial:
            delta, against = self._delta_of_days(entry), days_text(view.filters.comparable, view.wording.language)
        if delta is None:
            return None, ""
        share = self._share(value.value, delta, value.unit)
        text = share or view.wording.change(delta, value.unit, value.value)
        entry = replace(entry, delta=delta)
        href = "" if is_partial else view.rows(value.metric, before)
        return Cell(text, href, mood=_mood(view, entry)), view.say("against", period=against)

    def _delta_of_days(self, entry: Entry) -> Number | None:
        """Against the same days of the period before; None where one of them has no value."""
        days = [e.value.value for e in self.report.entries if _is_day(e, entry.value.metric)]
        if entry.value.value is None or not days or None in days:
            return None
        exact = Decimal(str(entry.value.value)) - sum((Decimal(str(day)) for day in days), Decimal(0))
        return int(exact) if entry.value.unit is Unit.COUNT else exact

    def _share(self, value: Number | None, delta: Number, unit: Unit) -> str:
        """Money and counts change by per cent; "" where that says nothing."""
        if unit not in (Unit.MONEY, Unit.COUNT) or value is None:
            return ""
        before = float(value) - float(delta)
        if before <= 0:
            return ""
        sign = "+" if delta > 0 else "−" if delta < 0 else "±"
        return sign + self.view.wording.number(abs(float(delta)) / before, Unit.RATIO)

    def _spark(self, metric: str, unit: Unit) -> Spark | None:
        if metric not in SERIES:
            return None
        grain = self.view.filters.period.grain
        run = [e for e in self.report.entries if e.value.metric == metric and e.value.period.grain is grain]
        texts = (f"{e.value.period.label}: {self.view.wording.number(e.value.value, unit)}" for e in run)
        return spark([e.value.value for e in run], "; ".join(texts))

    def _plan(self, entry: Entry) -> Bar | None:
        """Of sales the share of the plan and the pace; of what else has a plan only its figure."""
        plan, words = self.entry(PLAN), self.view.wording
        if entry.value.metric == SALES and plan is not None and plan.value.value is not None:
            share, expected = float(plan.value.value), plan.value.extra.get("expected_share")
            text = Cell(self._plan_text(share, expected), self.view.rows(PLAN))
            return Bar(min(1.0, max(0.0, share)), None if expected is None else float(expected), text)
        if entry.target is None or not entry.target or entry.value.value is None:
            return None
        target = at_a_glance(entry.target, entry.value.unit, words)
        share = float(entry.value.value) / float(entry.target)
        return Bar(min(1.0, max(0.0, share)), None, Cell(self.view.say("plan", plan=target)))

    def _plan_text(self, share: float, expected: Number | None) -> str:
        done = self.view.wording.number(share, Unit.RATIO)
        if expected is None or not self.view.filters.is_unfinished:
            return self.view.say("plan_done", share=done)
        return self.view.say("plan_pace", share=done, expected=self.view.wording.number(expected, Unit.RATIO))

    def _further(self, name: str) -> Iterator[tuple[str, Cell]]:
        for metric, extra in FURTHER.get(name, ()):
            entry = self.entry(metric)
            if entry is None or (extra and entry.value.extra.get(extra) is None):
                continue
            title = self.view.wording.known("extra", extra) if extra else self.view.wording.name(metric)
            cell = self.view.number(entry, extra)
            unit = entry.value.unit_of(extra) if extra else entry.value.unit
            yield title, replace(cell, text=at_a_glance(cell.value, unit, self.view.wording))

    def _at_stake(self) -> Tile:
        """Money in deals that do not move and in requests that nobody answers."""
        view, parts = self.view, []
        for metric, extra in ((STUCK, "money_at_stake"), (LOST, "recoverable_revenue")):
            entry = self.entry(metric)
            if entry is not None and entry.value.value is not None:
                parts.append((metric, entry, Decimal(str(entry.value.extra.get(extra) or 0))))
        title, help_text = view.say("at_stake"), view.say("at_stake_help")
        if not parts:
            return Tile("at_stake", title, Cell("—", mood="quiet"), view.unanswered(STUCK), help=help_text)
        total = sum((money for _, _, money in parts), Decimal(0))
        further = tuple((view.wording.name(metric), self._counted(entry, money)) for metric, entry, money in parts)
        value = Cell(at_a_glance(total, Unit.MONEY, view.wording), view.page("leaks"), value=total, unit=Unit.MONEY)
        return Tile("at_stake", title, value, further=further, help=help_text)

    def _counted(self, entry: Entry, money: Decimal) -> Cell:
        text = f"{entry.value.value} · {at_a_glance(money, Unit.MONEY, self.view.wording)}"
        return replace(self.view.number(entry), text=text)


def _mood(view: View, entry: Entry) -> str:
    """Compared with the same days, sums of an unfinished period can be judged, too."""
    if entry.value.metric in ADDITIVE and entry.delta:
        return "good" if entry.delta > 0 else "bad"
    return mood(view, entry)


def _is_day(entry: Entry, metric: str) -> bool:
    return entry.value.metric == metric and entry.value.period.grain is Grain.DAY


def _sentences(view: View, sheet: _Sheet) -> list[Words]:
    """What was sold, how that stands to the plan, and what made the difference."""
    sales = sheet.entry(SALES)
    if sales is None or sales.value.value is None:
        return []
    words, plan = view.wording, sheet.entry(PLAN)
    money = at_a_glance(sales.value.value, Unit.MONEY, words)
    lines = [view.say("sales", period=headed(view.period), money=money)]
    pace = ""
    if plan is not None and plan.value.value is not None:
        share, expected = float(plan.value.value), float(plan.value.extra.get("expected_share") or 0)
        texts = {"share": words.number(share, Unit.RATIO), "expected": words.number(expected, Unit.RATIO)}
        pace = "good" if share >= (expected if view.filters.is_unfinished else 1) else "bad"
        key = "sales_to_plan" if view.filters.is_unfinished else "sales_to_plan_done"
        lines = [view.say(key, period=headed(view.period), money=money, **texts)]
    return [Words((*lines, *_cause(view)), pace)]


def _cause(view: View) -> list[str]:
    """Why sales are others than in the comparable days before."""
    if view.unanswered("aov") or view.unanswered("win_rate"):
        return []
    ask = WhyAsk(SALES, view.filters.so_far, view.filters.comparable, where=view.filters.chosen)
    change = view.answers.why(ask)
    if change.reason is not None:
        return []
    before, language = view.filters.comparable, view.wording.language
    against = days_text(before, language) if view.filters.is_unfinished else period_name(before, language)
    return [view.say("compared", against=against, cause=tailed(sentence(change, view.wording)))]
