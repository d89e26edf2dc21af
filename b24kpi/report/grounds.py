"""What an answer rests on, as each of them tells it: up to when the data reach, and what of them is missing."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine
from b24kpi.report.model import SCHEMA
from b24kpi.report.rows import iso_moment
from b24kpi.report.wording import Wording

_COMPLETE = "complete"


@dataclass(frozen=True)
class Grounds:
    """The state of the data behind an answer.

    Attributes:
        as_of: seconds since the epoch: the moment of the portal up to which the cache is complete.
        time_zone: IANA name; currency: code of all money.
        coverage: stream → `complete`, `not_loaded`, or why it is incomplete.
        needed: the streams that the answer is made of.
    """

    as_of: float
    time_zone: str
    currency: str
    coverage: Mapping[str, str]
    needed: Collection[str] = ()

    @property
    def missing(self) -> list[str]:
        """The streams that the answer needs and that are not read to their end."""
        return [name for name, state in self.coverage.items() if name in self.needed and state != _COMPLETE]


def grounds_of(engine: Engine, currency: str, metrics: Iterable[str]) -> Grounds:
    """Those of an answer that is made of what these KPIs need."""
    needed = frozenset(stream for name in metrics for stream in find(name).inputs)
    return Grounds(engine.as_of, engine.zone.key, currency, engine.coverage, needed)


def head(grounds: Grounds) -> dict[str, Any]:
    """How every object for JSON begins."""
    return {
        "schema": SCHEMA,
        "as_of": iso_moment(grounds.as_of, grounds.time_zone),
        "time_zone": grounds.time_zone,
        "currency": grounds.currency,
        "coverage": dict(grounds.coverage),
    }


def reach(grounds: Grounds, wording: Wording) -> Iterator[str]:
    """The notes with which every answer ends: what is missing, and up to when the data reach."""
    if grounds.missing:
        names = (
            f"{wording.known('stream', each)} ({wording.known('state', grounds.coverage[each])})"
            for each in grounds.missing
        )
        yield wording.say("report.incomplete", streams=", ".join(names))
    moment = wording.moment(grounds.as_of, grounds.time_zone)
    yield wording.say("report.as_of", moment=moment, zone=grounds.time_zone, currency=grounds.currency)
