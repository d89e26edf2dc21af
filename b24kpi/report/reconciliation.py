"""Bitrix24's own number of won deals of a period beside ours, and deal by deal why they differ.

Bitrix24 counts deals that are in a winning stage now and whose CLOSEDATE lies in the period, and converts their
amounts at today's rate; CLOSEDATE is a date that people may change. Ours are the deals whose win lies in the period,
at the rate of that day. Each deal that only one side has, and each that both have with other money, is one difference
with one reason; together they are exactly what lies between the two.
https://apidocs.bitrix24.com/api-reference/crm/deals/crm-deal-list.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from b24kpi.errors import BadInput
from b24kpi.facts.functions import Rates, as_date, as_number
from b24kpi.facts.refresh import read_rates
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.period import Grain, Period
from b24kpi.report.grounds import Grounds, grounds_of
from b24kpi.report.labels import Labels

OURS = "won_deals"  # what is held against Bitrix24's number

# Dimension → the column by which Bitrix24 cuts deals, and ours.
_SLICES = {
    "pipeline": ("d.category_id", "f.category_id"),
    "manager": ("d.assigned_by_id", "f.manager_id"),
    "source": ("d.source_id", "f.source_id"),
}
_EARLIER_WIN = """
    SELECT 1 FROM fact_stay AS s WHERE s.deal_id = d.id AND s.semantic = 'S' AND s.entered_at < f.closed_at
    AND s.entered_day = CAST(REPLACE(d.closedate, '-', '') AS INTEGER)"""


class Cause(StrEnum):
    """Why a deal counts otherwise, in the order in which causes are told."""

    DATED_ELSEWHERE = "dated_elsewhere"  # won in the period, CLOSEDATE is out of it
    WON_ELSEWHERE = "won_elsewhere"  # CLOSEDATE is in the period, the win out of it
    WON_AGAIN = "won_again"  # reopened after a win on CLOSEDATE, and won anew
    NO_DAY = "no_day"  # no CLOSEDATE at all
    RECURRING = "recurring"  # a template that makes deals, and is none
    STAGE = "stage"  # won for one side only
    OTHER_MANAGER = "other_manager"  # responsible now is not who was at the win
    RATE = "rate"  # the rate of another day


@dataclass(frozen=True)
class Side:
    """What one side counts; money in units of the report currency."""

    deals: int
    money: Decimal


@dataclass(frozen=True)
class Difference:
    """One deal that counts otherwise.

    Attributes:
        closed_on: CLOSEDATE; won_on: the day of the win by our rules; None where there is none.
        bitrix, ours: what it is on each side; with 0 deals where it is not there.
    """

    deal_id: int
    cause: Cause
    closed_on: date | None
    won_on: date | None
    bitrix: Side
    ours: Side

    @property
    def change(self) -> Side:
        """What it adds on the way from Bitrix24's number to ours."""
        return Side(self.ours.deals - self.bitrix.deals, self.ours.money - self.bitrix.money)


