"""Leaks: what does not move any more, what nobody answered, and what acting on it is worth."""

from collections.abc import Sequence
from fractions import Fraction

from b24kpi.metrics.model import Unit
from b24kpi.metrics.ratios import as_money
from b24kpi.report.leaks import RECENT_DAYS, Item, Leak, Leaks
from b24kpi.web.pages.cells import money_cell
from b24kpi.web.pages.charts import money_bars
from b24kpi.web.pages.leak_action import key_of, task_cells
from b24kpi.web.pages.model import Block, Cell, Chart, Grid, Head, Screen, Words
from b24kpi.web.pages.screens.leaks_recovered import ad_spend, ages, causes, recovered
from b24kpi.web.pages.tables import SHOWN, series
from b24kpi.web.pages.view import View, within

STUCK = "stuck_deals"
SUMMARY = ("leak", "count", "checked", "recoverable")
ITEM_COLUMNS = ("item", "stage", "manager", "age", "why", "money", "recoverable")
_NUMERIC = frozenset({"age", "money", "recoverable", "count", "checked"})
# What leaks besides: figures of the period.
FIGURES = (
    ("lost_requests", ""), ("lost_requests", "lost_share"), ("lost_requests", "recoverable_revenue"),
    ("response_time", ""), ("response_time", "within_sla"),
    ("wasted_ad_spend", ""), ("cold_contact_waste", ""),
)  # fmt: skip
CHARTED = 8


def build(view: View) -> Screen:
    """Leaks as of now, and the figures of the period about them."""
    found = leaks_of(view)
    report = view.answers.report(*view.ask(dict.fromkeys(metric for metric, _ in FIGURES)))
    entries = within(report, view.filters.period)
    blocks: list[Block] = []
    if found is None:
        blocks.append(Words((view.unanswered(STUCK),), "warn"))
    else:
        blocks += _found(view, found)
    blocks += ad_spend(view, entries)
    blocks.append(series(view, "figures", view.say("figures_of", period=view.period), entries, FIGURES))
    return Screen("leaks", view.say("screen.leaks"), report.as_of, view.incomplete_of(report), tuple(blocks))


def leaks_of(view: View) -> Leaks | None:
    """None where leaks cannot be cut as chosen."""
    return None if view.unanswered(STUCK) else view.answers.leaks(view.filters.chosen)


def _found(view: View, found: Leaks) -> list[Block]:
    blocks: list[Block] = [_summary(view, found)]
    items = [item for leak in found.leaks for item in leak.items]
    if items:
        blocks.append(_owners(view, items))
        if any(item.by.get("stage") for item in items):
            blocks.append(_stages(view, items))
        blocks += [causes(view, items), ages(view, items)]
    return [*blocks, burning(view, found, 0, "items"), *recovered(view)]


def _summary(view: View, found: Leaks) -> Grid:
    heads = tuple(Head(view.wording.say(f"leaks.column.{name}"), name in _NUMERIC) for name in SUMMARY)
    rows = tuple(_summary_row(view, leak) for leak in found.leaks)
    return Grid("summary", view.wording.say("leaks.title"), heads, rows)


def _summary_row(view: View, leak: Leak) -> tuple[Cell, ...]:
    name = Cell(view.wording.name(leak.metric), href=view.rows(leak.metric))
    if leak.reason is not None:
        return name, Cell("—"), Cell("—"), Cell(view.wording.reason(leak.reason, leak.metric), mood="quiet")
    count = Cell(str(len(leak.items)), href=view.rows(leak.metric), value=len(leak.items), unit=Unit.COUNT)
    checked = Cell(str(leak.checked), value=leak.checked, unit=Unit.COUNT)
    return name, count, checked, money_cell(view, leak.recoverable)


def _owners(view: View, items: Sequence[Item]) -> Chart:
    """Who could bring back how much."""
    sums: dict[str, Fraction] = {}
    for item in items:
        name = item.labels.get("manager") or item.by.get("manager") or "—"
        sums[name] = sums.get(name, Fraction(0)) + item.recoverable
    return _bars(view, "owners", sorted(sums.items(), key=lambda pair: -pair[1])[:CHARTED])


def _stages(view: View, items: Sequence[Item]) -> Chart:
    """Where they lie; inquiries lie in no stage."""
    sums: dict[str, Fraction] = {}
    for item in items:
        if name := item.labels.get("stage") or item.by.get("stage"):
            sums[name] = sums.get(name, Fraction(0)) + item.recoverable
    return _bars(view, "stages", sorted(sums.items(), key=lambda pair: -pair[1])[:CHARTED])


def _bars(view: View, name: str, sums: Sequence[tuple[str, Fraction]]) -> Chart:
    amounts = [(label, as_money(money)) for label, money in sums]
    return money_bars(view, name, view.say(f"chart.leaks_{name}"), amounts, "s")


def burning(view: View, leaks: Leaks, limit: int, name: str = "burning") -> Grid:
    """The deals and leads to act on, the most money at stake first; 0 for all."""
    items = sorted((i for leak in leaks.leaks for i in leak.items), key=lambda i: (-i.recoverable, i.kind, i.number))
    tasks = task_cells(view, leaks)
    columns = (ITEM_COLUMNS[0], *(("task",) if tasks else ()), *ITEM_COLUMNS[1:])
    heads = tuple(Head(view.wording.say(f"leaks.column.{each}"), each in _NUMERIC) for each in columns)
    shown = items[: limit or None]
    rows = tuple(_with_task(_row(view, item), tasks.get(key_of(leaks, item))) for item in shown)
    title = view.say("burning") if limit else view.say("all_leaks")
    told = [leak.metric for leak in leaks.leaks if leak.items]
    notes = tuple(view.wording.say(f"leaks.note.{metric}", days=RECENT_DAYS) for metric in told)
    return Grid(name, title, heads, rows, notes, view.say("nothing_burns"), shown=SHOWN)


def _with_task(row: tuple[Cell, ...], task: Cell | None) -> tuple[Cell, ...]:
    """Beside the name, so that a phone shows it without scrolling."""
    return row if task is None else (row[0], task, *row[1:])


def _row(view: View, item: Item) -> tuple[Cell, ...]:
    words = view.wording
    known = [item.labels.get(each) or item.by.get(each) or "—" for each in ("stage", "manager")]
    return (
        Cell(words.say(f"leaks.kind.{item.kind}", number=item.number), path=view.deal(item.number, item.kind)),
        *map(Cell, known),
        Cell(words.number(item.age, Unit.DURATION), value=item.age, unit=Unit.DURATION),
        Cell("; ".join(words.say(cause) for cause in item.causes)),
        money_cell(view, None if item.money is None else Fraction(item.money)),
        money_cell(view, item.recoverable),
    )
