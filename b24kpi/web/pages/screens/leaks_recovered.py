"""The way back of leaks: what leaked and was won since, how old the present leaks are, what causes them."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from b24kpi.metrics.model import Unit
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.ratios import as_money
from b24kpi.report.leaks import Item
from b24kpi.report.model import Entry
from b24kpi.report.recovered import BEFORE, LOST, STUCK, Recovered, Recovery, find_recovered
from b24kpi.web.figures import ACCENT, GOOD, columns
from b24kpi.web.pages.cells import count_cell, money_cell
from b24kpi.web.pages.dates import day_text, days_text
from b24kpi.web.pages.model import Block, Cell, Chart, Grid, Head, Words
from b24kpi.web.pages.tables import SHOWN
from b24kpi.web.pages.view import View, at_a_glance

WASTE = "wasted_ad_spend"
DAY = 86_400
# Days up to which a leak belongs to a class of age; the last class has no end.
AGES = (("week", 7), ("fortnight", 14), ("month", 30), ("quarter", 90), ("older", None))
SPENT = ("junk", "losing", "unjudged")
COLUMNS = ("recovered", "recovered_deal", "manager", "leak", "leaked", "recovered_money", "was_at_stake", "with_task")
_NUMERIC = frozenset({"recovered_money", "was_at_stake"})


def recovered(view: View) -> list[Block]:
    """Two sentences, a column for each week, and the deals."""
    filters, language = view.filters, view.wording.language
    found = view.answers.look(lambda engine: find_recovered(engine, filters.chosen, language=language))
    shown: list[Block] = [_sentences(view, found), _weeks(view, found)] if found.found else []
    return [*shown, _deals(view, found)]


def _sentences(view: View, found: Recovery) -> Words:
    month = Period.containing(found.today, Grain.MONTH)
    lines = [
        _sentence(view, key, found.of(each)) for key, each in (("this_month", month), ("last_month", month.previous))
    ]
    return Words(tuple(lines), "good" if found.of(month) else "")


def _sentence(view: View, key: str, deals: Sequence[Recovered]) -> str:
    money = at_a_glance(_sum(deals), Unit.MONEY, view.wording)
    stake = as_money(sum((Fraction(deal.at_stake or 0) for deal in deals), Fraction(0)))
    told = at_a_glance(stake, Unit.MONEY, view.wording)
    return view.wording.say(f"leaks.recovered.{key}", count=len(deals), money=money, stake=told)


def _sum(deals: Sequence[Recovered]) -> Decimal:
    return as_money(sum((Fraction(deal.money) for deal in deals), Fraction(0)))


def _weeks(view: View, found: Recovery) -> Chart:
    names = [days_text(week, view.wording.language) for week in found.weeks]
    stacks = {
        view.wording.name(leak): ([float(_sum(found.of(week, leak))) for week in found.weeks], role)
        for leak, role in ((STUCK, ACCENT), (LOST, GOOD))
    }
    told = "; ".join(
        f"{name}: {at_a_glance(_sum(found.of(week)), Unit.MONEY, view.wording)}"
        for name, week in zip(names, found.weeks, strict=True)
    )
    return Chart("recovered", view.wording.say("leaks.recovered.chart"), columns(names, stacks), told, "m")


def _deals(view: View, found: Recovery) -> Grid:
    words = view.wording
    heads = tuple(Head(words.say(f"leaks.column.{name}"), name in _NUMERIC) for name in COLUMNS)
    rows = tuple(_row(view, deal) for deal in found.found)
    notes = (words.say("leaks.recovered.note", count=BEFORE),)
    title, empty = words.say("leaks.recovered.title"), words.say("leaks.recovered.nothing")
    return Grid("recovered-deals", title, heads, rows, notes, empty, shown=SHOWN)


def _row(view: View, deal: Recovered) -> tuple[Cell, ...]:
    words = view.wording
    amount = as_money(Fraction(deal.money))
    return (
        Cell(day_text(deal.won_on, words.language)),
        Cell(words.say("leaks.kind.deal", number=deal.deal_id), path=view.deal(deal.deal_id)),
        Cell(deal.labels.get("manager") or "—"),
        Cell(words.name(deal.leak)),
        Cell(day_text(deal.leaked_on, words.language)),
        Cell(at_a_glance(amount, Unit.MONEY, words), value=amount, unit=Unit.MONEY),
        money_cell(view, None if deal.at_stake is None else Fraction(deal.at_stake)),
        Cell(words.say("leaks.recovered.yes") if deal.has_task else "—", mood="" if deal.has_task else "quiet"),
    )


def causes(view: View, items: Sequence[Item]) -> Grid:
    """Why deals and requests leak; who does so for two reasons counts for both."""
    names = dict.fromkeys(name for item in items for name in _causes(view, item))
    found = [(name, [item for item in items if name in _causes(view, item)]) for name in names]
    rows = sorted(found, key=lambda pair: (-_stake(pair[1]), pair[0]))
    return _counted(view, "causes", rows, (view.wording.say("leaks.causes_note"),))


def _causes(view: View, item: Item) -> list[str]:
    """Of requests also the channel: a missed call is another leak than a form that nobody read."""
    channel = item.labels.get("channel", "")
    return [f"{view.wording.say(cause)}{f' ({channel})' if channel else ''}" for cause in item.causes]


def ages(view: View, items: Sequence[Item]) -> Grid:
    """How long they have leaked."""
    rows, first = [], 0.0
    for name, days in AGES:
        last = float("inf") if days is None else days * DAY
        rows.append((view.wording.say(f"leaks.age.{name}"), [item for item in items if first <= item.age < last]))
        first = last
    return _counted(view, "ages", rows)


def _counted(view: View, name: str, groups: Sequence[tuple[str, Sequence[Item]]], notes: tuple[str, ...] = ()) -> Grid:
    titles = (f"by_{name}", "count", "money", "recoverable")
    heads = tuple(Head(view.wording.say(f"leaks.column.{title}"), title != titles[0]) for title in titles)
    rows = tuple(
        (
            Cell(label),
            count_cell(len(items)),
            _amount(view, items),
            money_cell(view, _stake(items)),
        )
        for label, items in groups
    )
    return Grid(name, view.wording.say(f"leaks.{name}"), heads, rows, notes, half=True)


def _amount(view: View, items: Sequence[Item]) -> Cell:
    """Requests have no amount yet."""
    known = [Fraction(item.money) for item in items if item.money is not None]
    return money_cell(view, sum(known, Fraction(0))) if known or not items else Cell("—", mood="quiet")


def _stake(items: Sequence[Item]) -> Fraction:
    return sum((item.recoverable for item in items), Fraction(0))


def ad_spend(view: View, entries: Sequence[Entry]) -> list[Block]:
    """What of the period's spend on advertising was lost, with the way to the channels; nothing where none is told."""
    entry = next((each for each in entries if each.value.metric == WASTE), None)
    if entry is None or entry.value.value is None:
        return []
    heads = (Head(view.wording.say("leaks.column.leak")), Head(view.wording.say("leaks.column.money"), numeric=True))
    rows = tuple((Cell(view.wording.known("extra", name)), view.number(entry, name)) for name in SPENT)
    link = Cell(view.wording.say("leaks.to_channels"), view.page("channels"))
    return [Grid("ad-spend", view.wording.name(WASTE), heads, (*rows, (link, view.number(entry))))]
