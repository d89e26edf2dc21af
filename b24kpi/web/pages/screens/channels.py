"""Channels: what each source costs and brings, and what the customers are worth whom it brought."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from b24kpi.metrics.analyses.romi_cohort import HORIZON, LONGEST
from b24kpi.metrics.model import Unit
from b24kpi.report.model import Entry
from b24kpi.web.figures import ACCENT, paired_bars
from b24kpi.web.pages.attribution import rule_name
from b24kpi.web.pages.charts import money_bars
from b24kpi.web.pages.model import Block, Chart, Screen, Words
from b24kpi.web.pages.tables import Setting, pivot, series
from b24kpi.web.pages.view import View, at_a_glance, within

# Of a source, then of a campaign, by the chosen rule of attribution.
MONEY = (
    ("romi", "revenue"), ("romi", "spend"), ("romi", ""), ("romi", "romi_revenue"), ("romi", "roas"),
    ("romi_cohort", ""),
)  # fmt: skip
# By what brought the customer first, whatever the rule.
CUSTOMERS = (
    ("channel_effectiveness", "leads"), ("channel_effectiveness", ""), ("channel_effectiveness", "rest"),
    ("channel_effectiveness", "won"), ("channel_effectiveness", "aov"), ("cac", ""), ("channel_quality", ""),
    ("channel_quality", "acquisition_cost"), ("channel_quality", "ltv_to_cac"), ("channel_quality", "payback_months"),
)  # fmt: skip
# What can be cut to a manager's own deals and leads, which have sources of their own.
OWN = (("total_sales", ""), ("won_deals", ""), ("new_leads", ""), ("aov", ""))
CAMPAIGNS = (("romi", "revenue"), ("romi", "spend"), ("romi", ""), ("campaign_lead_quality", ""),
             ("campaign_lead_quality", "rest"))  # fmt: skip
SPENDING = (
    ("wasted_ad_spend", ""), ("wasted_ad_spend", "spend"), ("retention_vs_acquisition", ""), ("cost_per_order", ""),
    ("income_expense", ""), ("income_expense", "expenses"),
)  # fmt: skip
CHARTED = 8
SPENT = "@fall"  # role of its bars
_Columns = Sequence[tuple[str, str]]


def build(view: View) -> Screen:
    """What sources and campaigns cost and brought, what their customers are worth, and what the spending came to."""
    customers = OWN if view.filters.own else CUSTOMERS
    asks = view.ask(_metrics(MONEY, customers), by=("source",))
    asks += view.ask(_metrics(CAMPAIGNS), by=("utm_campaign",))
    asks += view.ask(_metrics(MONEY, SPENDING))
    report = view.answers.report(*asks, attribution=view.filters.attribution)
    entries = within(report, view.filters.period)
    sources = [each for each in entries if "source" in each.value.by]
    campaigns = [each for each in entries if "utm_campaign" in each.value.by]
    whole = [each for each in entries if not each.value.by]
    blocks = [*_money(view, sources, whole), _customers(view, sources, customers), *_campaigns(view, campaigns, whole)]
    blocks.append(series(view, "money", view.say("ad_money"), whole, SPENDING))
    if view.filters.own:
        blocks.insert(0, Words((view.say("costs_hidden"),)))
    incomplete = view.incomplete_of(report)
    return Screen("channels", view.say("screen.channels"), report.as_of, incomplete, tuple(blocks))


def _metrics(*columns: _Columns) -> dict[str, None]:
    return dict.fromkeys(metric for each in columns for metric, _ in each)


def _money(view: View, sources: Sequence[Entry], whole: Sequence[Entry]) -> Iterator[Block]:
    """Of what no source is known has a row, too, so that the rows add up to the last one."""
    returns = [each for each in sources if each.value.metric == "romi"]
    if not any(each.value.metric == "romi" for each in whole):
        yield from _sales_chart(view, sources)
        return
    yield from _chart(view, returns)
    columns = MONEY if _is_soon(whole) else MONEY[:-1]
    rule = rule_name(view.filters.attribution or view.answers.settings.marketing.attribution, view.wording.language)
    notes = [view.say("money_note", rule=rule)]
    notes += [view.say("cohort_note", days=_horizon(whole))] if _is_soon(whole) else []
    setting = Setting(view.say("unattributed"), _of(whole, columns), _titles(view, columns), notes)
    yield pivot(view, "sources", view.say("money_by_source"), "source", sources, columns, setting=setting)


def _customers(view: View, sources: Sequence[Entry], columns: _Columns) -> Block:
    title, notes = view.say("customers_by_source"), () if view.filters.own else (view.say("channels_note"),)
    setting = Setting(view.say("unattributed"), titles=_titles(view, columns), notes=notes)
    return pivot(view, "source-customers", title, "source", sources, columns, setting=setting)


def _campaigns(view: View, campaigns: Sequence[Entry], whole: Sequence[Entry]) -> Iterator[Block]:
    if campaigns:
        setting = Setting(view.say("no_campaign"), _of(whole, CAMPAIGNS), _titles(view, CAMPAIGNS))
        yield pivot(view, "campaigns", view.say("by_campaign"), "utm_campaign", campaigns, CAMPAIGNS, setting=setting)


def _of(entries: Sequence[Entry], columns: _Columns) -> list[Entry]:
    return [entry for entry in entries if entry.value.metric in _metrics(columns)]


def _titles(view: View, columns: _Columns) -> dict[tuple[str, str], str]:
    """Short heads, where the full name would not fit a column."""
    short = {
        ("romi", "revenue"): "revenue", ("romi", "spend"): "spend", ("romi", ""): "romi",
        ("romi", "romi_revenue"): "romi_revenue", ("romi", "roas"): "roas", ("romi_cohort", ""): "romi_cohort",
        ("channel_effectiveness", "leads"): "leads", ("channel_effectiveness", ""): "conversion",
        ("channel_effectiveness", "rest"): "conversion_rest", ("channel_effectiveness", "won"): "won",
        ("channel_effectiveness", "aov"): "aov", ("channel_quality", ""): "ltv", ("cac", ""): "cac",
        ("channel_quality", "acquisition_cost"): "ad_cost", ("channel_quality", "ltv_to_cac"): "ltv_to_cac",
        ("channel_quality", "payback_months"): "payback_months", ("campaign_lead_quality", ""): "lead_quality",
        ("campaign_lead_quality", "rest"): "lead_quality_rest",
    }  # fmt: skip
    return {column: view.say(f"channel_column.{short[column]}") for column in columns if column in short}


def _horizon(whole: Sequence[Entry]) -> int | None:
    found = [each.value.extra.get(HORIZON) for each in whole if each.value.metric == "romi_cohort"]
    return int(found[0]) if found and found[0] is not None else None


def _is_soon(whole: Sequence[Entry]) -> bool:
    """Whether wins come about soon enough for cohorts to tell something (kpi.md 2.5)."""
    horizon = _horizon(whole)
    return horizon is not None and horizon <= LONGEST


def _chart(view: View, returns: Sequence[Entry]) -> Iterator[Chart]:
    """Revenue and spending of the channels that have either."""
    amounts = [(_name(view, each), _amount(each, "revenue"), _amount(each, "spend")) for each in returns]
    shown = sorted((each for each in amounts if any(each[1:])), key=lambda each: -max(each[1:]))[:CHARTED]
    if len(shown) < 2:
        return
    names = [name for name, _, _ in shown]
    legends = [view.say(f"channel_column.{name}") for name in ("revenue", "spend")]
    values = [[earned for _, earned, _ in shown], [spent for _, _, spent in shown]]
    texts = [[at_a_glance(value, Unit.MONEY, view.wording) for value in each] for each in values]
    told = "; ".join(
        f"{name}: {legends[0]} {earned}, {legends[1]} {spent}"
        for name, earned, spent in zip(names, *texts, strict=True)
    )
    groups = {legend: (values[place], texts[place], (ACCENT, SPENT)[place]) for place, legend in enumerate(legends)}
    yield Chart("sources-chart", view.say("chart.channels"), paired_bars(names, groups), told, "l")


def _sales_chart(view: View, sources: Sequence[Entry]) -> Iterator[Chart]:
    """Where costs cannot be told, sales alone."""
    sales = [each for each in sources if each.value.metric == "total_sales" and each.value.value]
    best = sorted(sales, key=lambda each: -float(each.value.value or 0))[:CHARTED]
    if len(best) > 1:
        amounts = [(_name(view, each), each.value.value or 0) for each in best]
        yield money_bars(view, "sources-chart", view.say("chart.sources"), amounts, "m")


def _name(view: View, entry: Entry) -> str:
    return entry.labels.get("source") or entry.value.by["source"] or view.say("unattributed")


def _amount(entry: Entry, name: str) -> Decimal:
    return Decimal(str(entry.value.extra.get(name) or 0))
