"""Season, campaign or chance: what a change of sales from one period to the next is owed to.

The season is read from the periods before the one that is judged, so that it does not explain itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from b24kpi.metrics.model import Query, Reason, Unit, Value
from b24kpi.metrics.period import Period
from b24kpi.metrics.series import SEASON, first_whole, is_complete, run_up_to, steps_between, sums
from b24kpi.metrics.statistics.seasonality import CYCLES, Total, explained_share, seasonal_indices, verdict

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

FEWEST, LONGEST = 24, 60  # periods that a season is read from; a long season takes more
Series = Mapping[str, Sequence[float]]  # part → its sums, period by period


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """One value for each period and combination: the share of the change that the season explains; a flag judges."""
    grain = query.periods[0].grain
    first, last = first_whole(engine, grain), max(query.periods)
    run = run_up_to(last, steps_between(first, last) + 1) if first is not None and first <= last else []
    sales = query.metric.measures["sales"]
    squares = replace(sales, add=f"{sales.add} * 1.0 * {sales.add}")  # beyond the integers of SQLite
    parts = {name: sums(engine, query, part, run, by) for name, part in (("sales", sales), ("squares", squares))}
    marketing = _Marketing(engine, run)
    place = {period: position for position, period in enumerate(run)}
    found = []
    for key in sorted(parts["sales"]):
        series = {name: [float(each) for each in by_key[key]] for name, by_key in parts.items()}
        named = dict(zip(by, key, strict=True))
        found += [
            _value(engine, query, period, named, series, place.get(period), marketing) for period in query.periods
        ]
    return found


class _Marketing:
    """Campaigns that cost something in each period of a run."""

    def __init__(self, engine: "Engine", run: Sequence[Period]) -> None:
        self._campaigns: list[set[str]] = [set() for _ in run]
        for position, campaign in engine.store.query(
            "SELECT DISTINCT p.position, f.campaign FROM period AS p CROSS JOIN fact_cost AS f "
            "ON f.day < p.to_day AND f.day >= p.from_day WHERE f.campaign <> '' AND f.money > 0"
        ):
            self._campaigns[position].add(campaign)

    def changed(self, place: int, *, up: bool) -> bool:
        """Whether a campaign came that had not run in the period before, or, down, one ended that had."""
        before, now = self._campaigns[place - 1], self._campaigns[place]
        return bool(now - before if up else before - now)


def _value(
    engine: "Engine",
    query: Query,
    period: Period,
    by: dict[str, str],
    series: Series,
    place: int | None,
    marketing: _Marketing,
) -> Value:
    given: dict[str, Any] = {"metric": query.metric.id, "period": period, "by": by, "unit": Unit.RATIO}
    reason = engine.unreadable(query.metric) or _reason(engine, period, place)
    if reason is not None or place is None:
        return Value(value=None, reason=reason, **given)
    length = SEASON[period.grain]
    begin = max(0, place - max(LONGEST, 3 * length))
    known = series["sales"][begin:place]
    before, after = (Total(series["sales"][at], series["squares"][at]) for at in (place - 1, place))
    factor = _factor(known, length)
    share = explained_share(before.total, after.total, factor)
    is_up = after.total > before.total * factor
    found = verdict(before, after, factor, has_campaign=marketing.changed(place, up=is_up))
    no_change = None if share is not None else Reason.NO_EVENTS
    return Value(value=share, n=len(known), reason=no_change, flags=(f"change_{found}",), **given)


def _factor(known: Sequence[float], length: int) -> float:
    """By how much the season multiplies the value after the last known one; 1 where it has nothing to multiply."""
    indices = seasonal_indices(known, length)
    last, following = indices[(len(known) - 1) % length], indices[len(known) % length]
    return float(following / last) if last > 0 else 1.0


def _reason(engine: "Engine", period: Period, place: int | None) -> Reason | None:
    if not is_complete(engine, period):
        return Reason.NOT_MATURE
    length = SEASON[period.grain]
    enough = length > 1 and place is not None and place >= max(FEWEST, CYCLES * length)
    return None if enough else Reason.INSUFFICIENT_DATA
