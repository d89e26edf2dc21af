"""Rows that came while a full pass went on: a first load takes minutes, and the portal's people do not wait for it.

They are behind the bounds of the pass, and the next incremental pass would bring them. But a portal that is read for
the first time should look in the cache as it looks on the screen, so they are fetched at once: one request for all
streams, as a rule. Nothing is noted as read by it, so nothing depends on it either; what fails here is left to the
next run.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeGuard

from b24kpi.cache.journal import COMPLETE
from b24kpi.cache.passes import FullPass, Pass
from b24kpi.errors import PortalError
from b24kpi.portal.client import Portal
from b24kpi.portal.keys import PAGE, KeyRange, Page
from b24kpi.portal.reader import first_pages

# Ids of the portal are signed numbers of 32 bits.
LAST_ID = 2**31 - 1
# Where an import adds rows faster than they can be read, the next run has enough to do anyway.
ROUNDS = 5

Wanted = tuple[FullPass, KeyRange]

_log = logging.getLogger(__name__)


def fetch_newest(portal: Portal, passes: Sequence[Pass]) -> None:
    """Store what the streams of full passes have behind the bounds of these passes.

    Streams that every run reads whole are left out, and those that could not be read.

    Raises:
        Interrupted: told to stop.
    """
    wanted = [(each, KeyRange(each.entity, each.high, LAST_ID)) for each in passes if _may_have_grown(each)]
    try:
        for _ in range(ROUNDS):
            pages = first_pages(portal, [stretch for _, stretch in wanted], attempts=1)
            wanted = [left for pair, page in zip(wanted, pages, strict=True) if (left := _kept(*pair, page))]
    except PortalError as error:
        _log.info("newest rows are left to the next run error=%s", error)


def _may_have_grown(each: Pass) -> TypeGuard[FullPass]:
    has_increments = bool(each.entity.modified or each.entity.reread)
    return isinstance(each, FullPass) and has_increments and each.result.state == COMPLETE


def _kept(each: FullPass, stretch: KeyRange, page: Page | PortalError) -> Wanted | None:
    """Store a page. Returns what may be behind it."""
    if isinstance(page, PortalError):
        raise page
    each.keep_newer(page)
    return (each, replace(stretch, after=page.last)) if len(page.rows) == PAGE else None
