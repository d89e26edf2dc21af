"""Channels: what each source costs and brings."""

from collections.abc import Sequence

from b24kpi.report.model import Entry
from b24kpi.web.pages.charts import money_bars
from b24kpi.web.pages.model import Block, Screen, Words
from b24kpi.web.pages.tables import pivot, series
from b24kpi.web.pages.view import View, within

SOURCES = (
    ("total_sales", ""), ("new_leads", ""), ("channel_effectiveness", ""), ("channel_effectiveness", "rest"),
    ("romi", ""), ("romi", "romi_revenue"), ("cac", ""), ("aov", ""), ("channel_quality", ""), ("ltv_historic", ""),
)  # fmt: skip
CAMPAIGNS = (("campaign_lead_quality", ""), ("campaign_lead_quality", "rest"))
MONEY = (
    ("wasted_ad_spend", ""), ("wasted_ad_spend", "spend"), ("retention_vs_acquisition", ""), ("cost_per_order", ""),
    ("income_expense", ""), ("income_expense", "expenses"),
)  # fmt: skip
CHARTED = 12


def build(view: View) -> Screen:
    """A row for each source, a row for each campaign, and what the money for them came to."""
    asks = view.ask(dict.fromkeys(metric for metric, _ in SOURCES), by=("source",))
    asks += view.ask(("campaign_lead_quality",), by=("utm_campaign",))
    asks += view.ask(dict.fromkeys(metric for metric, _ in MONEY))
    report = view.answers.report(*asks)
    entries = within(report, view.filters.period)
    sources = [each for each in entries if "source" in each.value.by]
    campaigns = [each for each in entries if "utm_campaign" in each.value.by]
    whole = [each for each in entries if not each.value.by]
    blocks: list[Block] = _chart(view, sources)
    blocks.append(pivot(view, "sources", view.say("by_source"), "source", sources, SOURCES))
    if campaigns:
        blocks.append(pivot(view, "campaigns", view.say("by_campaign"), "utm_campaign", campaigns, CAMPAIGNS))
    blocks.append(series(view, "money", view.say("ad_money"), whole, MONEY))
    if view.filters.own:
        blocks.insert(0, Words((view.say("costs_hidden"),)))
    notes = (view.say("channels_note"),)
    incomplete = view.incomplete_of(report)
    return Screen("channels", view.say("screen.channels"), report.as_of, incomplete, tuple(blocks), notes)


def _chart(view: View, sources: Sequence[Entry]) -> list[Block]:
    sales = [each for each in sources if each.value.metric == "total_sales" and each.value.value]
    best = sorted(sales, key=lambda each: -float(each.value.value or 0))[:CHARTED]
    if len(best) < 2:
        return []
    names = [each.labels.get("source") or each.value.by["source"] or view.wording.say("report.empty") for each in best]
    amounts = [(name, each.value.value or 0) for name, each in zip(names, best, strict=True)]
    return [money_bars(view, "sources-chart", view.say("chart.sources"), amounts, "m")]
