"""The sheet by which bonuses are paid: of each month each person's KPIs against their targets, closed months frozen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from b24kpi.cache.published import closed_at
from b24kpi.metrics.analyses.motivation_base import FROZEN, Attained, attained
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Number, Query, Reason, Unit, Value
from b24kpi.metrics.period import Grain, Period, periods
from b24kpi.metrics.ratios import as_money
from b24kpi.report.labels import Labels

METRIC, BY = "motivation_base", ("manager",)


@dataclass(frozen=True)
class BonusPart:
    """A KPI of the scheme, as it is known now.

    Attributes:
        weight: its share of all weights.
        actual, target: in the unit of the KPI; None where there is none.
        counted: actual / target, the other way round where less is better, within floor and cap.
    """

    metric: str
    unit: Unit
    weight: float
    actual: Number | None
    target: Number | None
    counted: float | None
    reason: Reason | None


@dataclass(frozen=True)
class PersonBonus:
    """A person in a month.

    Attributes:
        value: of the KPI `motivation_base`, frozen where the month is closed.
    """

    manager: str
    name: str
    value: Value
    parts: tuple[BonusPart, ...]

    @property
    def is_frozen(self) -> bool:
        return FROZEN in self.value.flags

    @property
    def recomputed(self) -> float | None:
        """What it would be by what is known now, where that is not what it was at the closing."""
        found = self.value.extra.get("recomputed")
        return (
            None
            if found is None or self.value.value is None or float(found) == float(self.value.value)
            else float(found)
        )


@dataclass(frozen=True)
class BonusMonth:
    """A month of the scheme; `closed_at` in UTC epoch seconds, None while it is open."""

    period: Period
    closed_at: int | None
    people: tuple[PersonBonus, ...]


@dataclass(frozen=True)
class BonusSheet:
    """Months in order, the latest first; `reason`: why nothing can be said."""

    months: tuple[BonusMonth, ...]
    reason: Reason | None
    as_of: float


def bonus_sheet(engine: Engine, span: Period, where: Mapping[str, str], *, language: str) -> BonusSheet:
    """The months of a span as far as they have begun; of one that is shorter, the month in which it begins.

    Raises:
        BadInput: bonuses have no such dimension.
    """
    metric = engine.catalogue.find(METRIC)
    months = _months(span, datetime.fromtimestamp(engine.as_of, engine.zone).date())
    scheme = engine.figures.motivation
    told = tuple(month for month in months if scheme.of(month.start) is not None)
    reason = engine.unreadable(metric) or (None if told else Reason.NOT_CONFIGURED)
    if reason is not None:
        return BonusSheet((), reason, engine.as_of)
    query, labels = Query(metric, told, BY, where), Labels(engine.store, language)
    values = engine.values(query)
    parts, closings = attained(engine, query, BY), closed_at(engine.store, METRIC)
    found = []
    for month in told[::-1]:
        people = [
            _person(value, labels, parts.get((month, (value.by["manager"],)), []))
            for value in values
            if value.period == month and value.by["manager"]
        ]
        shown = tuple(sorted((one for one in people if _says_something(one)), key=lambda one: one.name.casefold()))
        found.append(BonusMonth(month, closings.get(month.label), shown))
    return BonusSheet(tuple(found), None, engine.as_of)


def _months(span: Period, today: date) -> list[Period]:
    first = Period.containing(span.start, Grain.MONTH)
    if span.grain in (Grain.DAY, Grain.WEEK, Grain.MONTH):
        return [first]
    return [month for month in periods(span.start, span.end, Grain.MONTH) if month.start <= today] or [first]


def _person(value: Value, labels: Labels, parts: list[Attained]) -> PersonBonus:
    manager = value.by["manager"]
    whole = sum((part.weight for part in parts), Fraction(0)) or Fraction(1)
    name = labels.of(value.by).get("manager", manager)
    return PersonBonus(manager, name, value, tuple(_part(part, whole) for part in parts))


def _part(part: Attained, whole: Fraction) -> BonusPart:
    return BonusPart(
        part.metric.id,
        part.metric.unit,
        float(part.weight / whole),
        _in_unit(part.actual, part.metric.unit),
        _in_unit(part.target, part.metric.unit),
        None if part.counted is None else float(part.counted),
        part.reason,
    )


def _in_unit(amount: Fraction | None, unit: Unit) -> Number | None:
    """Money is in hundredths."""
    if amount is None:
        return None
    if unit is Unit.MONEY:
        return as_money(amount)
    return int(amount) if unit is Unit.COUNT and amount.denominator == 1 else float(amount)


def _says_something(person: PersonBonus) -> bool:
    return person.value.value is not None or any(part.actual for part in person.parts)
