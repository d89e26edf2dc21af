"""Trust: what each figure means, what it is made of, what could be read, and what was published otherwise."""

from collections.abc import Iterator

from b24kpi.metrics.fingerprint import fingerprint
from b24kpi.metrics.model import Metric, Unit
from b24kpi.metrics.needs import figure_text, needed_figures
from b24kpi.report.build import Ask
from b24kpi.report.model import Entry
from b24kpi.report.quality import EXAMPLES, Shortcoming, find_shortcomings
from b24kpi.web.pages.model import Block, Card, Cell, Grid, Head, Screen, Words
from b24kpi.web.pages.screens.reconciliation import reconciled
from b24kpi.web.pages.view import COMPLETE, View

PERIODS = 12


def build(view: View) -> Screen:
    """Coverage, Bitrix24's own numbers, what the data lack, restatements, definitions."""
    coverage = view.answers.coverage()
    blocks: list[Block] = [_coverage(view, coverage), *reconciled(view), _quality(view)]
    blocks += _restated(view)
    blocks += [_card(view, metric) for metric in view.answers.metrics()]
    return Screen("trust", view.say("screen.trust"), view.answers.as_of, "", tuple(blocks), (view.say("trust_note"),))


def _coverage(view: View, coverage: dict[str, str]) -> Grid:
    """Each stream, how far it is read, and which figures hang on it."""
    heads = (Head(view.say("stream")), Head(view.say("state")), Head(view.say("needed_for")))
    users: dict[str, list[str]] = {}
    for metric in view.answers.metrics():
        for stream in metric.inputs:
            users.setdefault(stream, []).append(view.wording.name(metric.id))
    rows = tuple(
        (
            Cell(view.wording.known("stream", stream)),
            Cell(view.wording.known("state", state), mood="good" if state == COMPLETE else "bad"),
            Cell(_some(users.get(stream, []), view), hint=", ".join(users.get(stream, []))),
        )
        for stream, state in coverage.items()
    )
    return Grid("coverage", view.say("coverage"), heads, rows)


def _some(names: list[str], view: View) -> str:
    """The first names, and how many more."""
    if len(names) <= 3:
        return ", ".join(names)
    return view.say("and_more", names=", ".join(names[:3]), count=len(names) - 3)


def _quality(view: View) -> Grid:
    """Deals of the last year that cannot count fully; the latest of each kind open in the portal."""
    counted = (Head(view.say(name), True) for name in ("deals", "of", "share"))
    latest = (Head(view.say("latest")), *(Head(str(place)) for place in range(2, EXAMPLES + 1)))
    heads = (Head(view.say("shortcoming")), *counted, *latest)
    found = view.answers.look(lambda engine: find_shortcomings(engine, view.filters.chosen))
    rows = tuple(_shortcoming(view, each) for each in found)
    return Grid("quality", view.say("quality"), heads, rows, (view.say("quality_note"),))


def _shortcoming(view: View, each: Shortcoming) -> tuple[Cell, ...]:
    share = each.deals / each.checked if each.checked else None
    examples = [Cell(str(number), path=view.deal(number), value=number) for number in each.examples]
    return (
        Cell(view.say(f"quality_of.{each.name}")),
        Cell(str(each.deals), value=each.deals, unit=Unit.COUNT),
        Cell(str(each.checked), value=each.checked, unit=Unit.COUNT),
        Cell(view.wording.number(share, Unit.RATIO), value=share, unit=Unit.RATIO),
        *examples,
        *[Cell("")] * (EXAMPLES - len(examples)),
    )


def _restated(view: View) -> Iterator[Block]:
    """Values of the last year that were published otherwise; of all, so only for those who see all."""
    if view.filters.own:
        yield Words((view.say("restated_hidden"),))
        return
    names = dict.fromkeys(name for each in view.answers.settings.report for name in each.metrics)
    asks = [Ask((name,), count=PERIODS) for name in names]
    entries = [e for e in view.answers.report(*asks).entries if e.published] if asks else []
    heads = (
        *(Head(view.wording.say(f"report.column.{name}"), name != "metric") for name in ("metric", "period")),
        *(Head(view.wording.say(f"report.column.{name}"), True) for name in ("published", "value")),
        Head(view.say("published_at")),
    )
    rows = tuple(_restatement(view, entry) for entry in entries)
    yield Grid("restated", view.say("restated"), heads, rows, empty=view.say("none_restated"))


def _restatement(view: View, entry: Entry) -> tuple[Cell, ...]:
    value, words = entry.value, view.wording
    first = entry.published
    was, at = (first.value, first.at) if first else (None, "")
    return (
        Cell(words.name(value.metric)),
        Cell(value.period.label),
        Cell(words.number(was, value.unit), value=was, unit=value.unit),
        view.number(entry),
        Cell(at[:10]),
    )


def _card(view: View, metric: Metric) -> Card:
    words, language = view.wording, view.wording.language
    figures = view.answers.figures
    digest = fingerprint(metric, figures, currency=view.answers.currency, time_zone=view.answers.zone.key)
    needs = "; ".join(figure_text(name, language) for name in needed_figures(metric))
    dimensions = ", ".join(words.dimension(name) for name in dict.fromkeys((*metric.fixed, *metric.dimensions)))
    lines = [
        (words.say("cli.metrics.meaning"), metric.helps[language]),
        (words.say("cli.metrics.formula"), metric.formulas[language]),
        (words.say("cli.metrics.unit"), words.say(f"cli.metrics.units.{metric.unit}")),
        (words.say("cli.metrics.dimensions"), dimensions),
        (words.say("cli.metrics.inputs"), ", ".join(words.known("stream", name) for name in metric.inputs)),
        (words.say("cli.metrics.needs"), needs),
        (view.say("version"), digest[:12]),
    ]
    link = () if view.unanswered(metric.id) or metric.fixed else ((view.say("rows_link"), _open(view, metric)),)
    return Card(metric.id, words.name(metric.id), tuple(line for line in lines if line[1]), link, folded=True)


def _open(view: View, metric: Metric) -> Cell:
    return Cell(view.period, view.rows(metric.id))
