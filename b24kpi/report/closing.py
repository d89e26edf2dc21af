"""The closing of months: what people are paid by is kept as it was then, whatever is corrected later."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from b24kpi.cache.as_of import Knowledge, first_known
from b24kpi.cache.published import CLOSED, Publication, closed_values, slice_of
from b24kpi.cache.store import Store
from b24kpi.facts.motivation_figures import Motivation
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.fingerprint import fingerprint
from b24kpi.metrics.model import Query
from b24kpi.metrics.period import Grain, Period, latest

METRIC = "motivation_base"
SLICES = ((), ("manager",), ("department",))
MONTHS = 12  # after a longer pause the months before are not closed any more


def months_to_close(store: Store, motivation: Motivation, zone: ZoneInfo, as_of: float) -> list[Period]:
    """Months of the scheme that have been over for so many days, and are not closed yet.

    What was to be closed before the first sync stays open: nobody knew it then, and its plans may still come.
    """
    closed = {label for label, _ in closed_values(store, METRIC)}
    first = first_known(store)
    if first is None:
        return []
    wait = timedelta(days=motivation.close_days)
    began, today = (datetime.fromtimestamp(moment, zone).date() for moment in (first, as_of))
    return [
        month
        for month in latest(MONTHS, today, Grain.MONTH)
        if began < month.end + wait <= today and motivation.of(month.start) is not None and month.label not in closed
    ]


def closed_months(engine: Engine, currency: str, known: Knowledge, closed_at: float) -> Iterator[Publication]:
    """What is to be kept of the months that are due, of all together, each person and each department."""
    months = months_to_close(engine.store, engine.figures.motivation, engine.zone, engine.as_of)
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
