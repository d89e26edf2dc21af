"""Laws that hold for any rows: what is divided adds up, order does not matter, money scales."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import prod
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.facts.refresh import refresh
from b24kpi.metrics.catalogue import find, load
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Metric, Query, Unit, Value
from b24kpi.metrics.period import Grain, periods
from tests.event_logs import AS_OF, REPORT_CURRENCY, ZONE, Tables, logs
from tests.facts.mutations import filled_store

Sides = tuple[Fraction, Fraction]
SUMS = [metric for metric in load() if not metric.durations and not metric.analysis]
# Sums of what each row adds; of different customers there are as many in a whole as in no part of it.
ADDITIVE = [m for m in SUMS if not any(measure.distinct for measure in m.measures.values())]
OF_A_PERIOD = [m for m in ADDITIVE if not any(each.to_date or each.previous for each in m.measures.values())]
YEAR = (date(2026, 1, 1), date(2027, 1, 1))
MARCH, OCTOBER = (date(2026, 3, 1), date(2026, 4, 1)), (date(2026, 10, 1), date(2026, 11, 1))  # clocks change in them
SPLITS = (
    (YEAR, Grain.MONTH, Grain.YEAR),
    (YEAR, Grain.QUARTER, Grain.YEAR),
    (MARCH, Grain.DAY, Grain.MONTH),
    (OCTOBER, Grain.DAY, Grain.MONTH),
)
few = settings(max_examples=6)


@contextmanager
def engine_over(tables: Tables) -> Iterator[Engine]:
    with filled_store(tables) as store:
        refresh(store, ZONE, REPORT_CURRENCY)
        yield Engine(store, ZONE, AS_OF)


def ask(
    engine: Engine,
    metric: Metric,
    grain: Grain = Grain.YEAR,
    by: Sequence[str] = (),
    *,
    mode: str = "cohort",
    within: tuple[date, date] = YEAR,
) -> list[Value]:
    """Values of the year that the random rows fill, or of a part of it."""
    return engine.values(Query(metric, tuple(periods(*within, grain)), tuple(by), mode=mode))


def sides(values: Sequence[Value]) -> Sides:
    """Sums of numerators and denominators."""
    above = sum((Fraction(value.numerator or 0) for value in values), Fraction(0))
    return above, sum((Fraction(value.denominator or 0) for value in values), Fraction(0))


def by_fixed(metric: Metric, values: Sequence[Value]) -> dict[tuple[str, ...], Sides]:
    """Sums of the sides for each combination that the metric always has; those of nothing are left out."""
    groups = defaultdict(list)
    for value in values:
        groups[tuple(value.by[name] for name in metric.fixed)].append(value)
    found = {key: sides(group) for key, group in groups.items()}
    return {key: pair for key, pair in found.items() if any(pair)}


@few
@given(logs())
def test_slices_add_up_to_the_whole(tables: Tables) -> None:
    """Numerators and denominators of every metric, by each of its dimensions: owners, sources, pipelines and so on."""
    with engine_over(tables) as engine:
        for metric in ADDITIVE:
            whole = by_fixed(metric, ask(engine, metric))
            for name in metric.dimensions:
                assert by_fixed(metric, ask(engine, metric, by=(name,))) == whole, (metric.id, name)


@few
@given(logs(), st.sampled_from(SPLITS))
def test_parts_of_a_period_add_up_to_it(tables: Tables, split: tuple[tuple[date, date], Grain, Grain]) -> None:
    """Nothing is counted twice or lost at midnight, in either reading."""
    within, *grains = split
    with engine_over(tables) as engine:
        for metric in OF_A_PERIOD:
            for mode in ("cohort", "flow") if metric.flow else ("cohort",):
                parts, whole = (by_fixed(metric, ask(engine, metric, g, mode=mode, within=within)) for g in grains)
                assert parts == whole, (metric.id, mode)


@few
@given(logs())
def test_what_counts_to_date_never_shrinks(tables: Tables) -> None:
    """Customers and their repeat purchases by the end of each month."""
    with engine_over(tables) as engine:
        months = ask(engine, find("rpr"), Grain.MONTH)
        counts = [(int(month.numerator or 0), int(month.denominator or 0)) for month in months]
        assert counts == sorted(counts, key=lambda pair: pair[1])
        assert [repeat for repeat, _ in counts] == sorted(repeat for repeat, _ in counts)
        assert all(repeat <= customers for repeat, customers in counts)


@few
@given(logs(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(tables: Tables, order: Random) -> None:
    """However the portal lists them."""
    shuffled = {name: order.sample(rows, len(rows)) for name, rows in tables.items()}
    with engine_over(tables) as one, engine_over(shuffled) as other:
        for metric in load():
            assert ask(one, metric, Grain.QUARTER) == ask(other, metric, Grain.QUARTER), metric.id


@few
@given(logs(), st.integers(2, 1000))
def test_money_scales(tables: Tables, factor: int) -> None:
    """Amounts and costs times so much: money is so much more, all else stays, ROMI too.

    Without purchase prices, which round, products, among whom hundredths are shared out, and plans.
    """
    plain = tables | {"deal": [deal | {"currency_id": "UAH"} for deal in tables["deal"]], "product": [], "offer": []}
    scaled = plain | {
        "deal": [deal | {"opportunity": (deal["opportunity"] or 0) * factor} for deal in plain["deal"]],
        "cost": [cost | {"amount": cost["amount"] * factor} for cost in plain["cost"]],
    }
    with engine_over(plain) as one, engine_over(scaled) as other:
        for metric in (each for each in load() if not each.analysis and "product" not in each.fixed):
            for before, after in zip(ask(one, metric), ask(other, metric), strict=True):
                assert scales(before, after, factor), metric.id


def scales(before: Value, after: Value, factor: int) -> bool:
    """Means are rounded to the cent before they are compared."""
    if before.unit is not Unit.MONEY or before.value is None or after.value is None:
        return before.value == after.value
    return abs(Decimal(after.value) - Decimal(before.value) * factor) <= Decimal(factor) / 100


@few
@given(logs(60))
def test_stages_multiply_to_the_funnel(tables: Tables) -> None:
    """Of one cohort, the product of the conversions of all stages is that from the first stage to the win."""
    with engine_over(tables) as engine:
        stages = ask(engine, find("stage_conversion"), Grain.QUARTER)
        for funnel in ask(engine, find("funnel_conversion"), Grain.QUARTER, by=("pipeline",)):
            own = [s for s in stages if (s.period, s.by["pipeline"]) == (funnel.period, funnel.by["pipeline"])]
            if all(stage.denominator for stage in own):
                assert prod(ratio(stage) for stage in own) == ratio(funnel)


def ratio(value: Value) -> Fraction:
    return Fraction(value.numerator or 0) / Fraction(value.denominator or 0)
