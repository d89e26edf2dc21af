"""How many rows the portal has in a range of ids: the command, and what its answer proves. No I/O.

A list that is asked for from its first page on (`start` = 0) says how many rows fit its filter, and shows the first 50
of them: up to that number the answer holds every id of the range. Counting is the expensive part of a list: the vendor
measured 49.9 s for 2 387 743 leads, 21 microseconds a row.

https://apidocs.bitrix24.com/settings/performance/huge-data.html
"""

from dataclasses import dataclass

from b24kpi.errors import UnexpectedAnswer
from b24kpi.portal.keys import PAGE, KeyRange, ids_of, page_command, rows_of
from b24kpi.portal.protocol import Answer, Command


@dataclass(frozen=True)
class Count:
    """The number of rows of a range, and all their ids, None where they are more than a page."""

    total: int
    ids: frozenset[int] | None


def count_command(stretch: KeyRange) -> Command:
    """Count the rows of a range and show the first ids."""
    listing = page_command(stretch, stretch.after)
    return Command(listing.method, {**listing.params, "select": [stretch.entity.key], "start": 0})


def read_count(stretch: KeyRange, answer: Answer) -> Count:
    """The count in an answer. No total means none where there are no rows (`user.get`).

    Raises:
        UnexpectedAnswer: rows out of the range or out of order, not as many as counted, or not counted at all.
    """
    entity = stretch.entity
    ids = ids_of(entity, rows_of(entity, answer))
    if answer.total is None and ids:
        raise UnexpectedAnswer("cache.not_counted", method=entity.method, entity=entity.name)
    total = answer.total or 0
    ladder = [stretch.after, *ids]
    ascending = all(lower < higher for lower, higher in zip(ladder, ids, strict=False))
    if not ascending or ladder[-1] > stretch.upto or len(ids) != min(total, PAGE):
        raise UnexpectedAnswer("portal.wrong_page", method=entity.method, entity=entity.name, after=stretch.after)
    return Count(total, frozenset(ids) if total <= PAGE else None)