@dataclass(frozen=True)
class Reconciliation:
    """Both sides of a period, and the differences in the order of causes and deals."""

    period: Period
    where: Mapping[str, str]
    where_labels: Mapping[str, str]
    bitrix: Side
    ours: Side
    differences: tuple[Difference, ...]
    grounds: Grounds

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Those that there are, in their order."""
        return tuple(dict.fromkeys(each.cause for each in self.differences))

    def of(self, cause: Cause) -> Side:
        """What all differences of one cause add."""
        return added(each.change for each in self.differences if each.cause is cause)


@dataclass(frozen=True)
class _Deal:
    """A deal that is on one side at least; money in hundredths."""

    id: int
    in_bitrix: int
    in_ours: int
    money: int
    closed_day: int | None
    outcome: str | None
    opportunity: int
    currency: str | None
    closedate: str | None
    is_recurring: int
    is_won_now: int
    won_before: int


def reconcile(
    engine: Engine, period: Period | None, where: Mapping[str, str], *, currency: str, language: str
) -> Reconciliation:
    """The two numbers and what lies between them.

    Args:
        period: None stands for the last complete month.
        where: pipeline, manager, source → value; "" is what the CRM leaves empty.

    Raises:
        BadInput: another dimension.
    """
    if unknown := [name for name in where if name not in _SLICES]:
        raise BadInput("reconciliation.not_sliced", dimension=unknown[0], known=", ".join(_SLICES))
    rates = read_rates(engine.store, currency)
    span = period or last_month(engine)
    deals = _deals(engine, span, where)
    sides = [(_bitrix_side(deal, rates), Side(deal.in_ours, _units(deal.money * deal.in_ours))) for deal in deals]
    found = [_difference(deal, span, *both) for deal, both in zip(deals, sides, strict=True) if both[0] != both[1]]
    order = list(Cause)
    found.sort(key=lambda each: (order.index(each.cause), each.deal_id))
    return Reconciliation(
        period=span,
        where=where,
        where_labels=Labels(engine.store, language).of(where),
        bitrix=added(each for each, _ in sides),
        ours=added(each for _, each in sides),
        differences=tuple(found),
        grounds=grounds_of(engine, currency, (OURS,)),
    )


def last_month(engine: Engine) -> Period:
    """The last month that was over when the data were read."""
    return Period.containing(datetime.fromtimestamp(engine.as_of, engine.zone).date(), Grain.MONTH).previous


def added(sides: Iterable[Side]) -> Side:
    """The sum of several."""
    listed = list(sides)
    return Side(sum(each.deals for each in listed), sum((each.money for each in listed), Decimal(0)))


def _deals(engine: Engine, period: Period, where: Mapping[str, str]) -> list[_Deal]:
    sliced = {name: _sliced(name, where) for name in where}
    theirs = " AND ".join(["TRUE", *(mine for mine, _ in sliced.values())])
    ours = " AND ".join(["TRUE", *(own for _, own in sliced.values())])
    params: dict[str, int | str] = {
        **where,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "first": as_number(period.start),
        "last": as_number(period.end),
    }
    rows = engine.store.query(
        f"""
        WITH bitrix AS MATERIALIZED (
            SELECT d.id FROM deal AS d WHERE d.deleted_at IS NULL AND d.stage_semantic_id = 'S'
            AND d.closedate >= :start AND d.closedate < :end AND {theirs}
        ), ours AS MATERIALIZED (
            SELECT f.deal_id AS id FROM fact_deal AS f
            WHERE f.outcome = 'won' AND f.closed_day >= :first AND f.closed_day < :last AND {ours}
        )
        SELECT d.id, d.id IN (SELECT id FROM bitrix), d.id IN (SELECT id FROM ours), COALESCE(f.money, 0),
               f.closed_day, f.outcome, COALESCE(d.opportunity, 0), d.currency_id, d.closedate,
               COALESCE(d.is_recurring, 'N') = 'Y', COALESCE(d.stage_semantic_id, '') = 'S', EXISTS ({_EARLIER_WIN})
        FROM (SELECT id FROM bitrix UNION SELECT id FROM ours) AS u
        JOIN deal AS d ON d.id = u.id LEFT JOIN fact_deal AS f ON f.deal_id = u.id
        ORDER BY d.id""",
        params,
    )
    return [_Deal(*row) for row in rows]


def _sliced(name: str, where: Mapping[str, str]) -> tuple[str, str]:
    theirs, ours = (f"COALESCE(CAST({column} AS TEXT), '') = :{name}" for column in _SLICES[name])
    return theirs, ours


def _bitrix_side(deal: _Deal, rates: Rates) -> Side:
    """At the newest rate that is known."""
    money = rates.to_report(deal.opportunity, deal.currency, None) if deal.in_bitrix else 0
    return Side(deal.in_bitrix, _units(money))


def _difference(deal: _Deal, period: Period, bitrix: Side, ours: Side) -> Difference:
    closed_on = date.fromisoformat(deal.closedate) if deal.closedate else None
    won_on = as_date(deal.closed_day) if deal.outcome == "won" and deal.closed_day else None
    return Difference(deal.id, _cause(deal, period, closed_on, won_on), closed_on, won_on, bitrix, ours)


def _cause(deal: _Deal, period: Period, closed_on: date | None, won_on: date | None) -> Cause:
    if deal.in_bitrix and deal.in_ours:
        return Cause.RATE
    if deal.is_recurring:
        return Cause.RECURRING
    if won_on is None or not deal.is_won_now:
        return Cause.STAGE
    if closed_on is None:
        return Cause.NO_DAY
    if period.start <= won_on < period.end and period.start <= closed_on < period.end:
        return Cause.OTHER_MANAGER
    if deal.won_before:
        return Cause.WON_AGAIN
    return Cause.DATED_ELSEWHERE if deal.in_ours else Cause.WON_ELSEWHERE


def _units(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)
