"""The bonus sheet: for payroll, on paper or as a workbook; closed months stay as they were at their closing."""

from collections.abc import Iterator

from b24kpi.metrics.model import Unit
from b24kpi.report.bonus import METRIC, BonusMonth, BonusPart, BonusSheet, PersonBonus, bonus_sheet
from b24kpi.web.pages.cells import share_cell
from b24kpi.web.pages.dates import headed, period_name
from b24kpi.web.pages.model import Block, Cell, Grid, Head, Screen, Words
from b24kpi.web.pages.view import View, at_a_glance

COLUMNS = ("manager", "kpi", "weight", "actual", "target", "counted", "adds")
_TEXTS = ("manager", "kpi")


def build(view: View) -> Screen:
    """The months of the period; whoever sees only his own figures sees his own bonus."""
    title = view.wording.say("people.bonus")
    if unanswered := view.unanswered(METRIC):
        return Screen("bonus", title, view.answers.as_of, "", (Words((unanswered,), "warn"),))
    chosen, language = view.filters.chosen, view.wording.language
    found = view.answers.look(lambda engine: bonus_sheet(engine, view.filters.period, chosen, language=language))
    metric, coverage = view.answers.catalogue.find(METRIC), view.answers.coverage()
    incomplete = view.incomplete([metric], coverage)
    return Screen(
        "bonus", title, found.as_of, incomplete, tuple(_blocks(view, found)), (view.wording.say("people.bonus_note"),)
    )


def _blocks(view: View, found: BonusSheet) -> Iterator[Block]:
    if view.filters.own:
        yield Words((view.say("only_yours"),))
    if found.reason is not None:
        yield Words((view.wording.reason(found.reason, METRIC),), "warn")
        return
    if len(found.months) > 1:
        yield _overview(view, found)
    for month in found.months:
        yield _state(view, month)
        yield _sheet(view, month)


def _state(view: View, month: BonusMonth) -> Words:
    name = headed(period_name(month.period, view.wording.language))
    if month.closed_at is None:
        return Words((view.wording.say("people.month_open", month=name),))
    moment = view.wording.moment(month.closed_at, view.answers.zone.key)
    lines = [view.wording.say("people.month_closed", month=name, moment=moment)]
    lines += [_changed(view, person) for person in month.people if person.recomputed is not None]
    return Words(tuple(lines), "good")


def _changed(view: View, person: PersonBonus) -> str:
    frozen, now = (view.wording.number(each, Unit.RATIO) for each in (person.value.value, person.recomputed))
    return view.wording.say("people.since_closing", name=person.name, frozen=frozen, now=now)


def _overview(view: View, found: BonusSheet) -> Grid:
    """A row for each person, a column for each month, the earliest first."""
    months = found.months[::-1]
    names = {person.manager: person.name for month in months for person in month.people}
    heads = [Head(view.wording.dimension("manager"))]
    heads += [Head(period_name(month.period, view.wording.language), numeric=True) for month in months]
    rows = tuple(
        (Cell(name), *(_of_month(view, month, manager) for month in months))
        for manager, name in sorted(names.items(), key=lambda pair: pair[1].casefold())
    )
    return Grid("overview", view.wording.name(METRIC), tuple(heads), rows, (view.wording.say("people.frozen_note"),))


def _of_month(view: View, month: BonusMonth, manager: str) -> Cell:
    person = next((each for each in month.people if each.manager == manager), None)
    return Cell("—", mood="quiet") if person is None else _total(view, person)


def _total(view: View, person: PersonBonus) -> Cell:
    value = person.value
    if value.value is None:
        reason = "" if value.reason is None else view.wording.reason(value.reason, METRIC)
        return Cell("—", mood="quiet", hint=reason)
    text = view.wording.number(value.value, Unit.RATIO) + (" ✓" if person.is_frozen else "")
    href = view.rows(METRIC, value.period, value.by)
    return Cell(text, href, hint="; ".join(view.facts_of(value)), value=value.value, unit=Unit.RATIO)


def _sheet(view: View, month: BonusMonth) -> Grid:
    heads = tuple(Head(view.wording.say(f"people.column.{name}"), name not in _TEXTS) for name in COLUMNS)
    rows = [row for person in month.people for row in _of_person(view, person)]
    title = view.wording.say("people.sheet", month=period_name(month.period, view.wording.language))
    return Grid(f"sheet-{month.period.label}", title, heads, tuple(rows), empty=view.wording.say("people.nobody"))


def _of_person(view: View, person: PersonBonus) -> Iterator[tuple[Cell, ...]]:
    """First what counts, then what it is made of, as it is known now."""
    nothing = Cell("")
    yield (
        Cell(person.name),
        Cell(view.wording.say("people.total")),
        nothing,
        nothing,
        nothing,
        nothing,
        _total(view, person),
    )
    whole = sum(part.weight for part in person.parts if part.counted is not None)
    for part in person.parts:
        yield Cell(person.name, mood="quiet"), *_part(view, part, whole)


def _part(view: View, part: BonusPart, whole: float) -> tuple[Cell, ...]:
    adds = None if part.counted is None or not whole else part.counted * part.weight / whole
    return (
        Cell(view.wording.name(part.metric)),
        share_cell(view, part.weight),
        Cell(at_a_glance(part.actual, part.unit, view.wording), value=part.actual, unit=part.unit),
        Cell(at_a_glance(part.target, part.unit, view.wording), value=part.target, unit=part.unit),
        share_cell(view, part.counted),
        share_cell(view, adds),
    )
