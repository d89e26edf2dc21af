"""Cache against portal by counting: which known rows are gone, and where the portal has rows that the cache lacks.

Equal counts of a range mean that nothing vanished from it. A range that differs is split by the cache's own ids into
parts of as many known rows, until a part is small enough to show its ids. d rows that vanished out of n take about
2 d log2(n / 50) counts, fifty of them a request; where all ids can be shown by fewer, they are.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, log2

from b24kpi.cache.asking import Asker
from b24kpi.cache.counts import Count, count_command, read_count
from b24kpi.cache.doubts import is_mass
from b24kpi.cache.store import Store
from b24kpi.errors import PortalError
from b24kpi.portal.entities import Entity
from b24kpi.portal.keys import PAGE, KeyRange

_log = logging.getLogger(__name__)

# Known rows of a range that is counted first: half a second of the portal's work, so that fifty fit a batch.
FIRST_ROWS = 25_000
# Parts of a round, two batches of them: splitting wider saves rounds as long as few ranges differ.
ROUND = 100
WIDEST = 50


@dataclass(frozen=True)
class Span:
    """A range of ids and how many rows the cache knows there."""

    stretch: KeyRange
    known: int


@dataclass
class Difference:
    """What the comparison of a stream has found so far.

    Attributes:
        live: rows that the cache knows.
        gone: known ids that the portal no longer has.
        strange: ranges where the portal has rows that the cache does not know, or knows as deleted.
        missing: how many rows are missing by the counts, where they are too many to be looked for.
        cap: above this number the portal does not count, 0 where it does.
        error: why the stream could not be compared.
    """

    entity: Entity
    live: int = 0
    gone: set[int] = field(default_factory=set)
    strange: list[KeyRange] = field(default_factory=list)
    missing: int = 0
    cap: int = 0
    error: PortalError | None = None

    @property
    def lost(self) -> int:
        return max(self.missing, len(self.gone))


def parts_of(known: int, total: int, differing: int) -> int:
    """Into how many parts to split a range of `known` rows of which the portal has `total`.

    >>> parts_of(25_000, 24_999, differing=1), parts_of(25_000, 24_999, differing=40), parts_of(400, 10, differing=1)
    (50, 2, 8)
    """
    pages = ceil(known / PAGE)
    return min(pages, WIDEST if _read_sooner(known, total) else min(WIDEST, max(2, ROUND // differing)))


def _read_sooner(known: int, total: int) -> bool:
    """Whether showing all ids of a range takes fewer commands than looking for the difference."""
    pages = ceil(max(known, total) / PAGE)
    return pages <= 2 * abs(known - total) * log2(max(pages, 2))


class Comparison:
    """Compares streams, all of them in the same batches.

    Args:
        trusted: names of streams that are compared to the end even where rows are missing by masses.
    """

    def __init__(self, store: Store, asker: Asker, *, trusted: Collection[str] = ()) -> None:
        self._store = store
        self._asker = asker
        self._trusted = trusted

    def run(self, ends: Sequence[tuple[Entity, int]]) -> list[Difference]:
        """Compare each stream up to an id, in the order given.

        Raises:
            PortalError: the portal does not answer at all.
        """
        found = {entity.name: Difference(entity) for entity, _ in ends}
        spans = [span for entity, upto in ends for span in self._cut(KeyRange(entity, 0, upto), FIRST_ROWS)]
        for span in spans:
            found[span.stretch.entity.name].live += span.known
        while spans:
            spans = self._round(spans, found)
        return list(found.values())

    def _round(self, spans: Sequence[Span], found: Mapping[str, Difference]) -> list[Span]:
        """Count ranges; the parts to count next."""
        open_: dict[str, list[tuple[Span, Count]]] = {}
        for span, count in zip(spans, self._count(spans), strict=True):
            difference = found[span.stretch.entity.name]
            if isinstance(count, PortalError):
                difference.error = count
            elif not self._settled(difference, span, count):
                open_.setdefault(difference.entity.name, []).append((span, count))
        differing = sum(map(len, open_.values()))
        _log.debug("counted ranges=%d differing=%d", len(spans), differing)
        return [part for name, pairs in open_.items() for part in self._parts(found[name], pairs, differing)]

    def _count(self, spans: Sequence[Span]) -> list[Count | PortalError]:
        commands = [count_command(span.stretch) for span in spans]
        return self._asker.ask(commands, lambda place, answer: read_count(spans[place].stretch, answer))

    def _settled(self, difference: Difference, span: Span, count: Count) -> bool:
        """Note what a count decides; False where the range has to be split."""
        stretch = span.stretch
        if count.ids is not None:
            known = self._store.live_ids(stretch.entity, stretch.after, stretch.upto)
            difference.gone |= known - count.ids
            if count.ids - known:
                difference.strange.append(stretch)
            return True
        if count.total == span.known:
            return True
        if span.known <= PAGE or (count.total > span.known and _read_sooner(span.known, count.total)):
            difference.strange.append(stretch)
            return True
        return False

    def _parts(self, difference: Difference, pairs: Sequence[tuple[Span, Count]], differing: int) -> Iterator[Span]:
        if difference.error is not None or self._too_many(difference, pairs):
            return
        for span, count in pairs:
            rows = ceil(span.known / parts_of(span.known, count.total, differing))
            if difference.cap and span.known >= difference.cap:
                rows = min(rows, difference.cap - 1)
            yield from self._cut(span.stretch, max(rows, PAGE))

    def _too_many(self, difference: Difference, pairs: Sequence[tuple[Span, Count]]) -> bool:
        """Whether the counts say that rights are lost; then no more is counted."""
        missing = len(difference.gone) + sum(max(0, span.known - count.total) for span, count in pairs)
        if difference.entity.name in self._trusted or not is_mass(missing, difference.live):
            return False
        if not difference.cap:
            difference.cap = self._cap(max(pairs, key=lambda pair: pair[0].known - pair[1].total, default=None))
            if difference.cap:
                return False
        difference.missing = missing
        return True

    def _cap(self, pair: tuple[Span, Count] | None) -> int:
        """The number at which the portal stops counting, 0 where it counts on: halves of a range tell.

        A portal may be set so that `total` never exceeds a threshold (read from the portal's source).
        """
        if pair is None:
            return 0
        span, count = pair
        halves = self._count(list(self._cut(span.stretch, max(PAGE, ceil(span.known / 2)))))
        together = sum(half.total for half in halves if isinstance(half, Count))
        return count.total if together > count.total else 0

    def _cut(self, stretch: KeyRange, rows: int) -> Iterator[Span]:
        """The range in parts of so many known rows; each ends where the next known row begins."""
        entity, after = stretch.entity, stretch.after
        while (following := self._store.live_key(entity, after, stretch.upto, rows)) is not None:
            yield Span(KeyRange(entity, after, following - 1), rows)
            after = following - 1
        yield Span(KeyRange(entity, after, stretch.upto), self._store.count_live(entity, after, stretch.upto))
