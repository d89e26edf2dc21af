"""The closing of months: what people are paid by is kept as it was then, whatever is corrected later."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from b24kpi.cache.as_of import Knowledge
from b24kpi.cache.published import CLOSED, Publication, closed_values, slice_of
from b24kpi.cache.store import Store
from b24kpi.facts.motivation_figures import Motivation
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.fingerprint import fingerprint
from b24kpi.metrics.model import Query
from b24kpi.metrics.period import Grain, Period, latest

METRIC = "motivation_base"
SLICES = ((), ("manager",), ("department",))
MONTHS = 12  # so far back a month is closed that was over before anybody had a scheme


def months_to_close(store: Store, motivation: Motivation, today: date) -> list[Period]:
    """Months of the scheme that have been over for so many days, and are not closed yet."""
    closed = {label for label, _ in closed_values(store, METRIC)}
    last = today - timedelta(days=motivation.close_days)
    months = latest(MONTHS + 1, today, Grain.MONTH)
    return [
        month
        for month in months
        if month.end <= last and motivation.of(month.start) is not None and month.label not in closed
    ]


def closed_months(engine: Engine, currency: str, known: Knowledge, closed_at: float) -> Iterator[Publication]:
    """What is to be kept of the months that are due, of all together, each person and each department."""
    today = datetime.fromtimestamp(engine.as_of, engine.zone).date()
    months = months_to_close(engine.store, engine.figures.motivation, today)
    return _kept(engine, months, currency, known, closed_at) if months else iter(())


def _kept(
    engine: Engine, months: Sequence[Period], currency: str, known: Knowledge, closed_at: float
) -> Iterator[Publication]:
    metric = engine.catalogue.find(METRIC)
    definition = fingerprint(metric, engine.figures, currency=currency, time_zone=engine.zone.key)
    for by in SLICES:
        for value in engine.values(Query(metric, tuple(months), by)):
            if value.value is not None:
                yield Publication(
                    report=CLOSED,
                    metric=METRIC,
                    period=value.period.label,
                    slice=slice_of(value.by),
                    definition=definition,
                    value=repr(value.value),
                    seen_until=known.seen_until,
                    as_of=int(engine.as_of),
                    published_at=int(closed_at),
                )
