"""Why sales changed between two periods: the factors, the segments, the deals behind each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from b24kpi.errors import BadInput
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.change import UNITS, Effect, Side, effects, segment_effects
from b24kpi.metrics.compiler import sum_statement
from b24kpi.metrics.engine import Engine, set_periods
from b24kpi.metrics.model import Measure, Reason
from b24kpi.metrics.period import Period
from b24kpi.report.grounds import Grounds, grounds_of
from b24kpi.report.labels import Labels
from b24kpi.report.why_deals import Deal, deals_behind

# The metric that can be taken apart, and those whose sums are its factors.
EXPLAINED, PARTS = "total_sales", ("total_sales", "win_rate", "aov")

Key = tuple[str, ...]


@dataclass(frozen=True)
class WhyAsk:
    """Which change is to be explained.

    Attributes:
        against: the earlier period, of the same length; without it the one before `period`.
        by: dimensions that make the segments; `where`: only deals with these values.
    """

    metric: str
    period: Period
    against: Period | None = None
    by: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)

    @property
    def base(self) -> Period:
        return self.against or self.period.previous


@dataclass(frozen=True)
class Segment:
    """One combination of dimension values, with names for people; its effects add up to the change of its sales."""

    by: Mapping[str, str]
    labels: Mapping[str, str]
    before: int
    after: int
    effects: tuple[Effect, ...]

    @property
    def change(self) -> int:
        return self.after - self.before


@dataclass(frozen=True)
class Change:
    """A change of sales taken apart; money in hundredths of the report currency.

    Attributes:
        effects: of the whole; they add up to the change.
        deals: factor → the deals that weigh most in its effect.
        segments: largest change first; empty unless segments were asked for.
        within: factor → the sum of its effects over the segments; these sums add up to the change, too.
        reason: why nothing can be said, None if something can.
        is_unfinished: a period is not over yet.
    """

    ask: WhyAsk
    before: int
    after: int
    effects: tuple[Effect, ...]
    deals: Mapping[str, tuple[Deal, ...]]
    segments: tuple[Segment, ...]
    within: Mapping[str, int]
    where_labels: Mapping[str, str]
    flags: tuple[str, ...]
    reason: Reason | None
    is_unfinished: bool
    grounds: Grounds

    @property
    def change(self) -> int:
        return self.after - self.before


def diagnose(engine: Engine, ask: WhyAsk, *, currency: str, language: str) -> Change:
    """Take the change apart.

    Raises:
        BadInput: a metric, dimension or pair of periods for which this cannot be done.
    """
    _check(engine, ask)
    set_periods(engine.store, (ask.base, ask.period))
    labels = Labels(engine.store, language, engine.catalogue.dimensions)
    whole, flags = _sides(engine, (), ask.where)
    before, after = whole[()]
    found = effects(before, after)
    segments = _segments(engine, ask, labels) if ask.by else ()
    today = datetime.fromtimestamp(engine.as_of, engine.zone).date()
    return Change(
        ask=ask,
        before=before.sales,
        after=after.sales,
        effects=found,
        deals=deals_behind(engine, found, (before, after), ask.where, labels),
        segments=segments,
        within=_within(segments),
        where_labels=labels.of(ask.where),
        flags=tuple(sorted({*flags, *engine.flags})),
        reason=next(filter(None, (engine.unreadable(find(name)) for name in PARTS)), None),
        is_unfinished=max(ask.base.end, ask.period.end) > today,
        grounds=grounds_of(engine, currency, PARTS),
    )


def _check(engine: Engine, ask: WhyAsk) -> None:
    if engine.catalogue.find(ask.metric).id != EXPLAINED:
        raise BadInput("why.other_metric", metric=ask.metric, known=EXPLAINED)
    if ask.base.grain != ask.period.grain:
        raise BadInput("why.other_grain", period=ask.period.label, against=ask.base.label)
    known = set.intersection(*(set(engine.catalogue.find(name).dimensions) for name in PARTS))
    for name in (*ask.by, *ask.where):
        if name not in known:
            listed = ", ".join(sorted(known))
            raise BadInput("metrics.not_sliced", metric=ask.metric, dimension=name, known=listed)


def _measures(engine: Engine) -> dict[str, Measure]:
    """The sums of a `Side`: those that the catalogue defines, so that factors are the KPIs of reports."""
    sales, rate, order = (engine.catalogue.find(name).measures for name in PARTS)
    amounts = order["sales"]
    return {
        "won": rate["won"],
        "lost": rate["lost"],
        "orders": order["orders"],
        "order_sales": amounts,
        "squares": replace(amounts, add=f"1.0 * {amounts.add} * {amounts.add}"),
        "sales": sales["sales"],
    }


def _sides(engine: Engine, by: Key, where: Mapping[str, str]) -> tuple[dict[Key, tuple[Side, Side]], tuple[str, ...]]:
    """Combination → its sums in the earlier and the later period; the flags of all rows."""
    sums: dict[Key, tuple[dict[str, float], dict[str, float]]] = defaultdict(lambda: ({}, {}))
    flags: set[str] = set()
    if not by:
        sums[()] = ({}, {})
    for name, measure in _measures(engine).items():
        statement = sum_statement(measure, by, where)
        for (position, key), (total, *marks) in engine.rows(statement, len(by)):
            sums[key][position][name] = total or 0
            flags.update(flag for flag, mark in zip(statement.columns[1:], marks, strict=True) if mark)
    sides = {key: (_side(before), _side(after)) for key, (before, after) in sums.items()}
    return sides, tuple(sorted(flags))


def _side(sums: Mapping[str, float]) -> Side:
    """Sums are whole numbers, but for the squares, which would not fit into SQLite's."""
    return Side(
        won=int(sums.get("won", 0)),
        lost=int(sums.get("lost", 0)),
        orders=int(sums.get("orders", 0)),
        order_sales=int(sums.get("order_sales", 0)),
        squares=float(sums.get("squares", 0)),
        sales=int(sums.get("sales", 0)),
    )


def _segments(engine: Engine, ask: WhyAsk, labels: Labels) -> tuple[Segment, ...]:
    sides, _ = _sides(engine, ask.by, ask.where)
    found = [_segment(dict(zip(ask.by, key, strict=True)), pair, labels) for key, pair in sides.items()]
    return tuple(sorted(found, key=lambda segment: (-abs(segment.change), *segment.by.values())))


def _segment(by: Mapping[str, str], sides: tuple[Side, Side], labels: Labels) -> Segment:
    before, after = sides
    return Segment(by, labels.of(by), before.sales, after.sales, segment_effects(before, after))


def _within(segments: Iterable[Segment]) -> dict[str, int]:
    """In the order of `UNITS`; only factors that occur."""
    found = [effect for segment in segments for effect in segment.effects]
    occurring: Sequence[str] = [name for name in UNITS if any(effect.factor == name for effect in found)]
    return {name: sum(effect.money for effect in found if effect.factor == name) for name in occurring}
