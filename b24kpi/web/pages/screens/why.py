"""Why: what made sales of the period others than those of the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from b24kpi.metrics.model import Unit
from b24kpi.metrics.ratios import as_money
from b24kpi.report.why import Change, Segment, WhyAsk
from b24kpi.report.why_deals import Deal
from b24kpi.report.why_tables import lay_out, shown
from b24kpi.report.why_words import factor_name, sentences
from b24kpi.web.figures import waterfall
from b24kpi.web.pages.dates import day_text, days_text, period_name
from b24kpi.web.pages.model import Block, Cell, Chart, Grid, Head, Screen, Words
from b24kpi.web.pages.tables import SHOWN, of_table, series
from b24kpi.web.pages.view import View, at_a_glance, within

SALES = "total_sales"
NEEDED = ("total_sales", "win_rate", "aov")
SEGMENTS = ("source", "manager", "pipeline")
VERDICTS = (("seasonality_check", ""), ("trend", ""), ("price_effect", ""))


def build(view: View) -> Screen:
    """The change taken apart: as a whole, by segments, and what season and chance make of it."""
    filters = view.filters
    ask = WhyAsk(SALES, filters.so_far, filters.comparable, where=filters.chosen)
    change = view.answers.why(ask)
    report = view.answers.report(*view.ask(metric for metric, _ in VERDICTS))
    entries = within(report, filters.period)
    if filters.is_unfinished:
        change = replace(change, is_unfinished=False)  # the same days are compared, so nothing is lacking
    blocks: list[Block] = [Words((_headline(view, change), *sentences(change, view.wording)))]
    if change.reason is None:
        blocks += [_chart(view, change), *_tables(view, change)]
        blocks += [_segments(view, replace(ask, by=(name,)), name) for name in SEGMENTS if name not in filters.chosen]
    blocks.append(series(view, "verdicts", view.say("chance_or_season"), entries, VERDICTS))
    needed = map(view.answers.catalogue.find, NEEDED)
    notes = lay_out(change, view.wording).notes[:-1]
    incomplete = view.incomplete(needed, change.grounds.coverage)
    return Screen("why", view.say("screen.why"), change.grounds.as_of, incomplete, tuple(blocks), notes)


def _headline(view: View, change: Change) -> str:
    before, after = _names(view)
    moneys = {name: _glance(view, money) for name, money in (("before", change.before), ("after", change.after))}
    moneys["change"] = _glance(view, change.change, signed=True)
    name = view.wording.name(SALES)
    return view.wording.say("why.headline", name=name, period=after, against=before, **moneys)


def _names(view: View) -> tuple[str, str]:
    """The two sides: whole periods, or as many days of both."""
    filters, language = view.filters, view.wording.language
    name = days_text if filters.is_unfinished else period_name
    return name(filters.comparable, language), name(filters.so_far, language)


def _earlier(view: View, by: Mapping[str, str] | None = None) -> str:
    """The rows of the earlier side; none where it is a part of a period, as rows are those of whole ones."""
    filters = view.filters
    return "" if filters.is_unfinished else view.rows(SALES, filters.comparable, by)


def _chart(view: View, change: Change) -> Chart:
    effects = shown(change)
    before, after = _names(view)
    names = [before, *(factor_name(each.factor, view.wording) for each in effects), after]
    moneys = [change.before, *(each.money for each in effects), change.after]
    texts = [_glance(view, money, signed=0 < place < len(moneys) - 1) for place, money in enumerate(moneys)]
    links = [_earlier(view), *(f"#deals-{each.factor}" for each in effects), view.rows(SALES)]
    figure = waterfall(names, [money / 100 for money in moneys], texts, links)
    told = "; ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))
    return Chart("waterfall", view.say("chart.waterfall"), figure, told, "m")


def _tables(view: View, change: Change) -> list[Grid]:
    """Factors, then the weightiest deals behind each."""
    factors = lay_out(replace(change, segments=(), deals={}), view.wording).tables[0]
    grids = [_linked(view, change, of_table(factors, "factors", view.say("factors")))]
    for factor, deals in change.deals.items():
        grids.append(_deals(view, factor, deals))
    return grids


def _linked(view: View, change: Change, grid: Grid) -> Grid:
    """The sums lead to their rows, the factors to their deals."""
    *rows, last = grid.rows
    keys = [each.factor for each in shown(change)]
    linked = [
        (replace(row[0], href=f"#deals-{key}") if key in change.deals else row[0], *row[1:])
        for row, key in zip(rows, keys, strict=True)
    ]
    before, after = replace(last[1], href=_earlier(view)), replace(last[2], href=view.rows(SALES))
    titles = (Head(name, True) for name in _names(view))
    heads = (grid.heads[0], *titles, *grid.heads[3:])
    return replace(grid, heads=heads, rows=(*linked, (last[0], before, after, *last[3:])))


def _deals(view: View, factor: str, deals: Sequence[Deal]) -> Grid:
    say = view.wording.say
    names = ("deal", "outcome", "closed", "manager", "money")
    heads = tuple(Head(say(f"why.column.{name}"), name == "money") for name in names)
    rows = tuple(
        (
            Cell(say("leaks.kind.deal", number=deal.deal_id), path=view.deal(deal.deal_id)),
            Cell(say(f"why.outcome.{deal.outcome}")),
            Cell(day_text(deal.closed, view.wording.language), mood="day"),
            Cell(deal.manager or deal.manager_id or "—"),
            _money(view, deal.money),
        )
        for deal in deals
    )
    title = view.say("deals_behind", factor=factor_name(factor, view.wording))
    return Grid(f"deals-{factor}", title, heads, rows, half=True)


def _segments(view: View, ask: WhyAsk, dimension: str) -> Grid:
    """Sales of each value of a dimension before and now, the largest change first."""
    change = view.answers.why(ask)
    heads = (
        Head(view.wording.dimension(dimension)),
        *(Head(name, True) for name in _names(view)),
        Head(view.wording.say("why.column.change"), True),
        Head(view.say("main_cause")),
    )
    rows = tuple(_segment(view, each, dimension) for each in change.segments if each.before or each.after)
    title = view.say("by_dimension", dimension=view.wording.dimension(dimension).lower())
    return Grid(f"by-{dimension}", title, heads, rows, empty=view.wording.say("report.no_rows"), shown=SHOWN)


def _segment(view: View, segment: Segment, dimension: str) -> tuple[Cell, ...]:
    name = segment.labels.get(dimension) or segment.by[dimension] or view.wording.say("report.empty")
    heaviest = max(segment.effects, key=lambda each: abs(each.money), default=None)
    cause = factor_name(heaviest.factor, view.wording) if heaviest and heaviest.money else ""
    mood = "good" if segment.change > 0 else "bad" if segment.change < 0 else ""
    return (
        Cell(name),
        replace(_money(view, segment.before), href=_earlier(view, segment.by)),
        replace(_money(view, segment.after), href=view.rows(SALES, by=segment.by)),
        replace(_money(view, segment.change, signed=True), mood=mood),
        Cell(cause),
    )


def _money(view: View, hundredths: int, *, signed: bool = False) -> Cell:
    amount = as_money(Fraction(hundredths))
    return Cell(_glance(view, hundredths, signed=signed), value=amount, unit=Unit.MONEY)


def _glance(view: View, hundredths: int, *, signed: bool = False) -> str:
    text = at_a_glance(as_money(Fraction(hundredths)), Unit.MONEY, view.wording)
    return f"+{text}" if signed and hundredths > 0 else text
