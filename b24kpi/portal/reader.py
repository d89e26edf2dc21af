"""Bulk reading: whole streams in chains of up to fifty pages, each page with the proof that nothing is missing in it.

Offsets lose rows when others are deleted meanwhile; ids do not, so everything large is walked by ids. What a page
proves and how a chain is made is in `keys.py`; here it is asked for, and asked again where the portal stumbles.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from b24kpi.errors import IncompleteRead, PortalError, RetryLater, UnexpectedAnswer
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import Entity, Style
from b24kpi.portal.keys import (
    Bounds,
    KeyRange,
    Pace,
    Page,
    Row,
    chain,
    edge_command,
    edges,
    page_command,
    proven_page,
    proven_pages,
    rows_of,
)
from b24kpi.portal.protocol import BATCH_SIZE, Answer

__all__ = ["Bounds", "KeyRange", "Page", "bounds", "bounds_and_time", "first_pages", "read_keys", "read_whole"]

_log = logging.getLogger(__name__)

# Failures in a row at the same id. A chain too long for the portal's 60 seconds is down to one page by then.
FAILURES = 7
WRONG_PAGES = 2
QUICK = 2


def bounds(portal: Portal, entities: Sequence[Entity]) -> dict[str, Bounds | PortalError]:
    """Least and greatest id of up to 25 streams by their names, in one request.

    A stream that could not be asked has its error as value.
    """
    return bounds_and_time(portal, entities)[0]


def bounds_and_time(portal: Portal, entities: Sequence[Entity]) -> tuple[dict[str, Bounds | PortalError], float | None]:
    """As `bounds`, with the portal's clock when it began to look for them, epoch seconds, where it tells."""
    asked = {(entity.name, order): edge_command(entity, order) for entity in entities for order in ("ASC", "DESC")}
    answers = portal.batch({f"{name}_{order}": command for (name, order), command in asked.items()})
    times = [answer.time.now for answer in answers.values() if isinstance(answer, Answer)]
    found = {entity.name: _bounds_of(entity, answers) for entity in entities}
    return found, min((time for time in times if time is not None), default=None)


def _bounds_of(entity: Entity, answers: dict[str, Answer | PortalError]) -> Bounds | PortalError:
    lowest, highest = answers[f"{entity.name}_ASC"], answers[f"{entity.name}_DESC"]
    if isinstance(lowest, PortalError):
        return lowest
    if isinstance(highest, PortalError):
        return highest
    try:
        return edges(entity, lowest, highest)
    except UnexpectedAnswer as error:
        return error


def first_pages(
    portal: Portal, stretches: Sequence[KeyRange], *, attempts: int | None = None
) -> list[Page | PortalError]:
    """The first page of each range, in the order of the ranges, fifty ranges a request.

    Where a page ends before its range does, `read_keys(after=page.last)` goes on.

    Args:
        attempts: of each request, instead of the portal's own number.
    """
    pages: list[Page | PortalError] = []
    for start in range(0, len(stretches), BATCH_SIZE):
        part = {f"p{number}": stretch for number, stretch in enumerate(stretches[start : start + BATCH_SIZE])}
        commands = {key: page_command(stretch, stretch.after) for key, stretch in part.items()}
        answers = portal.batch(commands, attempts=attempts)
        pages += [_page_or_error(stretch, answers[key]) for key, stretch in part.items()]
    return pages


def _page_or_error(stretch: KeyRange, answer: Answer | PortalError) -> Page | PortalError:
    try:
        return proven_page(stretch, stretch.after, answer)
    except PortalError as error:
        return error


def read_keys(
    portal: Portal,
    entity: Entity,
    *,
    after: int,
    upto: int,
    since: float | None = None,
    density: float | None = None,
) -> Iterator[Page]:
    """The rows with after < id <= upto in pages that follow each other without a gap, the last one up to `upto`.

    A page that failed or is wrong is asked for again, behind the last good id; so every page that was yielded
    stays true whatever comes after it, and a new walk may begin at its `last`.

    Args:
        since: only rows modified at or after this moment, epoch seconds by the portal's clock.
        density: `Bounds.density`, if known: saves useless commands where most ids are gone.

    Raises:
        IncompleteRead: the same page came wrong twice.
        PortalError: the portal refused, or went on failing.
    """
    stretch = KeyRange(entity, after, upto, since)
    pace = Pace.of(stretch, density)
    patience = _Patience(portal)
    while stretch.after < upto:
        pages, trouble = _read_chain(portal, stretch, pace.pages(upto - stretch.after))
        yield from pages
        if pages:
            stretch = replace(stretch, after=pages[-1].last)
            patience = _Patience(portal)
        if trouble is None:
            pace.went_well(pages)
        else:
            pace.went_badly()
            patience.bear(trouble, stretch)


def _read_chain(portal: Portal, stretch: KeyRange, length: int) -> tuple[list[Page], PortalError | None]:
    try:
        # A long chain that fails as a whole is rather shortened than repeated.
        answers = portal.batch(chain(stretch, length), halt=True, attempts=QUICK if length > 1 else None)
    except RetryLater as error:
        if length == 1:
            raise
        return [], error
    return proven_pages(stretch, answers)


@dataclass
class _Patience:
    """How often the same page may fail before the read does."""

    portal: Portal
    failures: int = 0
    wrong: int = 0

    def bear(self, trouble: PortalError, stretch: KeyRange) -> None:
        """Wait, if another attempt may help; raise, if not."""
        entity = stretch.entity
        _log.warning("page failed entity=%s after=%d error=%s", entity.name, stretch.after, trouble)
        if isinstance(trouble, RetryLater):
            self._wait(trouble)
        elif isinstance(trouble, UnexpectedAnswer):
            self.wrong += 1
            if self.wrong >= WRONG_PAGES:
                raise IncompleteRead("portal.incomplete", method=entity.method, entity=entity.name, after=stretch.after)
        else:
            raise trouble

    def _wait(self, trouble: RetryLater) -> None:
        self.failures += 1
        if self.failures >= FAILURES:
            raise trouble
        # For a blocked method the portal object itself waits, until the block ends.
        self.portal.pause(max(trouble.after, 2.0 ** (self.failures - 1)), trouble.method)


def read_whole(portal: Portal, entity: Entity) -> list[Row]:
    """All rows of a small directory: in one answer, or page by page where the portal pages it.

    Raises:
        IncompleteRead: pages that do not go on, rows that come twice, or fewer rows than the portal counted.
    """
    if entity.by_key:
        raise ValueError(f"{entity.name} is read by ids")
    rows: list[Row] = []
    start: int | None = -1 if entity.style is Style.WHOLE else 0
    total = 0
    while start is not None:
        answer = portal.call(entity.method, _page_params(entity, start))
        rows += rows_of(entity, answer)
        total = answer.total or 0
        if answer.next is not None and answer.next <= start:
            raise _incomplete(entity, start)
        start = answer.next
    if len({str(row.get(entity.shown_key)) for row in rows}) != len(rows) or len(rows) < total:
        raise _incomplete(entity, 0)
    return rows


def _page_params(entity: Entity, start: int) -> Row:
    sorting = {"sort": entity.key, "order": "ASC"} if entity.style is Style.OFFSET else {}
    return {**entity.params, **sorting, "start": start}


def _incomplete(entity: Entity, after: int) -> IncompleteRead:
    return IncompleteRead("portal.incomplete", method=entity.method, entity=entity.name, after=after)
