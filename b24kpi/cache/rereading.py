"""Rows that are read once more: ranges of ids that the cache knows, and single rows by their ids."""

from collections.abc import Iterator, Sequence

from b24kpi.cache.asking import Asker
from b24kpi.errors import PortalError, UnexpectedAnswer
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import Entity
from b24kpi.portal.keys import PAGE, KeyRange, Page, Row, ids_of, page_command, proven_page, rows_of
from b24kpi.portal.protocol import BATCH_SIZE, Answer, Command
from b24kpi.portal.reader import read_keys


def read_stretches(portal: Portal, asker: Asker, stretches: Sequence[KeyRange]) -> Iterator[Page]:
    """All rows of ranges that should hold a page each; one that holds more is read on to its end.

    Raises:
        PortalError: a range could not be read; the pages before it are good.
    """

    def read(place: int, answer: Answer) -> Page:
        return proven_page(part[place], part[place].after, answer)

    for start in range(0, len(stretches), BATCH_SIZE):
        part = stretches[start : start + BATCH_SIZE]
        pages = asker.ask([page_command(stretch, stretch.after) for stretch in part], read)
        for stretch, page in zip(part, pages, strict=True):
            if isinstance(page, PortalError):
                raise page
            yield page
            if page.last < stretch.upto:
                yield from read_keys(portal, stretch.entity, after=page.last, upto=stretch.upto)


def read_rows(asker: Asker, entity: Entity, ids: Sequence[int]) -> Iterator[list[Row]]:
    """The rows with these ids, fifty at a time; ids without a row are left out.

    Raises:
        PortalError: some could not be read; the rows before them are good.
    """
    pages = [ids[start : start + PAGE] for start in range(0, len(ids), PAGE)]

    def read(place: int, answer: Answer) -> list[Row]:
        return _rows_among(entity, part[place], answer)

    for start in range(0, len(pages), BATCH_SIZE):
        part = pages[start : start + BATCH_SIZE]
        for rows in asker.ask([_rows_command(entity, page) for page in part], read):
            if isinstance(rows, PortalError):
                raise rows
            yield rows


def _rows_command(entity: Entity, ids: Sequence[int]) -> Command:
    listing = page_command(KeyRange(entity, 0, 0), 0)
    return Command(listing.method, {**listing.params, "filter": {f"@{entity.key}": list(ids)}})


def _rows_among(entity: Entity, wanted: Sequence[int], answer: Answer) -> list[Row]:
    rows = rows_of(entity, answer)
    if not set(ids_of(entity, rows)) <= set(wanted):
        raise UnexpectedAnswer("portal.wrong_page", method=entity.method, entity=entity.name, after=wanted[0])
    return rows
