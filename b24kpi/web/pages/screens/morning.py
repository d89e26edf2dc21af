"""Morning: how it stands today in a sentence, nine figures, and what burns."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from b24kpi.metrics.model import Unit
from b24kpi.metrics.period import Grain
from b24kpi.metrics.ratios import as_money
from b24kpi.report.build import Ask
from b24kpi.report.leaks import Leaks
from b24kpi.report.model import Entry, Report
from b24kpi.report.morning import (
    FACTORS,
    SALES,
    against,
    cause_sentence,
    change_of_sum,
    change_text,
    sales_sentence,
    share_of_plan,
)
from b24kpi.report.why import WhyAsk
from b24kpi.web.pages.model import Bar, Block, Cell, Screen, Spark, Tile, Words
from b24kpi.web.pages.screens.leaks import burning, leaks_of
from b24kpi.web.pages.sparks import spark
from b24kpi.web.pages.tables import mood
from b24kpi.web.pages.view import View, at_a_glance, by_metric

RUN = 12  # earlier periods in a sparkline
BURNING = 10
PLAN, LEADS, STUCK, LOST = "plan_attainment", "new_leads", "stuck_deals", "lost_requests"
# Sums over days: an unfinished period is compared with as many days of the one before.
ADDITIVE = (SALES, LEADS)
SERIES = (SALES, LEADS, "lead_to_customer_rate", "win_rate", "aov", "crr_strict", "repeat_purchase_share")
# What takes long is asked for one period only.
SINGLE = ("sales_forecast", "sales_cycle", "response_time", LOST)
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
    sheet = _Sheet(view, report, by_metric(report, view.filters.period), leaks)
    tiles = tuple(sheet.tile(name) for name in TILES)
    blocks: list[Block] = [*_sentences(view, sheet), tiles]
    if leaks is not None:
        blocks.append(burning(view, leaks, BURNING))
    return Screen("morning", view.say("screen.morning"), report.as_of, view.incomplete_of(report), tuple(blocks))


def _asks(view: View) -> list[Ask]:
    asks = [*view.ask(SERIES, count=RUN), *view.ask(SINGLE)]
    if not view.filters.is_unfinished:
        asks += view.ask((STUCK,))  # of a period that goes on the leaks tell the same
    else:
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
    leaks: Leaks | None

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
        view, value, elapsed = self.view, entry.value, self.view.filters.elapsed
        if value.metric not in SERIES:
            return None, ""
        is_partial = elapsed.is_unfinished and value.metric in ADDITIVE
        delta = change_of_sum(entry, self.report.entries) if is_partial else entry.delta
        if delta is None:
            return None, ""
        text = change_text(value.value, delta, value.unit, view.wording)
        href = "" if is_partial else view.rows(value.metric, elapsed.period.previous)
        cell = Cell(text, href, mood=_mood(view, replace(entry, delta=delta)))
        return cell, against(elapsed, view.wording, same_days=is_partial)

    def _spark(self, metric: str, unit: Unit) -> Spark | None:
        if metric not in SERIES:
            return None
        grain = self.view.filters.period.grain
        run = [e for e in self.report.entries if e.value.metric == metric and e.value.period.grain is grain]
        texts = (f"{e.value.period.label}: {self.view.wording.number(e.value.value, unit)}" for e in run)
        return spark([e.value.value for e in run], "; ".join(texts))

    def _plan(self, entry: Entry) -> Bar | None:
        """Of sales the share of the plan and the pace; of what else has a plan only its figure."""
        share = share_of_plan(entry)
        if share is None:
            return None
        filled = min(1.0, max(0.0, share))
        if entry.value.metric != SALES:
            target = at_a_glance(entry.target, entry.value.unit, self.view.wording)
            return Bar(filled, None, Cell(self.view.say("plan", plan=target)))
        expected, href = self.view.filters.elapsed.gone, self.view.rows(PLAN)
        if not self.view.filters.is_unfinished:
            return Bar(filled, expected, Cell(self.view.say("plan_done", **self._shares(share, None)), href))
        return Bar(filled, expected, Cell(self.view.say("plan_pace", **self._shares(share, expected)), href))

    def _shares(self, share: float, expected: float | None) -> dict[str, str]:
        found = {"share": share} | ({} if expected is None else {"expected": expected})
        return {name: self.view.wording.number(each, Unit.RATIO) for name, each in found.items()}

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
        view = self.view
        asked = {STUCK: self._stuck(), LOST: self._of_entry(LOST, "recoverable_revenue")}
        parts = {metric: found for metric, found in asked.items() if found is not None}
        title, help_text = view.say("at_stake"), view.say("at_stake_help")
        if not parts:
            return Tile("at_stake", title, Cell("—", mood="quiet"), view.unanswered(STUCK), help=help_text)
        total = sum((money for _, money in parts.values()), Decimal(0))
        further = tuple((view.wording.name(name), self._counted(name, *found)) for name, found in parts.items())
        value = Cell(at_a_glance(total, Unit.MONEY, view.wording), view.page("leaks"), value=total, unit=Unit.MONEY)
        return Tile("at_stake", title, value, further=further, help=help_text)

    def _stuck(self) -> tuple[int, Decimal] | None:
        """How many deals are stuck, and the money in them: now, or at the end of a period that is over."""
        if not self.view.filters.is_unfinished:
            return self._of_entry(STUCK, "money_at_stake")
        leak = next((each for each in self.leaks.leaks if each.metric == STUCK), None) if self.leaks else None
        return None if leak is None or leak.reason else (len(leak.items), as_money(leak.recoverable))

    def _of_entry(self, metric: str, extra: str) -> tuple[int, Decimal] | None:
        entry = self.entry(metric)
        if entry is None or entry.value.value is None:
            return None
        return int(entry.value.value), Decimal(str(entry.value.extra.get(extra) or 0))

    def _counted(self, metric: str, count: int, money: Decimal) -> Cell:
        text = f"{count} · {at_a_glance(money, Unit.MONEY, self.view.wording)}"
        return Cell(text, self.view.rows(metric), value=money, unit=Unit.MONEY)


def _mood(view: View, entry: Entry) -> str:
    """Compared with the same days, sums of an unfinished period can be judged, too."""
    if entry.value.metric in ADDITIVE and entry.delta:
        return "good" if entry.delta > 0 else "bad"
    return mood(view, entry)


def _sentences(view: View, sheet: _Sheet) -> list[Words]:
    """What was sold, how that stands to the plan, and what made the difference."""
    sales, elapsed = sheet.entry(SALES), view.filters.elapsed
    said = sales_sentence(sales, elapsed, view.wording) if sales else ""
    if sales is None or not said:
        return []
    share, pace = share_of_plan(sales), ""
    if share is not None:
        pace = "good" if share >= (elapsed.gone if elapsed.is_unfinished else 1) else "bad"
    return [Words((said, *_cause(view)), pace)]


def _cause(view: View) -> list[str]:
    """Why sales are others than in the comparable days before."""
    if any(map(view.unanswered, FACTORS)):
        return []
    ask = WhyAsk(SALES, view.filters.so_far, view.filters.comparable, where=view.filters.chosen)
    cause = cause_sentence(view.answers.why(ask), view.filters.elapsed, view.wording)
    return [cause] if cause else []
