"""People: each manager's plan, pace, rates, speed and load, with what is no difference said to be none."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from b24kpi.metrics.comparison import NO_DIFFERENCE
from b24kpi.report.model import Entry
from b24kpi.web.pages.charts import money_bars
from b24kpi.web.pages.model import Block, Card, Cell, Grid, Screen, Words
from b24kpi.web.pages.screens.people_fair import fair
from b24kpi.web.pages.tables import pivot
from b24kpi.web.pages.view import View, within

RESULTS = (
    ("total_sales", ""), ("plan_attainment", ""), ("plan_attainment", "pace"), ("won_deals", ""),
    ("win_rate", ""), ("aov", ""), ("sales_cycle", ""),
)  # fmt: skip
WORK = (
    ("processed_requests", ""), ("response_time", ""), ("response_time", "within_sla"), ("lost_requests", ""),
    ("work_depth", ""), ("workload", ""), ("task_time", ""), ("crm_adoption", ""), ("stuck_deals", ""),
)  # fmt: skip
CHARTED = 15
RATE, ALIKE = "win_rate", "≈"


def build(view: View) -> Screen:
    """A row for each manager; of those who see only their own figures, theirs."""
    metrics = dict.fromkeys(metric for metric, _ in (*RESULTS, *WORK))
    report = view.answers.report(*view.ask(metrics, by=("manager",)))
    entries = within(report, view.filters.period)
    blocks: list[Block] = []
    if view.filters.own:
        blocks.append(Words((view.say("only_yours"),)))
    blocks += _chart(view, entries)
    results = pivot(view, "results", view.say("results"), "manager", entries, RESULTS)
    blocks.append(without_difference(view, results, entries))
    blocks.append(pivot(view, "work", view.say("work"), "manager", entries, WORK))
    blocks += fair(view)
    blocks.append(_bonus(view))
    unasked = [name for name in metrics if view.unanswered(name)]
    notes = [view.say("people_note")]
    notes += [f"{view.wording.name(name)}: {view.unanswered(name)}" for name in unasked]
    incomplete = view.incomplete_of(report)
    return Screen("people", view.say("screen.people"), report.as_of, incomplete, tuple(blocks), tuple(notes))


def _bonus(view: View) -> Card:
    """The way to the bonus sheet."""
    link = Cell(view.wording.say("people.open_bonus"), view.page("bonus"))
    about = ((view.wording.name("motivation_base"), view.wording.say("people.bonus_about")),)
    return Card("bonus", view.wording.say("people.bonus"), about, (("", link),))


def _chart(view: View, entries: Sequence[Entry]) -> list[Block]:
    """Who sold how much; nothing to compare where there is one."""
    sales = [each for each in entries if each.value.metric == "total_sales" and each.value.value is not None]
    if len(sales) < 2:
        return []
    best = sorted(sales, key=lambda each: -float(each.value.value or 0))[:CHARTED]
    names = [each.labels.get("manager") or each.value.by["manager"] or "—" for each in best]
    amounts = [(name, each.value.value or 0) for name, each in zip(names, best, strict=True)]
    return [money_bars(view, "sales", view.wording.name("total_sales"), amounts, "m")]


def without_difference(view: View, grid: Grid, entries: Sequence[Entry]) -> Grid:
    """The win rates that Newcombe's 95 % interval cannot tell from those of all the rest get a mark (kpi.md G4)."""
    alike = {
        view.rows(RATE, by={"manager": entry.value.by["manager"]})
        for entry in entries
        if entry.value.metric == RATE and not _differs(entry)
    }
    rows = tuple(tuple(_marked(cell, alike, view) for cell in row) for row in grid.rows)
    return replace(grid, rows=rows, notes=(f"{ALIKE} — {view.wording.known('flag', NO_DIFFERENCE)}",))


def _differs(entry: Entry) -> bool:
    """Where there is nobody else there is no difference."""
    return NO_DIFFERENCE not in entry.value.flags and entry.value.extra.get("rest") is not None


def _marked(cell: Cell, alike: Collection[str], view: View) -> Cell:
    if cell.href not in alike or cell.value is None:
        return cell
    told = view.wording.known("flag", NO_DIFFERENCE)
    return replace(cell, text=f"{cell.text} {ALIKE}", hint="; ".join(filter(None, (cell.hint, told))))
