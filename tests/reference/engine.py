"""The reference engine: rows of the cache in, values of a metric out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference import (
    bottleneck,
    channels,
    cold,
    crm_before_after,
    crm_payback,
    customer_base,
    customer_states,
    customers,
    directions,
    durations,
    effort,
    expenses,
    failure,
    forecast,
    funnel,
    interaction,
    journeys,
    leads,
    lifetime,
    load,
    lost,
    motivation,
    offers,
    products,
    ratings,
    requests,
    sales,
    service,
    stuck,
    targets,
)
from tests.reference.periods import split
from tests.reference.plan import Plan
from tests.reference.results import Result
from tests.reference.slices import Key
from tests.reference.world import NO_CRM, NOTHING_MAPPED, OwnerAt, Tables, World

__all__ = ["METRICS", "Reference", "Result"]

PLAIN: dict[str, Callable[[World, Sequence[str]], Any]] = {
    function.__name__: function
    for function in (
        sales.total_sales,
        sales.won_deals,
        sales.aov,
        sales.revenue_per_customer,
        sales.win_rate,
        sales.lost_deals,
        leads.new_leads,
        leads.lead_to_customer_rate,
        leads.lead_to_deal_rate,
        durations.sales_cycle,
        durations.time_in_stage,
        customers.new_customers,
        customers.rpr,
        customers.repeat_purchase_share,
        customers.ltv_historic,
        customer_base.new_customer_growth,
        customer_base.base,
        customer_base.crr,
        customer_base.crr_strict,
        customer_base.purchase_frequency,
        customer_base.one_time_buyers,
        durations.early_visit_loss,
        durations.customer_lifespan,
        customers.cac,
        channels.channel_effectiveness,
        channels.channel_quality,
        channels.campaign_lead_quality,
        channels.wasted_ad_spend,
        expenses.retention_vs_acquisition,
        expenses.cost_per_order,
        expenses.cost_to_serve,
        expenses.income_expense,
        forecast.sales_forecast,
        forecast.plan_realism,
        directions.trend,
        directions.seasonality_check,
        lifetime.ltv_formula,
        lifetime.ltv_predictive,
        crm_payback.crm_payback,
        crm_before_after.crm_before_after,
        bottleneck.bottleneck,
        failure.failure_point,
        stuck.stuck_deals,
        customer_states.base_composition,
        customer_states.behaviour_change,
        service.response_time,
        service.wait_time,
        service.response_vs_conversion,
        service.client_engagement,
        effort.aht,
        service.fcr,
        service.repeat_inquiries,
        lost.lost_requests,
        service.processed_requests,
        effort.work_depth,
        service.first_contact_to_purchase,
        effort.crm_adoption,
        service.task_time,
        requests.resolved_rate,
        requests.request_processing_time,
        requests.approval_time,
        requests.document_error_rate,
        ratings.nps,
        ratings.csat,
        motivation.motivation_base,
        offers.segment_offer_uplift,
        interaction.interaction_effectiveness,
        products.aov_by_manager,
        products.aov_by_source,
        products.aov_by_point,
        products.aov_by_product,
        products.cross_sell_rate,
        products.price_effect,
        products.sales_per_employee,
        products.profit_per_customer,
        targets.plan_attainment,
        targets.goal_progress,
        load.workload,
        load.base_engagement,
        cold.cold_contact_waste,
    )
}
MODAL: dict[str, Callable[[World, Sequence[str], str], Plan]] = {
    function.__name__: function for function in (funnel.stage_conversion, funnel.funnel_conversion)
}
# Rule of attribution → function of a metric that follows it.
RULED: dict[str, Callable[[World, Sequence[str], str], Plan]] = {
    "romi": journeys.romi,
    "romi_cohort": journeys.romi_cohort,
}
METRICS = (*PLAIN, *MODAL, *RULED)


class Reference:
    """Values of all metrics over one state of the cache.

    tables          -- table name → rows as dicts, columns as in the cache; deleted rows may be among them.
    time_zone       -- IANA name; days and periods are those of this zone.
    as_of           -- epoch seconds at which what is still open is cut off.
    report_currency -- code; "" is the portal's base currency.
    margin          -- share of the money that ltv_historic and romi count.
    base_days       -- for how many days from a purchase on a customer belongs to the base.
    hourly_rate     -- minor units that an hour of work costs; None where nobody told.
    crm             -- go_live (a date), investment and subscription (minor units), saved_hours, adaptation_days,
                       benefits, counterfactual, baseline: as in the settings; what is missing has its default there.
    junk            -- statuses of leads that mean junk.
    point           -- what a point of sale is: department or pipeline.
    mapped          -- request_pipeline (a number), approval_stages, document_stages; what is missing is not mapped.
    scheme          -- versions of the scheme of bonuses, as its TOML file has them.
    owner_at        -- (deal id, moment) → user id, None where not known; without it the present responsible.
    """

    def __init__(
        self,
        tables: Tables,
        *,
        time_zone: str,
        as_of: float,
        report_currency: str = "",
        margin: Fraction = Fraction(1),
        base_days: int = 365,
        hourly_rate: Fraction | None = None,
        crm: Mapping[str, Any] = NO_CRM,
        point: str = "department",
        mapped: Mapping[str, Any] = NOTHING_MAPPED,
        scheme: Sequence[Mapping[str, Any]] = (),
        junk: tuple[str, ...] = ("JUNK",),
        owner_at: OwnerAt | None = None,
    ) -> None:
        self._world = World(
            tables,
            zone=ZoneInfo(time_zone),
            as_of=as_of,
            report_currency=report_currency,
            margin=margin,
            base_days=base_days,
            hourly_rate=hourly_rate,
            crm=crm,
            point=point,
            mapped=mapped,
            scheme=scheme,
            junk=junk,
            owner_at=owner_at,
        )

    def values(
        self,
        metric: str,
        *,
        period: str,
        start: date,
        end: date,
        by: Sequence[str] = (),
        mode: str = "cohort",
        attribution: str = "first",
    ) -> dict[tuple[str, Key], Result]:
        """Results by period label and dimension values in the order of `by`; stage metrics have pipeline, stage first.

        ValueError for an unknown metric, period, dimension or mode. Without `by` every period has a result; with it
        a combination that occurs in some period has one in every period. What is absent equals `empty(metric)`.
        """
        return self._plan(metric, by, mode, attribution).values(list(split(period, start, end)))

    def empty(self, metric: str, mode: str = "cohort") -> Result:
        """What the metric says where nothing happened."""
        return self._plan(metric, (), mode).nothing()

    def _plan(self, metric: str, by: Sequence[str], mode: str, attribution: str = "first") -> Any:
        if mode not in ("cohort", "flow") or (mode == "flow" and metric not in MODAL):
            raise ValueError(f'metric "{metric}" has no mode "{mode}"')
        if metric in MODAL:
            return MODAL[metric](self._world, by, mode)
        if metric in RULED:
            return RULED[metric](self._world, by, attribution)
        if metric not in PLAIN:
            raise ValueError(f'unknown metric "{metric}"; there are {", ".join(sorted(METRICS))}')
        return PLAIN[metric](self._world, by)
