"""What prices did to the revenue of products, against the period before; see `price_volume_mix`."""

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.model import Query, Reason, Unit, Value
from b24kpi.metrics.price_volume_mix import Effects, effects
from b24kpi.metrics.ratios import as_money
from b24kpi.metrics.sold import sold

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

_SUMS = "SUM(f.money), SUM(f.quantity)"


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """One value for each period and combination; null where no product was sold in both periods.

    Beside it `volume`, `mix`, `new`, `dropped`, `other` and their sum `change`.
    """
    now = sold(engine, query, by, "product", _SUMS)
    before = sold(engine, query, by, "product", _SUMS, previous=True)
    unreadable = engine.unreadable(query.metric)
    found = []
    for key in engine.keys(query, by, [*now, *before]):
        for position, period in enumerate(query.periods):
            told = effects(before.get((position, key), {}), now.get((position, key), {}))
            reason = unreadable or (None if told.products else Reason.NO_EVENTS)
            found.append(
                Value(
                    metric=query.metric.id,
                    period=period,
                    by=dict(zip(by, key, strict=True)),
                    value=None if reason else as_money(Fraction(told.price)),
                    unit=Unit.MONEY,
                    n=told.products,
                    reason=reason,
                    extra={} if unreadable else _readings(told),
                )
            )
    return found


def _readings(told: Effects) -> dict[str, Decimal | int | float | None]:
    names = ("volume", "mix", "new", "dropped", "other", "change")
    return {name: as_money(Fraction(getattr(told, name))) for name in names}
