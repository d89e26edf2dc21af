"""The fair view of people: what each achieves with the same mix of lead sources."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from fractions import Fraction

from b24kpi.metrics.fair_view import COVERED, LEAST, Fair, fair_view
from b24kpi.metrics.model import Unit
from b24kpi.metrics.period import Grain, Period
from b24kpi.web.pages.cells import count_cell, money_cell, share_cell
from b24kpi.web.pages.dates import day_text
from b24kpi.web.pages.model import Block, Cell, Grid, Head, Words
from b24kpi.web.pages.view import View, span

RATE = "win_rate"
YEAR = timedelta(days=365)
_TEXTS = ("manager", "verdict")
COLUMNS = (
    *("manager", "closed", "rate", "fair_rate", "interval", "others", "verdict"),
    *("sales", "fair_sales", "sales_interval", "covered"),
)  # fmt: skip


def fair(view: View) -> list[Block]:
    """A row for each manager; who sees only his own figures is told that this is a comparison with others."""
    if view.filters.own:
        return [Words((view.wording.say("people.fair_hidden"),))]
    if unanswered := view.unanswered(RATE):
        return [Words((f"{view.wording.say('people.fair')}: {unanswered}",), "warn")]
    span = year_of(view)
    chosen = {name: value for name, value in view.filters.chosen.items() if name != "manager"}
    found = view.answers.look(lambda engine: fair_view(engine, span, chosen))
    wanted = view.filters.chosen.get("manager")
    return [_grid(view, span, [each for each in found if wanted in (None, each.manager)])]


def year_of(view: View) -> Period:
    """The year up to the end of the period, or all of it where it is longer: a month holds too few deals."""
    period, end = view.filters.period, view.filters.until
    return Period(min(period.start, end - YEAR), end, Grain.YEAR)


def _grid(view: View, span: Period, found: Iterable[Fair]) -> Grid:
    words, language = view.wording, view.wording.language
    heads = tuple(Head(words.say(f"people.column.{name}"), name not in _TEXTS) for name in COLUMNS)
    managers, sources = view.answers.names("manager"), view.answers.names("source")
    rows = tuple(_row(view, each, managers, sources) for each in found)
    start, end = (day_text(day, language) for day in (span.start, span.end - timedelta(days=1)))
    title = words.say("people.fair_title", start=start, end=end)
    notes = (
        words.say("people.fair_note"),
        words.say("people.fair_thin_note", least=LEAST, covered=words.number(COVERED, Unit.RATIO)),
    )
    return Grid("fair", title, heads, rows, notes, words.say("report.no_rows"))


def _row(view: View, one: Fair, managers: Mapping[str, str], sources: Mapping[str, str]) -> tuple[Cell, ...]:
    rate = one.won / one.closed
    low, high = one.rate[1:] if one.rate else (None, None)
    least, most = (None, None) if one.sales_bounds is None else (bound / 100 for bound in one.sales_bounds)
    return (
        Cell(managers.get(one.manager, one.manager)),
        count_cell(one.closed),
        share_cell(view, rate),
        share_cell(view, one.rate[0] if one.rate else None),
        Cell(view.wording.interval(low, high, Unit.RATIO), mood="quiet"),
        share_cell(view, one.others[0] if one.others else None),
        _verdict(view, one, sources),
        money_cell(view, one.sales),
        money_cell(view, None if one.fair_sales is None else Fraction(one.fair_sales)),
        Cell(span(least, most, Unit.MONEY, view.wording), mood="quiet"),
        share_cell(view, one.covered),
    )


def _verdict(view: View, one: Fair, sources: Mapping[str, str]) -> Cell:
    """Better or worse only where chance does not explain it; of who cannot be judged, which sources lack deals."""
    if not one.is_judged:
        thin = ", ".join(sources.get(each, each) or view.wording.say("report.empty") for each in one.thin)
        return Cell(view.wording.say("people.too_few", sources=thin), mood="quiet")
    if one.rate is None or one.others is None or not one.is_different:
        return Cell(view.wording.say("people.alike"), mood="quiet")
    is_better = one.rate[0] > one.others[0]
    return Cell(view.wording.say(f"people.{'better' if is_better else 'worse'}"), mood="good" if is_better else "bad")
