"""How a sync goes on, and how it went."""

from dataclasses import dataclass, field
from typing import Protocol

from b24kpi.cache.journal import COMPLETE
from b24kpi.errors import PortalError, Refused

NO_PERMISSION = "no_permission"
INCOMPLETE = "incomplete"
MASS_DELETION = "mass_deletion"

# The portal refuses everybody for a while, whatever their rights.
_SHUT = ("portal.overloaded", "portal.blocked")


class Progress(Protocol):
    """Told how a sync goes on; `note` by any thread."""

    def start(self, stream: str, total_ids: int) -> None: ...
    def advance(self, stream: str, rows: int, done_ids: int) -> None: ...
    def finish(self, stream: str, state: str) -> None: ...
    def note(self, text: str) -> None: ...


class Silent:
    """Progress that nobody watches."""

    def start(self, stream: str, total_ids: int) -> None: ...
    def advance(self, stream: str, rows: int, done_ids: int) -> None: ...
    def finish(self, stream: str, state: str) -> None: ...
    def note(self, text: str) -> None: ...


@dataclass
class StreamResult:
    """How one stream was read: rows that came over the wire, rows that were new or different, HTTP requests.

    A request that brought pages of several streams counts for the first of them. An `optional` stream that may not be
    read is left out, which is no failure. `bulk_rows` of the rows came over the BI connector; `bulk_problem` is why not
    all did that were to, which is no failure either: REST has brought the others.
    """

    name: str
    rows: int = 0
    changed: int = 0
    requests: int = 0
    seconds: float = 0.0
    state: str = COMPLETE
    error: PortalError | None = None
    optional: bool = False
    bulk_rows: int = 0
    bulk_problem: PortalError | None = None

    @property
    def is_settled(self) -> bool:
        """Whether the stream was read to its end, or is left out."""
        return self.state == COMPLETE or (self.optional and self.state == NO_PERMISSION)

    def add(self, later: "StreamResult") -> None:
        """Another pass over the same stream came after this one."""
        self.rows += later.rows
        self.changed += later.changed
        self.requests += later.requests
        self.seconds += later.seconds
        self.state, self.error = later.state, later.error

    def failed(self, error: PortalError) -> None:
        """Note why the stream could not be read to its end."""
        refused = isinstance(error, Refused) and error.message_id not in _SHUT
        self.state = NO_PERMISSION if refused else INCOMPLETE
        self.error = error


@dataclass
class SyncResult:
    """How a sync went; `complete` is False where some stream could not be read to its end.

    An optional stream that the webhook may not read takes nothing away from the others. `bulk_requests` of the requests
    went to the BI connector.
    """

    streams: list[StreamResult] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    bulk_requests: int = 0

    @property
    def rows(self) -> int:
        return sum(stream.rows for stream in self.streams)

    @property
    def changed(self) -> int:
        return sum(stream.changed for stream in self.streams)

    @property
    def complete(self) -> bool:
        return all(stream.is_settled for stream in self.streams)
