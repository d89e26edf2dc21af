"""What a sink is: something that takes reports and leaves their entries where people look."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol
from urllib.parse import quote

from b24kpi.cache.store import Store
from b24kpi.portal.client import Portal
from b24kpi.report.model import Entry, Report
from b24kpi.sinks.letter import Letter

KEY_PREFIX = "b24kpi:"

# The portal keeps 255 characters of a key (read from the portal's source); a longer one ends in a digest of itself.
KEY_LENGTH = 255
_DIGEST_LENGTH = 32

# A letter, digit, "_", "-" or "." of any alphabet stands for itself, but none that needs more than two bytes in UTF-16.
_UNSAFE = re.compile("[^\\w.\\-]|[\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class NamedReport:
    """A report under the name by which its entries are found again.

    Attributes:
        name: of the report in the settings; part of the keys of its entries.
        titles: metric id → name in the user's language; a metric without one is shown by its id.
        letter: what people are told of it, where it goes to them and not to a place.
    """

    name: str
    report: Report
    titles: Mapping[str, str]
    letter: Letter | None = None


@dataclass(frozen=True)
class PushResult:
    """What a push did, or with `dry_run` would do.

    Attributes:
        sink: name of the sink.
        where: for the user: what the entries are called there and where to find them.
        created, updated, deleted, unchanged, failed: numbers of entries.
        problems: sentences in the user's language, about entries that failed and about what he should put right.
        has_told: whether people can now see what the reports say.
    """

    sink: str
    where: str
    created: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    failed: int = 0
    problems: tuple[str, ...] = ()
    has_told: bool = True


class Sink(Protocol):
    """A place for report entries. Pushing the same reports twice changes nothing the second time."""

    @property
    def name(self) -> str:
        """As in the settings, `sinks = ["smart_process"]`."""

    def push(self, reports: Sequence[NamedReport], *, dry_run: bool) -> PushResult:
        """Make the place hold these reports' entries and no others of the same reports.

        Args:
            dry_run: change nothing, only tell what would be changed.

        Raises:
            PortalError: the portal refused, or went on failing.
            Interrupted: stopped from outside; the next push goes on from there.
        """


@dataclass(frozen=True)
class Surroundings:
    """What a sink may use beside the portal.

    Attributes:
        store: the cache.
        public_url: where Bitrix24 reaches us, without a slash at its end; "" where nobody told.
    """

    store: Store
    public_url: str = ""


class SinkFactory(Protocol):
    """How a sink is made; `stop` is asked between two requests."""

    def __call__(
        self, portal: Portal, *, language: str, stop: Callable[[], bool] | None = None, around: Surroundings
    ) -> Sink: ...


class PortalSink:
    """What the sinks have in common that need nothing but the portal.

    Args:
        language: of all texts for people: uk, ru or en.
        stop: asked before each call that writes; once it says True, the push ends with Interrupted.
        around: not needed here.
    """

    def __init__(
        self,
        portal: Portal,
        *,
        language: str,
        stop: Callable[[], bool] | None = None,
        around: Surroundings | None = None,
    ) -> None:
        self._portal = portal
        self._language = language
        self._stop = stop


def entry_key(report_name: str, entry: Entry) -> str:
    """The name under which an entry is found again: `b24kpi:REPORT:METRIC:PERIOD:DIM=VALUE…`.

    Dimensions are in the order of their names. What could be taken for a separator, or be lost on the way (spaces,
    rare characters), is percent-encoded, so that different entries have different keys.
    """
    value = entry.value
    dimensions = (f"{_escaped(name)}={_escaped(value.by[name])}" for name in sorted(value.by))
    key = report_prefix(report_name) + ":".join([_escaped(value.metric), value.period.label, *dimensions])
    if len(key) <= KEY_LENGTH:
        return key
    digest = sha256(key.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{key[: KEY_LENGTH - _DIGEST_LENGTH - 1]}#{digest}"


def report_prefix(report_name: str) -> str:
    """What the keys of all entries of a report begin with, and of no other report's."""
    return f"{KEY_PREFIX}{_escaped(report_name)}:"


def _escaped(text: str) -> str:
    return _UNSAFE.sub(lambda match: quote(match[0], safe=""), text)
