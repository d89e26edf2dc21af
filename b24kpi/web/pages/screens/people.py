"""People: each manager's plan, pace, rates, speed and load, with what is no difference said to be none."""

from collections.abc import Sequence

from b24kpi.metrics.model import Unit
from b24kpi.report.model import Entry
from b24kpi.web.figures import bars
from b24kpi.web.pages.model import Block, Chart, Screen, Words
from b24kpi.web.pages.tables import pivot
from b24kpi.web.pages.view import View, at_a_glance, by_metric

RESULTS = (
    ("total_sales", ""), ("plan_attainment", ""), ("plan_attainment", "pace"), ("won_deals", ""),
    ("win_rate", ""), ("aov", ""), ("sales_cycle", ""),
)  # fmt: skip
WORK = (
    ("processed_requests", ""), ("response_time", ""), ("response_time", "within_sla"), ("lost_requests", ""),
    ("work_depth", ""), ("workload", ""), ("task_time", ""), ("crm_adoption", ""), ("stuck_deals", ""),
)  # fmt: skip
CHARTED = 15


def build(view: View) -> Screen:
    """A row for each manager; of those who see only their own figures, theirs."""
    metrics = dict.fromkeys(metric for metric, _ in (*RESULTS, *WORK))
    report = view.answers.report(*view.ask(metrics, by=("manager",)))
    entries = [entry for group in by_metric(report, view.filters.period).values() for entry in group]
    blocks: list[Block] = []
    if view.filters.own:
        blocks.append(Words((view.say("only_yours"),)))
    blocks += _chart(view, entries)
    blocks.append(pivot(view, "results", view.say("results"), "manager", entries, RESULTS))
    blocks.append(pivot(view, "work", view.say("work"), "manager", entries, WORK))
    unasked = [name for name in metrics if view.unanswered(name)]
    notes = [view.say("people_note")]
    notes += [f"{view.wording.name(name)}: {view.unanswered(name)}" for name in unasked]
    incomplete = view.incomplete_of(report)
    return Screen("people", view.say("screen.people"), report.as_of, incomplete, tuple(blocks), tuple(notes))


def _chart(view: View, entries: Sequence[Entry]) -> list[Block]:
    """Who sold how much; nothing to compare where there is one."""
    sales = [each for each in entries if each.value.metric == "total_sales" and each.value.value is not None]
    if len(sales) < 2:
        return []
    best = sorted(sales, key=lambda each: -float(each.value.value or 0))[:CHARTED]
    names = [each.labels.get("manager") or each.value.by["manager"] or "—" for each in best]
    texts = [at_a_glance(each.value.value, Unit.MONEY, view.wording) for each in best]
    told = "; ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))
    figure = bars(names, [float(each.value.value or 0) for each in best], texts)
    return [Chart("sales", view.wording.name("total_sales"), figure, told, "m")]
