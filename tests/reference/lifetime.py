"""Lifetime values: ltv_formula, and ltv_predictive as far as it says nothing.

Fitted models are held to published data instead (tests/metrics/test_cdnow.py); here it is told when there may be none.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from tests.reference import slices, survival
from tests.reference.durations import of_first, won_at
from tests.reference.periods import Period, local_day
from tests.reference.plan import Survey, always
from tests.reference.results import Result
from tests.reference.survival import Duration
from tests.reference.world import Deal, World

By = Sequence[str]
Bought = list[tuple[date, Deal]]


def ltv_formula(world: World, by: By) -> Survey:
    """Average order × purchases a year × years in the base × margin."""
    return _survey(world, by, _by_formula)


def ltv_predictive(world: World, by: By) -> Survey:
    """Nothing while fewer than 100 customers have come back."""
    everybody = [life for _, life in _lives(world, ())]
    return _survey(world, by, lambda _, found, end: _too_few(everybody, found, end))


def _survey(world: World, by: By, judge: object) -> Survey:
    slices.check(by, slices.DEAL)
    tomorrow = local_day(world.as_of, world.zone) + timedelta(days=1)

    def at_end(found: list[Bought], period: Period) -> Result:
        end = min(period.end, tomorrow)
        return judge(world, [[each for each in life if each[0] < end] for life in found], end)  # type: ignore[operator,no-any-return]

    return Survey(_lives(world, by), at_end, always(by))


def _lives(world: World, by: By) -> list[tuple[slices.Key, Bought]]:
    lives: dict[str, Bought] = {}
    for purchase in world.purchases:
        lives.setdefault(purchase.customer, []).append((world.day(won_at(purchase.deal)), purchase.deal))
    return [(of_first(world, p, by), lives[p.customer]) for p in world.purchases if p.number == 1]


def _by_formula(world: World, found: list[Bought], end: date) -> Result:
    spans = [span for life in found for span in _spans([day for day, _ in life], world.base_days, end)]
    orders = [deal for life in found for _, deal in life if deal.money > 0]
    if not orders:
        return Result(None, n=len(spans), reason="no_events")
    lifespan = survival.mean(spans)
    if lifespan is None:
        return Result(None, n=len(spans), reason="not_mature")
    purchases = sum(len(life) for life in found)
    days = sum(int(span.seconds) for span in spans)
    rate = world.goods.rate([(deal.id, deal.money) for deal in orders], world.margin)
    value = Fraction(sum(deal.money for deal in orders), len(orders)) * purchases / days * lifespan * rate
    exact = Fraction(round(Fraction(round(value * 1000), 1000)))
    return Result(exact, n=len(spans), extra={"margin_rate": rate})


def _spans(days: list[date], base_days: int, end: date) -> list[Duration]:
    """For how many days he was in the base each time; the last time may go on."""
    spans = []
    begun = None
    for place, day in enumerate(days):
        begun = begun or day
        left = day + timedelta(days=base_days)
        if place + 1 == len(days) or days[place + 1] > left:
            spans.append(Duration((min(left, end) - begun).days, "left" if left <= end else None))
            begun = None
    return spans


def _too_few(everybody: list[Bought], found: list[Bought], end: date) -> Result:
    """Purchases of one day are one visit."""
    repeaters = sum(1 for life in everybody if len({day for day, _ in life if day < end}) > 1)
    assert repeaters < 100, "the reference fits no model"
    count = sum(1 for life in found if life)
    return Result(None, n=count, reason="insufficient_data" if count else "no_events")
