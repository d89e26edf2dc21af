"""Reading by ascending ids: the commands of a stretch, and the proof that its pages are complete. No I/O.

A page of rows is 50 long, always. A chain is pages where each begins behind the last row of the one before, by a
reference that the portal resolves inside the batch. A reference to a row that is not there (the page before was
short) starts an old method anew from its beginning and fails a new one, so what follows a short page means nothing.

https://apidocs.bitrix24.com/settings/performance/huge-data.html,
https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html; the rule of the missing row is read from the
portal's source
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any, Self

from b24kpi.errors import PortalError, UnexpectedAnswer
from b24kpi.portal.entities import Entity, Style
from b24kpi.portal.protocol import BATCH_SIZE, Answer, Command

PAGE = 50

# Ids are not spread evenly: ask for a fifth more than the density measured so far promises.
MARGIN = 1.2
FIRST_CHANGED = 4

Row = dict[str, Any]
Answers = Mapping[str, Answer | PortalError]


@dataclass(frozen=True)
class KeyRange:
    """The rows of a stream with after < id <= upto, of these only the ones modified at or after `since`.

    `since` is in epoch seconds by the portal's clock.
    """

    entity: Entity
    after: int
    upto: int
    since: float | None = None

    def __post_init__(self) -> None:
        if not self.entity.by_key:
            raise ValueError(f"{self.entity.name} is not read by ids")
        if self.since is not None and not self.entity.modified:
            raise ValueError(f"{self.entity.name} has no moment of the last change")


@dataclass(frozen=True)
class Page:
    """Proof that the rows of the range with after < id <= last are exactly these, in ascending order."""

    rows: list[Row]
    after: int
    last: int


@dataclass(frozen=True)
class Bounds:
    """Least and greatest id of a stream, 0 and 0 where it is empty.

    `density` is the share of ids that still have a row, at the end of the stream where it is higher.
    """

    low: int
    high: int
    density: float = 1.0


def chain(stretch: KeyRange, pages: int, prefix: str = "p") -> dict[str, Command]:
    """The commands that read the first `pages` pages of a range, one behind the other."""
    commands: dict[str, Command] = {}
    after: int | str = stretch.after
    for number in range(pages):
        key = f"{prefix}{number}"
        commands[key] = page_command(stretch, after)
        after = _last_id_of(stretch.entity, key)
    return commands


def page_command(stretch: KeyRange, after: int | str) -> Command:
    """One page of a range, beginning behind `after`: an id, or a reference to one."""
    entity = stretch.entity
    where: Row = {f">{entity.key}": after, f"<={entity.key}": stretch.upto}
    if stretch.since is not None:
        where[f">={entity.modified}"] = datetime.fromtimestamp(int(stretch.since), UTC).isoformat()
    return _list_command(entity, where, "ASC", [field.name for field in entity.fields])


def edge_command(entity: Entity, order: str) -> Command:
    """The 50 least ("ASC") or greatest ("DESC") ids of a stream."""
    return _list_command(entity, {}, order, [entity.key])


def _list_command(entity: Entity, where: Row, order: str, select: list[str]) -> Command:
    # start=-1 switches counting off, the expensive part of a list.
    common = {**entity.params, "select": select, "start": -1}
    if entity.style is Style.CAPITAL:
        return Command(
            entity.method, {**entity.params, "FILTER": where, "SORT": entity.key, "ORDER": order, "start": -1}
        )
    if entity.style is Style.ELEMENT:
        named = {"SELECT": select, "FILTER": where, "ELEMENT_ORDER": {entity.key: order}, "start": -1}
        return Command(entity.method, {**entity.params, **named})
    if entity.style is Style.USER:
        return Command(entity.method, {**common, "FILTER": where, "sort": entity.key, "order": order})
    return Command(entity.method, {**common, "filter": where, "order": {entity.key: order}})


def _last_id_of(entity: Entity, key: str) -> str:
    wrapper = f"[{entity.wrapper}]" if entity.wrapper else ""
    return f"$result[{key}]{wrapper}[{PAGE - 1}][{entity.shown_key}]"


def rows_of(entity: Entity, answer: Answer) -> list[Row]:
    """The rows inside the answer of a list method.

    Raises:
        UnexpectedAnswer: there is no list of rows where it should be.
    """
    rows = answer.result
    if entity.wrapper and isinstance(rows, Mapping):
        rows = rows.get(entity.wrapper)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnexpectedAnswer("portal.no_rows", method=entity.method, entity=entity.name)
    return rows


def ids_of(entity: Entity, rows: list[Row]) -> list[int]:
    """The ids of rows.

    Raises:
        UnexpectedAnswer: a row without a number as its id.
    """
    try:
        return [int(row[entity.shown_key]) for row in rows]
    except (KeyError, TypeError, ValueError):
        pass
    raise UnexpectedAnswer("portal.no_id", method=entity.method, entity=entity.name, key=entity.shown_key)


def proven_pages(
    stretch: KeyRange, answers: Mapping[str, Answer | PortalError]
) -> tuple[list[Page], PortalError | None]:
    """The pages of a chain up to the one that ends it, and what was wrong with that one, if anything."""
    pages: list[Page] = []
    after = stretch.after
    for answer in answers.values():
        try:
            pages.append(proven_page(stretch, after, answer))
        except PortalError as error:
            return pages, error
        after = pages[-1].last
        if after >= stretch.upto:
            break
    return pages, None


def proven_page(stretch: KeyRange, after: int, answer: Answer | PortalError) -> Page:
    """The page behind `after`, checked. One that is not full is the last of its range, and so proves all of it.

    Raises:
        PortalError: the answer is an error, or not a page of this range in ascending order.
    """
    if isinstance(answer, PortalError):
        raise answer
    rows = rows_of(stretch.entity, answer)
    ids = ids_of(stretch.entity, rows)
    ladder = [after, *ids]
    ascending = all(lower < higher for lower, higher in zip(ladder, ids, strict=False))
    if not ascending or len(ids) > PAGE or ladder[-1] > stretch.upto:
        entity = stretch.entity
        raise UnexpectedAnswer("portal.wrong_page", method=entity.method, entity=entity.name, after=after)
    return Page(rows, after, ids[-1] if len(ids) == PAGE else stretch.upto)


def edges(entity: Entity, lowest: Answer, highest: Answer) -> Bounds:
    """The bounds of a stream out of its least and its greatest ids.

    Raises:
        UnexpectedAnswer: ids missing, or not in the order that was asked for.
    """
    rising = ids_of(entity, rows_of(entity, lowest))
    falling = ids_of(entity, rows_of(entity, highest))
    if rising != sorted(set(rising)) or falling != sorted(set(falling), reverse=True):
        raise UnexpectedAnswer("portal.wrong_page", method=entity.method, entity=entity.name, after=0)
    if not rising or not falling:
        return Bounds(0, 0)
    return Bounds(rising[0], falling[0], max(density(rising), density(falling)))


def density(ids: list[int]) -> float:
    """The share of ids in use between the first and the last of those given, at most 1."""
    return min(1.0, len(ids) / (abs(ids[-1] - ids[0]) + 1))


@dataclass
class Pace:
    """How many pages to ask for next: no more than can still come, a few more than are likely, fewer after trouble.

    Attributes:
        density: share of ids that have a row in the range; None where only time can tell (rows changed lately).
        limit: the longest chain for now.
    """

    density: float | None
    limit: int

    @classmethod
    def of(cls, stretch: KeyRange, density: float | None = None) -> Self:
        """The pace to begin a range with; few rows change between two passes, so those begin with short chains."""
        return cls(density or 1.0, BATCH_SIZE) if stretch.since is None else cls(None, FIRST_CHANGED)

    def pages(self, span: int) -> int:
        """The length of the next chain when `span` ids are left."""
        most = min(self.limit, ceil(span / PAGE))
        return most if self.density is None else min(most, ceil(span * self.density * MARGIN / PAGE) + 1)

    def went_well(self, pages: list[Page]) -> None:
        """Learn from a chain that was good to its end."""
        if self.density is not None:
            rows = sum(len(page.rows) for page in pages)
            self.density = min(1.0, max(rows, 1) / (pages[-1].last - pages[0].after))
        self.limit = min(BATCH_SIZE, self.limit * 2)

    def went_badly(self) -> None:
        self.limit = max(1, self.limit // 2)
