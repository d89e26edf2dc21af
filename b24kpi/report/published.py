"""Values that were published: which are worth keeping, and which differ today from what was published.

A value is settled once its period is over and nothing but a correction can change it: a conversion when its cohort is
mature, a median when the youngest case has been watched for so long. Only settled values are kept and compared, so that
a restatement is never mere progress.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal
from math import isclose
from zoneinfo import ZoneInfo

from b24kpi.cache.as_of import Knowledge
from b24kpi.cache.published import Publication, first_published, slice_of
from b24kpi.facts.figures import Figures
from b24kpi.metrics.catalogue import Catalogue
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.fingerprint import fingerprint
from b24kpi.metrics.model import Metric, Number, Reason, Unit, Value
from b24kpi.report.model import Entry, Published, Report
from b24kpi.report.rows import iso_moment

RESTATED = "restated"
DAY = 86_400


def publications(
    named: tuple[str, Report], catalogue: Catalogue, figures: Figures, known: Knowledge, published_at: float
) -> Iterator[Publication]:
    """What is to be kept of a report that was pushed under a name, and was made of what is known."""
    name, report = named
    zone = ZoneInfo(report.time_zone)
    for entry in report.entries:
        value, metric = entry.value, catalogue.find(entry.value.metric)
        if is_settled(value, metric, report.as_of, zone, figures):
            yield Publication(
                report=name,
                metric=value.metric,
                period=value.period.label,
                slice=slice_of(value.by),
                definition=fingerprint(metric, figures, currency=report.currency, time_zone=report.time_zone),
                value=_exact(value.value),
                seen_until=known.seen_until,
                as_of=int(report.as_of),
                published_at=int(published_at),
            )


def is_settled(value: Value, metric: Metric, as_of: float, zone: ZoneInfo, figures: Figures) -> bool:
    """Whether only a correction of the past can still change the value."""
    age = as_of - datetime.combine(value.period.end, time(), zone).timestamp()
    if age < 0 or value.reason not in (None, Reason.NO_EVENTS) or metric.ripening is not None:
        return False
    if metric.durations is None or value.value is None:
        return "immature" not in value.flags
    return age >= (DAY * figures.base_days if metric.unit is Unit.RATIO else value.value)


def marked(engine: Engine, metric: Metric, entries: Sequence[Entry], currency: str) -> list[Entry]:
    """The entries of a metric, with what was published first where that differs."""
    known = publications_of(engine, metric, currency)
    if not known:
        return list(entries)
    return [
        _marked(entry, known.get((entry.value.period.label, slice_of(entry.value.by))), engine) for entry in entries
    ]


def publications_of(engine: Engine, metric: Metric, currency: str) -> dict[tuple[str, str], Publication]:
    """(period, slice) → the first publication under the present definition."""
    digest = fingerprint(metric, engine.figures, currency=currency, time_zone=engine.zone.key)
    return first_published(engine.store, metric.id, digest)


def _marked(entry: Entry, publication: Publication | None, engine: Engine) -> Entry:
    if publication is None or _same(publication.value, _exact(entry.value.value), entry.value.unit):
        return entry
    value = replace(entry.value, flags=tuple(sorted({*entry.value.flags, RESTATED})))
    return replace(entry, value=value, published=as_published(publication, value.unit, engine.zone))


def as_published(publication: Publication, unit: Unit, zone: ZoneInfo) -> Published:
    """A publication for people and programs: the value as a number, moments as texts."""
    return Published(
        _number(publication.value, unit),
        iso_moment(publication.as_of, zone.key),
        iso_moment(publication.published_at, zone.key),
    )


def _exact(number: Number | None) -> str | None:
    if number is None:
        return None
    return f"{number:f}" if isinstance(number, Decimal) else repr(number)


def _number(text: str | None, unit: Unit) -> Number | None:
    if text is None:
        return None
    return Decimal(text) if unit is Unit.MONEY else int(text) if unit is Unit.COUNT else float(text)


def _same(one: str | None, other: str | None, unit: Unit) -> bool:
    """Equal; but for the last digits, where these depend on the versions of libraries."""
    if one is None or other is None or unit in (Unit.MONEY, Unit.COUNT):
        return one == other
    return isclose(float(one), float(other), rel_tol=1e-12)
