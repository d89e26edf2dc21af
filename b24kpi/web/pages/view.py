"""What a screen is built from: answers, choice, words, and the addresses that its numbers lead to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from b24kpi.answers import Answers
from b24kpi.metrics.model import Metric, Number, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.report.build import Ask
from b24kpi.report.model import Entry, Report
from b24kpi.report.wording import Wording
from b24kpi.web.pages.attribution import NAME as ATTRIBUTION
from b24kpi.web.pages.dates import period_name
from b24kpi.web.pages.filters import Filters
from b24kpi.web.pages.model import Cell

COMPLETE = "complete"


@dataclass(frozen=True)
class View:
    """A request for a screen.

    Attributes:
        base: the address under which the pages lie, without a slash at its end.
        arguments: all that the address asks for, the filters too.
        acts: the page may offer what changes something on the portal.
    """

    answers: Answers
    filters: Filters
    wording: Wording
    base: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    acts: bool = False

    def say(self, key: str, **params: Any) -> str:
        """The text `web.KEY`."""
        return self.wording.say(f"web.{key}", **params)

    def ask(self, metrics: Iterable[str], *, by: tuple[str, ...] = (), count: int = 0) -> list[Ask]:
        """Questions about the period, and so many before it; only what can be cut as chosen and sliced so."""
        filters, asks = self.filters, []
        first = filters.run(count)[0] if count else filters.period
        for metric in map(self.answers.catalogue.find, metrics):
            where = filters.where(metric)
            if where is not None and set(by) <= {*metric.dimensions, *metric.fixed}:
                grain = filters.period.grain
                asks.append(Ask((metric.id,), grain, first.start, filters.period.end, by=by, where=where))
        return asks

    @property
    def period(self) -> str:
        """The name of the chosen period."""
        return period_name(self.filters.period, self.wording.language)

    def rows(self, metric: str, period: Period | None = None, by: Mapping[str, str] | None = None) -> str:
        """The address of the rows behind a number."""
        slices = {**self.filters.chosen, **(by or {})}
        if self.filters.own:
            slices.pop("manager", None)
        asked = {"period": (period or self.filters.period).label, **slices}
        if self.filters.attribution and self.answers.catalogue.find(metric).attributed:
            asked[ATTRIBUTION] = self.filters.attribution
        return f"{self.base}/rows/{quote(metric)}?{urlencode(asked)}"

    def page(self, name: str, **changed: str | None) -> str:
        """The address of another screen with the same choice."""
        return f"{self.base}/{name}?{self.filters.query(**changed)}"

    def deal(self, number: int, kind: str = "deal") -> str:
        """The portal's path of a deal or lead."""
        return f"/crm/{kind}/details/{number}/"

    def number(self, entry: Entry, name: str = "") -> Cell:
        """An entry's value, or a further figure of it, with the link to its rows."""
        value, metric = entry.value, self.answers.catalogue.find(entry.value.metric)
        found = value.extra.get(name) if name else value.value
        unit = value.unit_of(name) if name else value.unit
        reason = "" if found is not None or value.reason is None else self.wording.reason(value.reason, metric.id)
        hint = reason or "; ".join(self.facts(entry))
        is_nothing = bool(value.by) and not value.n and not found
        href = "" if is_nothing else self.rows(metric.id, value.period, value.by)
        mood = "quiet" if found is None else ""
        return Cell(at_a_glance(found, unit, self.wording), href, hint=hint, mood=mood, value=found, unit=unit)

    def facts(self, entry: Entry) -> list[str]:
        """What is to be known about a value: interval, size of the sample, flags."""
        return self.facts_of(entry.value)

    def facts_of(self, value: Value) -> list[str]:
        """The same of a bare value."""
        words = self.wording
        interval = words.interval(value.low, value.high, value.unit)
        found = [self.say("interval", interval=interval)] if interval else []
        found += [self.say("sample", count=value.n)] if value.n else []
        return [*found, *(words.known("flag", flag) for flag in value.flags)]

    def incomplete(self, metrics: Iterable[Metric], coverage: Mapping[str, str]) -> str:
        """Streams that these metrics need and that are not read to their end, in words; "" where all are."""
        return self.wording.incomplete((stream for metric in metrics for stream in metric.inputs), coverage)

    def incomplete_of(self, report: Report) -> str:
        """The same of the metrics of a report."""
        used = dict.fromkeys(entry.value.metric for entry in report.entries)
        return self.incomplete(map(self.answers.catalogue.find, used), report.coverage)

    def unanswered(self, metric: str) -> str:
        """Why a metric is not asked at all with this choice; "" where it is."""
        found = self.answers.catalogue.find(metric)
        if self.filters.where(found) is not None:
            return ""
        if self.filters.own and "manager" not in (*found.dimensions, *found.fixed):
            return self.say("own_only")
        lacking = [name for name in self.filters.chosen if name not in (*found.dimensions, *found.fixed)]
        return self.say("not_cut", names=", ".join(self.wording.dimension(name) for name in lacking))


def at_a_glance(value: Number | None, unit: Unit, wording: Wording) -> str:
    """A number as pages show it: money without cents from a hundred on; downloads and rows have every cent."""
    return wording.at_a_glance(value, unit)


def span(low: Number | None, high: Number | None, unit: Unit, wording: Wording) -> str:
    """An interval as pages show numbers; nothing where there is none."""
    return (
        ""
        if low is None and high is None
        else f"{at_a_glance(low, unit, wording)} … {at_a_glance(high, unit, wording)}"
    )


def within(report: Report, period: Period) -> list[Entry]:
    """The entries of one period, metric by metric."""
    return [entry for entry in report.entries if entry.value.period == period]


def by_metric(report: Report, period: Period) -> dict[str, list[Entry]]:
    """The same by metric."""
    found: dict[str, list[Entry]] = {}
    for entry in within(report, period):
        found.setdefault(entry.value.metric, []).append(entry)
    return found
