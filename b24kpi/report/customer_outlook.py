"""What is to be expected of each customer: whether he will buy again, how often, for how much."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from b24kpi.metrics.analyses.ltv_predictive import fit, last_day
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.customer_histories import WEEK, read_visits
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.estimates import money
from b24kpi.metrics.lifetime_value import MONTHS, Future
from b24kpi.metrics.margin import Sales, sales
from b24kpi.metrics.model import Number, Query, Reason, Unit
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.series import today
from b24kpi.report.grounds import Grounds, grounds_of, reach
from b24kpi.report.rows import head, number
from b24kpi.report.table import Column, Pages, Table
from b24kpi.report.wording import Wording

SHOWN = 25  # customers in the table for people
METRIC = "ltv_predictive"
COLUMNS = ("customer", "visits", "last", "alive", "purchases", "amount", "value")


KEPT = 0.5  # the part of its probability that silence may take from a customer before he counts as gone
OVERDUE = 1.5  # from so many of his own gaps on a customer is silent for longer than he uses to be


@dataclass(frozen=True)
class CustomerLine:
    """A customer, `company:ID` or `contact:ID`; money in currency units, None where amounts cannot be told.

    Attributes:
        gap: days from one visit to the next on average, None of who came once; silent: days since the last.
        alive: probability that he is still a customer; fresh: the same on the day of his last visit.
    """

    customer: str
    visits: int
    last: date
    gap: float | None
    silent: int
    alive: float
    fresh: float
    purchases: float
    amount: Number | None
    value: Number | None

    @property
    def is_sleeping(self) -> bool:
        """Whether it is worth calling: overdue by his own rhythm, but not yet so long that he is rather gone.

        How probable it is at all that somebody stays after a purchase is a matter of the trade; what silence has taken
        of it is his own. Of who came once the model knows no rhythm: to it everybody of them is a customer for ever.
        """
        is_overdue = self.gap is not None and self.silent >= max(OVERDUE * self.gap, 1)
        return is_overdue and self.alive >= KEPT * self.fresh


@dataclass(frozen=True)
class CustomerOutlook:
    """All customers, the most valuable first; none where there is a `reason`.

    Attributes:
        predicted, actual: visits of the last fifth of the history, by the model of the earlier part, and as they came.
    """

    grounds: Grounds
    lines: tuple[CustomerLine, ...]
    reason: Reason | None
    flags: tuple[str, ...]
    predicted: float | None
    actual: float | None


def customers_ahead(engine: Engine, where: Mapping[str, str], *, currency: str) -> CustomerOutlook:
    """The outlook for the customers whose first purchase is in the slice.

    Raises:
        BadInput: a dimension that customers do not have.
    """
    from b24kpi.metrics.engine import check

    present = Period.containing(today(engine), Grain.MONTH)
    query = Query(find(METRIC), (present,), (), where)
    check(query)
    visits = read_visits(engine, query, ())
    fitted = fit(visits, last_day(engine, present))
    unreadable = engine.unreadable(query.metric)
    future = None if unreadable else fitted.future
    known = fitted.check
    engine.set_periods(query.metric, query.periods)
    rate = sales(engine, query, ()).get((0, ()), Sales()).rate(engine.figures.margin)
    return CustomerOutlook(
        grounds=grounds_of(engine, currency, (METRIC,)),
        lines=_lines(future, visits.names, float(rate)) if future else (),
        reason=unreadable or (fitted.reason if future is None else None),
        flags=fitted.flags,
        predicted=None if known is None else float(known.predicted.sum()),
        actual=None if known is None else float(known.actual.sum()),
    )


def lay_out(outlook: CustomerOutlook, wording: Wording) -> Pages:
    """The most valuable customers, and how far the model can be trusted."""
    if outlook.reason is not None:
        reason = wording.known("reason", str(outlook.reason))
        return Pages((), (wording.say("forecast.no_customers", reason=reason), *_notes(outlook, wording)))
    heads = tuple(
        Column(wording.say(f"forecast.customer.{name}", months=MONTHS), name != "customer") for name in COLUMNS
    )
    rows = tuple(_row(line, wording) for line in outlook.lines[:SHOWN])
    title = wording.say("forecast.customers", shown=len(rows), count=len(outlook.lines))
    return Pages((Table(title, heads, rows),), tuple(_notes(outlook, wording)))


def as_data(outlook: CustomerOutlook) -> dict[str, Any]:
    """The object for JSON: money as texts with two decimals, probabilities as fractions."""
    return {
        **head(outlook.grounds),
        "months": MONTHS,
        "reason": None if outlook.reason is None else str(outlook.reason),
        "flags": list(outlook.flags),
        "holdout_predicted": number(outlook.predicted, Unit.NUMBER),
        "holdout_actual": number(outlook.actual, Unit.NUMBER),
        "customers": [_data(line) for line in outlook.lines],
    }


def flat_rows(outlook: CustomerOutlook) -> list[dict[str, Any]]:
    """A row for each customer, money as numbers."""
    return [_data(line) | {"amount": line.amount, "value": line.value} for line in outlook.lines]


def _lines(future: Future, names: Any, rate: float) -> tuple[CustomerLine, ...]:
    amounts, values = future.amount, future.value
    known = future.of.known
    lines = [
        CustomerLine(
            customer=names[customer],
            visits=int(known.repeats[place]) + 1,
            last=date.fromordinal(int(future.of.last[place])),
            gap=WEEK * float(known.last[place] / known.repeats[place]) if known.repeats[place] else None,
            silent=round(WEEK * float(known.age[place] - known.last[place])),
            alive=float(future.alive[place]),
            fresh=float(future.fresh[place]),
            purchases=float(future.purchases[place]),
            amount=None if amounts is None else money(float(amounts[place])),
            value=None if values is None else money(float(values[place]) * rate),
        )
        for place, customer in enumerate(future.of.customer.tolist())
    ]
    return tuple(sorted(lines, key=lambda line: (-float(line.value or line.purchases), line.customer)))


def _row(line: CustomerLine, wording: Wording) -> tuple[str, ...]:
    return (
        line.customer,
        wording.number(line.visits, Unit.COUNT),
        line.last.isoformat(),
        wording.number(line.alive, Unit.RATIO),
        wording.number(line.purchases, Unit.NUMBER),
        wording.number(line.amount, Unit.MONEY),
        wording.number(line.value, Unit.MONEY),
    )


def _data(line: CustomerLine) -> dict[str, Any]:
    return {
        "customer": line.customer,
        "visits": line.visits,
        "last": line.last.isoformat(),
        "usual_gap_days": number(line.gap, Unit.NUMBER),
        "silent_days": line.silent,
        "alive": number(line.alive, Unit.RATIO),
        "alive_at_last": number(line.fresh, Unit.RATIO),
        "purchases": number(line.purchases, Unit.NUMBER),
        "amount": number(line.amount, Unit.MONEY),
        "value": number(line.value, Unit.MONEY),
    }


def _notes(outlook: CustomerOutlook, wording: Wording) -> Iterator[str]:
    if outlook.predicted is not None and outlook.actual is not None:
        predicted, actual = (wording.number(round(each), Unit.COUNT) for each in (outlook.predicted, outlook.actual))
        yield wording.say("forecast.holdout", predicted=predicted, actual=actual)
    if outlook.reason is None:
        yield wording.say("forecast.once_only")
    for flag in outlook.flags:
        known = wording.known("flag", flag)
        yield f"{known[:1].upper()}{known[1:]}."
    yield from reach(outlook.grounds, wording)
