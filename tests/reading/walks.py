"""Readings of a portal of bare ids, and what came of them."""

from dataclasses import dataclass, field
from typing import Any

from b24kpi.errors import PortalError
from b24kpi.portal.crew import Finished, Pages, Reading, read_ranges
from b24kpi.portal.entities import DEAL, Entity
from b24kpi.portal.keys import Page
from b24kpi.portal.spans import Spans
from tests.portal.far_end import Clock, open_portal

FAILED = {"error": "INTERNAL_SERVER_ERROR", "error_description": ""}
BLOCKED = {"error": "OPERATION_TIME_LIMIT", "error_description": ""}


@dataclass
class Walk:
    """What readings brought, by stream."""

    pages: dict[str, list[Page]] = field(default_factory=dict)
    errors: dict[str, PortalError | None] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def ids(self, stream: str = "deal") -> list[int]:
        """Ids of the rows in ascending order, doubled ones twice."""
        return sorted(int(row["ID"]) for page in self.pages.get(stream, []) for row in page.rows)

    def read(self, stream: str = "deal") -> list[tuple[int, int]]:
        """The ranges that the pages prove; a range that two pages claim fails the test."""
        spans = Spans()
        for page in self.pages.get(stream, []):
            before = spans.ids
            spans.add(page.after, page.last)
            assert spans.ids - before == page.last - page.after
        return list(spans)


def reading(entity: Entity = DEAL, after: int = 0, upto: int = 10**6, **options: Any) -> Reading:
    return Reading(entity, ((after, upto),), **options)


def walk(*readings: Reading, clock: Clock | None = None, **options: Any) -> Walk:
    """Everything that the readings bring; a stream must not bring pages after it has finished."""
    found = Walk()
    with open_portal(clock) as portal:
        for event in read_ranges(portal, readings or (reading(),), **options):
            name = event.reading.entity.name
            assert name not in found.errors
            if isinstance(event, Finished):
                found.errors[name] = event.error
            elif isinstance(event, Pages):
                found.pages.setdefault(name, []).extend(event.pages)
                found.order.append(name)
    return found
