"""What an answer rests on, as each of them tells it: up to when the data reach, and what of them is missing."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine
from b24kpi.report.model import DataState
from b24kpi.report.wording import Wording

_COMPLETE = "complete"


@dataclass(frozen=True)
class Grounds(DataState):
    """The state of the data behind an answer, and what it is made of.

    Attributes:
        needed: the streams that the answer is made of.
    """

    needed: Collection[str] = ()

    @property
    def missing(self) -> list[str]:
        """The streams that the answer needs and that are not read to their end."""
        return [name for name, state in self.coverage.items() if name in self.needed and state != _COMPLETE]


def grounds_of(engine: Engine, currency: str, metrics: Iterable[str]) -> Grounds:
    """Those of an answer that is made of what these KPIs need."""
    needed = frozenset(stream for name in metrics for stream in find(name).inputs)
    return Grounds(engine.as_of, engine.zone.key, currency, engine.coverage, needed)


def reach(grounds: Grounds, wording: Wording) -> Iterator[str]:
    """The notes with which every answer ends: what is missing, and up to when the data reach."""
    if grounds.missing:
        names = (
            f"{wording.known('stream', each)} ({wording.known('state', grounds.coverage[each])})"
            for each in grounds.missing
        )
        yield wording.say("report.incomplete", streams=", ".join(names))
    yield up_to_when(grounds, wording)


def up_to_when(state: DataState, wording: Wording) -> str:
    """Up to when the data reach."""
    moment = wording.moment(state.as_of, state.time_zone)
    return wording.say("report.as_of", moment=moment, zone=state.time_zone, currency=state.currency)
