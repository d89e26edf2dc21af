"""The human work in BPI Challenge 2012: when people began and ended what they did on each application.

W_* events are work items; START and COMPLETE of the same one enclose an interval of work. Data: see `bpi2012`.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from xml.parsers import expat

WINS = frozenset({"A_APPROVED", "A_REGISTERED", "A_ACTIVATED"})


@dataclass(frozen=True)
class Event:
    """A line of the log; the moment is in epoch seconds."""

    code: str
    transition: str
    moment: float

    @property
    def begins_work(self) -> bool:
        """Somebody took the work item up."""
        return self.code.startswith("W_") and self.transition == "START"


@dataclass
class Case:
    """An application and its events in order."""

    events: list[Event] = field(default_factory=list)

    @property
    def created(self) -> float:
        """Moment of the first event."""
        return self.events[0].moment

    @property
    def is_won(self) -> bool:
        """Whether the loan was granted."""
        return any(event.code in WINS for event in self.events)

    @property
    def first_work(self) -> Event | None:
        """The first time that somebody took it up."""
        return next((event for event in self.events if event.begins_work), None)

    def intervals(self, code: str) -> Iterator[tuple[float, float]]:
        """Beginning and end of each piece of this work."""
        begun: float | None = None
        for event in self.events:
            if event.code == code and event.transition == "START":
                begun = event.moment
            elif event.code == code and event.transition == "COMPLETE" and begun is not None:
                yield begun, event.moment
                begun = None


def read_work(path: Path) -> list[Case]:
    """The applications of the log."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    with gzip.open(path) as file:
        parser.ParseFile(file)
    return reader.cases


class _Reader:
    def __init__(self) -> None:
        self.cases: list[Case] = []
        self._event: dict[str, str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "trace":
            self.cases.append(Case())
        elif tag == "event":
            self._event = {}
        elif self._event is not None:
            self._event[attributes["key"]] = attributes["value"]

    def end(self, tag: str) -> None:
        if tag == "event" and self._event is not None:
            moment = datetime.fromisoformat(self._event["time:timestamp"]).timestamp()
            event = Event(self._event["concept:name"], self._event["lifecycle:transition"], moment)
            self.cases[-1].events.append(event)
            self._event = None
