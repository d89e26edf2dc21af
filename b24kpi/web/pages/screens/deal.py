"""One deal: where it stands among the others, its chance to win, its way, its customer, and what it counts in."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from urllib.parse import quote, urlencode

from b24kpi.errors import BadInput
from b24kpi.metrics.deal_standing import Standing
from b24kpi.metrics.model import Unit
from b24kpi.metrics.ratios import as_money
from b24kpi.report.deal_counts import Counted
from b24kpi.report.explain import cell as readable
from b24kpi.report.one_deal import STUCK, Bought, DealView, Visited, look_at
from b24kpi.web.pages.dates import period_name
from b24kpi.web.pages.model import Block, Card, Cell, Grid, Head, Screen, Tile, Words
from b24kpi.web.pages.screens.rows import Names
from b24kpi.web.pages.tables import SHOWN
from b24kpi.web.pages.view import View, at_a_glance

# Streams that a deal's page is made of, beside what a KPI tells of its own: any KPI of deals needs them.
DEALS = "win_rate"
SCALES = {"quantity": 10_000}  # parts whose facts count in fractions
TIMES = "durations"  # the part of a KPI that is a median of times


def build(view: View, number: int) -> Screen:
    """All of a deal.

    Raises:
        BadInput: there is none of this number, or it is not the viewer's.
    """
    found = view.answers.look(lambda engine: look_at(engine, number, view.filters.own))
    if found is None:
        raise BadInput("web.not_your_deal") if view.filters.own else BadInput("web.no_deal", number=number)
    names = Names(view)
    blocks: list[Block] = [_head(view, found, names), tuple(_tiles(view, found))]
    if found.stuck is not None:
        blocks.append(_stuck(view, found))
    blocks += [_way(view, found, names), _purchases(view, found, names), _counts(view, found, names)]
    incomplete = view.incomplete([view.answers.catalogue.find(DEALS)], view.answers.coverage())
    title, as_of = view.say("deal.title", number=number), view.answers.as_of
    return Screen(f"deal-{number}", title, as_of, incomplete, tuple(blocks), is_filtered=False)


def _head(view: View, found: DealView, names: Names) -> Card:
    """What kind of deal it is, with the way into its card."""
    words, zone = view.wording, view.answers.zone.key
    lines = [(words.dimension(name), names.cell(_COLUMNS[name], value).text or "—") for name, value in found.by.items()]
    lines += [(view.say("state"), view.wording.say(f"rows.outcome.{found.outcome}"))]
    lines += [(view.say("deal.created"), words.moment(found.created_at, zone))]
    if found.closed_at is not None:
        lines.append((view.say("deal.closed"), words.moment(found.closed_at, zone)))
    if found.flags:
        lines.append((view.say("about"), "; ".join(view.say(f"quality_of.{flag}") for flag in found.flags)))
    customer = names.cell("customer", found.customer) if found.customer else Cell("—", mood="quiet")
    cells = (
        (view.say("deal.card"), names.cell("deal_id", found.deal_id)),
        (words.known("row", "money"), _money(view, found.money)),
        (words.known("row", "customer"), customer),
    )
    return Card("deal", view.say("deal.about"), tuple(lines), cells)


_COLUMNS = {"pipeline": "category_id", "stage": "stage_id", "manager": "manager_id"}


def _tiles(view: View, found: DealView) -> Iterator[Tile]:
    """Age, present stay and chance at a glance."""
    point = "open" if found.is_open else "closed"
    yield _standing(view, "age", f"age_{point}", found.age)
    if found.stay is not None:
        yield _standing(view, "stay", "stay", found.stay)
        yield _chance(view, found)


def _standing(view: View, name: str, point: str, found: Standing) -> Tile:
    """A time of the deal; beside it by when half and most of all are over, and how many of the others it has passed."""
    shares = (("median", found.median), ("p80", found.p80))
    further = tuple((view.say(f"deal.{name}_{share}"), _duration(view, value)) for share, value in shares)
    marks = [view.say(f"deal.{name}_of", count=found.n)]
    if found.beside:
        share = view.wording.number(found.shorter / found.beside, Unit.RATIO)
        marks.append(view.say(f"deal.longer_{point}", share=share, count=found.beside))
    is_long = found.p80 is not None and found.mine > found.p80
    value = Cell(_duration(view, found.mine).text, mood="bad" if is_long else "", value=found.mine, unit=Unit.DURATION)
    return Tile(name, view.say(f"deal.{point}"), value, further=further, marks=tuple(marks))


def _chance(view: View, found: DealView) -> Tile:
    """The chance to win, or that there are too few deals to tell by."""
    name, chance, words = view.say("deal.chance"), found.chance, view.wording
    if chance is None:
        return Tile("chance", name, Cell("—", mood="quiet"), reason=view.say("deal.no_chance"))
    worth = Fraction(max(found.money, 0)) * Fraction(chance.ever)
    further = (
        (view.say("deal.soon"), Cell(words.number(chance.soon, Unit.RATIO), value=chance.soon, unit=Unit.RATIO)),
        (view.say("deal.worth"), _money(view, worth)),
    )
    days = view.say("deal.after_days", count=chance.landmark) if chance.landmark else ""
    basis = view.say(f"deal.basis.{chance.basis}", count=chance.n, days=days)
    value = Cell(words.number(chance.ever, Unit.RATIO), value=chance.ever, unit=Unit.RATIO)
    return Tile("chance", name, value, further=further, marks=(basis,), help=view.say("deal.chance_help"))


def _stuck(view: View, found: DealView) -> Words:
    """Whether the deal moves, and why not."""
    stuck = found.stuck
    assert stuck is not None
    if stuck.reason is not None:
        return Words((f"{view.wording.name(STUCK)}: {view.wording.reason(stuck.reason, STUCK)}",), "warn")
    if not stuck.causes:
        return Words((view.say("deal.moves"),), "good")
    causes = "; ".join(view.wording.say(cause) for cause in stuck.causes)
    lines = [view.say("deal.stuck", causes=causes)]
    if stuck.at_stake:
        money = at_a_glance(as_money(Fraction(stuck.at_stake)), Unit.MONEY, view.wording)
        lines.append(view.say("deal.stake", money=money))
    return Words(tuple(lines), "bad")


def _way(view: View, found: DealView, names: Names) -> Grid:
    heads = tuple(
        Head(title, numeric)
        for title, numeric in (
            (view.wording.dimension("stage"), False),
            (view.wording.dimension("pipeline"), False),
            (view.say("deal.entered"), False),
            (view.say("deal.lasted"), True),
            (view.wording.dimension("manager"), False),
        )
    )
    rows = tuple(_visited(view, each, names) for each in found.way)
    count = found.way[-1].visit
    notes = (view.say("deal.approx"),) if any(each.is_approx for each in found.way) else ()
    return Grid("way", view.say("deal.way", count=count), heads, rows, notes)


def _visited(view: View, each: Visited, names: Names) -> tuple[Cell, ...]:
    stage = names.cell("stage_id", each.stage)
    entered = view.wording.moment(each.entered_at, view.answers.zone.key)
    is_going_on = each.is_here and each.seconds is not None
    return (
        Cell(
            stage.text,
            hint=view.wording.say("rows.outcome.here") if is_going_on else "",
            mood="good" if is_going_on else "",
        ),
        names.cell("category_id", each.pipeline),
        Cell(f"≈ {entered}" if each.is_approx else entered, mood="day"),
        _duration(view, each.seconds),
        names.cell("manager_id", each.manager),
    )


def _purchases(view: View, found: DealView, names: Names) -> Grid:
    titles = ("deal_id", "number", "won_day", "money")
    heads = tuple(Head(view.wording.known("row", name), name in ("number", "money")) for name in titles)
    rows = tuple(_bought(view, each, found, names) for each in found.purchases)
    total = sum(each.money for each in found.purchases)
    notes = [view.say("deal.bought", count=len(rows), money=_money(view, total).text)] if rows else []
    notes += [view.say("deal.own_purchases")] if view.filters.own else []
    empty = view.say("deal.no_purchases" if found.customer else "deal.no_customer")
    return Grid("purchases", view.say("deal.purchases"), heads, rows, tuple(notes), empty, SHOWN)


def _bought(view: View, each: Bought, found: DealView, names: Names) -> tuple[Cell, ...]:
    is_this = each.deal_id == found.deal_id
    here = Cell(view.say("deal.this"), mood="good")
    there = Cell(str(each.deal_id), href=f"{view.base}/deal/{each.deal_id}", value=each.deal_id)
    day = names.cell("won_day", readable("won_day", each.day))
    return here if is_this else there, Cell(str(each.number), value=each.number), day, _money(view, each.money)


def _counts(view: View, found: DealView, names: Names) -> Grid:
    """A row for each KPI and month, and for each value of the dimensions that the KPI always has."""
    heads = tuple(Head(view.say(f"deal.column.{name}")) for name in ("metric", "period", "by", "adds"))
    groups = groupby(sorted(found.counts, key=_latest_first(found)), key=_number)
    rows = tuple(_counted(view, list(parts), names) for _, parts in groups)
    notes = (view.say("deal.counts_note"),)
    return Grid("counts", view.say("deal.counts"), heads, rows, notes, view.say("deal.no_counts"), SHOWN)


def _number(each: Counted) -> tuple[str, str, tuple[str, ...]]:
    """What tells the numbers that a deal counts in apart."""
    return each.metric, each.period.label, tuple(each.by.values())


def _latest_first(found: DealView) -> Callable[[Counted], tuple[int, int]]:
    """Months from the latest on, in each the numbers in the order in which they came."""
    places = {number: place for place, number in reversed(list(enumerate(map(_number, found.counts))))}
    return lambda each: (-each.period.start.toordinal(), places[_number(each)])


def _counted(view: View, parts: Sequence[Counted], names: Names) -> tuple[Cell, ...]:
    first, words = parts[0], view.wording
    asked = urlencode({"period": first.period.label, **first.by})
    label = [view.answers.names(name).get(value, value) or "—" for name, value in first.by.items()]
    told = [each for each in parts if each.adds] or parts
    return (
        Cell(words.name(first.metric), href=f"{view.base}/rows/{quote(first.metric)}?{asked}"),
        Cell(period_name(first.period, words.language)),
        Cell(", ".join(label)),
        Cell("; ".join(_part(view, each, names) for each in told)),
    )


def _part(view: View, each: Counted, names: Names) -> str:
    """`won: 1`, `sales: 1,640.00 UAH`."""
    if each.part == TIMES:
        return view.say("deal.time", count=each.rows)
    adds = Fraction(each.adds) / SCALES.get(each.part, 1)
    unit = Unit.MONEY if each.is_money else Unit.COUNT if adds.denominator == 1 else Unit.NUMBER
    number = as_money(adds * 100) if each.is_money else int(adds) if unit is Unit.COUNT else float(adds)
    return f"{names.cell('part', each.part).text}: {view.wording.number(number, unit)}"


def _duration(view: View, seconds: float | None) -> Cell:
    if seconds is None:
        return Cell("—", mood="quiet")
    return Cell(view.wording.number(seconds, Unit.DURATION), value=seconds, unit=Unit.DURATION)


def _money(view: View, hundredths: int | Fraction) -> Cell:
    amount = as_money(Fraction(hundredths))
    return Cell(at_a_glance(amount, Unit.MONEY, view.wording), value=amount, unit=Unit.MONEY)
