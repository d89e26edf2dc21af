"""Service: how fast customers are answered, what becomes of their requests, and how work gets done."""

from collections.abc import Sequence

from b24kpi.metrics.model import Unit
from b24kpi.report.model import Entry
from b24kpi.web.figures import trend
from b24kpi.web.pages.model import Block, Chart, Screen
from b24kpi.web.pages.tables import pivot, series
from b24kpi.web.pages.view import View, within

ANSWERS = (
    ("response_time", ""), ("response_time", "within_sla"), ("response_time", "p90"), ("wait_time", ""),
    ("lost_requests", ""), ("lost_requests", "lost_share"), ("processed_requests", ""), ("fcr", ""),
    ("repeat_inquiries", ""), ("client_engagement", ""), ("csat", ""), ("nps", ""), ("interaction_effectiveness", ""),
)  # fmt: skip
WORK = (
    ("aht", ""), ("aht", "median"), ("task_time", ""), ("workload", ""), ("work_depth", ""),
    ("resolved_rate", ""), ("request_processing_time", ""), ("approval_time", ""), ("document_error_rate", ""),
    ("base_engagement", ""), ("cold_contact_waste", ""), ("crm_adoption", ""),
)  # fmt: skip
BUCKETS = "response_vs_conversion"
RUN = 5


def build(view: View) -> Screen:
    """Figures of the period, the course of response, and what a fast answer is worth."""
    metrics = dict.fromkeys(metric for metric, _ in (*ANSWERS, *WORK) if metric != "response_time")
    asks = [*view.ask(metrics), *view.ask(("response_time",), count=RUN), *view.ask((BUCKETS,))]
    report = view.answers.report(*asks)
    entries = within(report, view.filters.period)
    whole = [each for each in entries if not each.value.by]
    buckets = [each for each in entries if each.value.metric == BUCKETS]
    blocks: list[Block] = [series(view, "answers", view.say("answers"), whole, ANSWERS)]
    blocks += _course(view, [each for each in report.entries if each.value.metric == "response_time"])
    if buckets:
        blocks.append(
            pivot(
                view, "speed", view.wording.name(BUCKETS), "response_bucket", buckets, ((BUCKETS, ""),), by_size=False
            )
        )
    blocks.append(series(view, "work", view.say("work"), whole, WORK))
    incomplete = view.incomplete_of(report)
    return Screen("service", view.say("screen.service"), report.as_of, incomplete, tuple(blocks))


def _course(view: View, run: Sequence[Entry]) -> list[Block]:
    """The share within the SLA, period by period."""
    shares = [each.value.extra.get("within_sla") for each in run]
    if sum(share is not None for share in shares) < 2:
        return []
    values = [None if share is None else float(share) for share in shares]
    texts = [view.wording.number(share, Unit.RATIO) for share in shares]
    labels = [each.value.period.label for each in run]
    told = "; ".join(f"{label}: {text}" for label, text in zip(labels, texts, strict=True))
    name = view.wording.known("extra", "within_sla")
    figure = trend(labels, {name: values}, [texts], percent=True)
    return [Chart("course", f"{view.wording.name('response_time')}: {name}", figure, told, "s")]
