"""Sales as a share of the plan, and whether they are on pace for it."""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.catalogue import find, load
from b24kpi.metrics.model import Measure, Number, Query, Reason, Unit, Value
from b24kpi.metrics.pace import expected_share
from b24kpi.metrics.passes import Sum
from b24kpi.metrics.period import Period
from b24kpi.metrics.ratios import as_money
from b24kpi.metrics.shared import Shared
from b24kpi.metrics.targets import DIMENSIONS, SALES, Targets

if TYPE_CHECKING:
    from b24kpi.metrics.analyses import Part
    from b24kpi.metrics.engine import Engine, Key

FORECAST = "sales_forecast"
OF_PRODUCTS = "aov_by_product"  # of which the sales of a product are a part
_NOTHING = Sum(0, frozenset())


def looks_at(query: Query) -> "list[Part]":
    """What sales are made of."""
    return [(measure, query.slicing) for measure in _parts(query).values()]


def values(engine: "Engine", query: Query, by: "Key", shared: Shared) -> list[Value]:
    """fact / plan for each period and combination that has sales or a plan; without a plan above 0: not configured.

    Beside it `pace`: fact / (plan × the share of the period's working days up to today), and that `expected_share`;
    `forecast_attainment`: what is expected of the whole period / plan, where the catalogue has a forecast.
    """
    targets = engine.once(Targets, lambda: Targets.of_store(engine.store))
    metric = find(SALES)
    today = datetime.fromtimestamp(engine.as_of, engine.zone).date()
    facts, expected = _facts(query, by, shared), _forecasts(engine, query, by)
    keys = {key for _, key in facts} | (_planned(targets, query, by) if by else set())
    keys |= {(query.where["product"],)} if by == ("product",) and "product" in query.where else set()
    unreadable = engine.unreadable(query.metric)
    shares = {period: expected_share(period, today) for period in query.periods}
    found = []
    for key in sorted(keys) or ([] if by else [()]):
        named = dict(zip(by, key, strict=True))
        for period in query.periods:
            fact, deals = facts.get((period, key), (Fraction(0), 0))
            plan = targets.amount(metric, period, {**query.where, **named})
            value = _value(query, period, named, fact, deals, plan, shares[period], unreadable)
            found.append(_with_forecast(value, expected.get((period, key)), plan) if expected else value)
    return found


def _parts(query: Query) -> dict[str, Measure]:
    """The sums of sales, in hundredths, and of the deals that brought them."""
    own = find(OF_PRODUCTS if "product" in (*query.by, *query.where) else SALES).measures
    return {name: own[name] for name in ("sales", "deals")}


def _facts(query: Query, by: "Key", shared: Shared) -> "dict[tuple[Period, Key], tuple[Fraction, int]]":
    """Sales in hundredths, and how many deals brought them."""
    sales, deals = (shared.sums(measure, by) for measure in _parts(query).values())
    return {
        (query.periods[cell[0]], cell[1]): (
            Fraction(round(sales.get(cell, _NOTHING).total)),
            int(deals.get(cell, _NOTHING).total),
        )
        for cell in {**sales, **deals}
    }


def _forecasts(engine: "Engine", query: Query, by: "Key") -> "dict[tuple[Period, Key], Number | None]":
    """Sales expected of the whole periods, in currency units; nothing where the catalogue has no such forecast."""
    metric = next((each for each in load() if each.id == FORECAST), None)
    if metric is None or not {*by, *query.where} <= {*metric.dimensions}:
        return {}
    asked = engine.values(Query(metric, query.periods, by, query.where))
    return {(value.period, tuple(value.by[name] for name in by)): value.value for value in asked}


def _with_forecast(value: Value, expected: Number | None, plan: Fraction | None) -> Value:
    attained = None if expected is None or not plan or value.reason else float(Fraction(expected) * 100 / plan)
    return value.changed(extra={**value.extra, "forecast_attainment": attained})


def _planned(targets: Targets, query: Query, by: "Key") -> "set[Key]":
    """The combinations with a plan in any of the periods."""
    if len(by) != 1 or query.where:
        return set()
    metric = find(SALES)
    scopes = {scope for scope, dimension in DIMENSIONS.items() if dimension == by[0]}
    named = {value for id_, scope, value in targets.plans if id_ == SALES and scope in scopes}
    return {
        (value,)
        for value in named
        if any(targets.amount(metric, period, {by[0]: value}) is not None for period in query.periods)
    }


def _value(
    query: Query,
    period: Period,
    by: Mapping[str, str],
    fact: Fraction,
    deals: int,
    plan: Fraction | None,
    share: Fraction,
    unreadable: Reason | None,
) -> Value:
    reason = unreadable or (None if plan and plan > 0 else Reason.NOT_CONFIGURED)
    attained = fact / plan if plan and not reason else None
    pace = attained / share if attained is not None and share else None
    extra: dict[str, Number | None] = {
        "pace": None if pace is None else float(pace),
        "expected_share": None if reason else float(share),
    }
    return Value(
        metric=query.metric.id,
        period=period,
        by=by,
        value=None if attained is None else float(attained),
        unit=Unit.RATIO,
        numerator=as_money(fact),
        denominator=None if plan is None else as_money(plan),
        n=deals,
        reason=reason,
        extra=extra,
    )
