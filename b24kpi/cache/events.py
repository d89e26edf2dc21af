"""Offline events: what the portal says has changed or been deleted, for a local application.

They come on top of the passes: a deletion is known at once instead of by the next count, and so is a change that leaves
no DATE_MODIFY. Events are reserved, worked into the cache, and only then confirmed; what a crash leaves reserved, the
next run takes up. Where the portal cannot reserve (a feature of the plan), nothing is lost: the passes find the same.

The application's own changes never come back, https://apidocs.bitrix24.com/api-reference/events/offline-events.html
"""

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from b24kpi.cache.asking import Asker
from b24kpi.cache.links import referrers
from b24kpi.cache.progress import SyncResult
from b24kpi.cache.rereading import read_rows
from b24kpi.cache.store import Store
from b24kpi.clock import Clock
from b24kpi.errors import PortalError, Refused, Unauthorized
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import Entity
from b24kpi.portal.protocol import BATCH_SIZE, Answer, Command

_log = logging.getLogger(__name__)

STREAMS = ("lead", "deal", "contact", "company", "activity")
KINDS = ("ADD", "UPDATE", "DELETE")
EVENTS = tuple(f"ONCRM{name.upper()}{kind}" for name in STREAMS for kind in KINDS)
_EVENT = re.compile(rf"ONCRM({'|'.join(STREAMS)})({'|'.join(KINDS)})", re.IGNORECASE)
PAGE = 50
# So many reservations are asked for together once one was full.
MANY = 20
FEATURE = "rest_offline_extended"


@dataclass(frozen=True)
class Reserved:
    """Events that wait for our word under a process."""

    process: str
    events: Sequence[Mapping[str, Any]]


class OfflineEvents:
    """Works the portal's queue into the cache.

    Args:
        entities: the streams of the sync, with the user fields that are read.
        result: of the sync that has just read them; what is found here is added to it.
    """

    def __init__(
        self, store: Store, portal: Portal, clock: Clock, entities: Iterable[Entity], result: SyncResult
    ) -> None:
        self._store = store
        self._portal = portal
        self._asker = Asker(portal, clock)
        self._entities = {entity.name: entity for entity in entities}
        self._results = {stream.name: stream for stream in result.streams}

    def run(self) -> bool:
        """Take all that waits. Returns whether the portal has such a queue for us; a failure leaves the rest in it.

        Raises:
            Unauthorized: no call can succeed.
            Interrupted: told to stop; what was confirmed is in the cache.
        """
        try:
            if not self._open():
                return False
            self._take_up()
            many = 1
            while fresh := self._reserve(many):
                self._work_in(fresh)
                many = MANY if len(fresh[-1].events) == PAGE else 1
        except Unauthorized:
            raise
        except PortalError as error:
            _log.warning("events left for the next run error=%s", error)
        return True

    def _open(self) -> bool:
        """Subscribe to what is not subscribed yet. Returns whether there is a queue."""
        commands = {"feature": Command("feature.get", {"CODE": FEATURE}), "bound": Command("event.get", {})}
        answers = self._portal.batch(commands)
        if any(isinstance(answer, Refused) for answer in answers.values()):
            return False
        if _result(answers["feature"]).get("value") != "Y":
            _log.info("no offline events on this plan, the passes find all the same")
            return False
        self._subscribe(_result(answers["bound"]))
        return True

    def _subscribe(self, bound: Iterable[Mapping[str, Any]]) -> None:
        """https://apidocs.bitrix24.com/api-reference/events/event-bind.html"""
        known = {str(row.get("event")).upper() for row in bound if int(row.get("offline") or 0)}
        missing = {name: {"event": name, "event_type": "offline"} for name in EVENTS if name not in known}
        if not missing:
            return
        for name, answer in self._portal.batch({n: Command("event.bind", p) for n, p in missing.items()}).items():
            if isinstance(answer, PortalError):
                _log.warning("event not bound name=%s error=%s", name, answer)

    def _take_up(self) -> None:
        """Work in what a crash has left reserved; it is older than all that waits freely."""
        known: set[str] = set()
        while (left := self._left()) - known:
            known |= left
            self._work_in(self._get([{"clear": 0, "process_id": process} for process in sorted(left)]))

    def _left(self) -> set[str]:
        """Processes of the oldest events.

        https://apidocs.bitrix24.com/api-reference/events/event-offline-list.html
        """
        waiting = self._portal.call("event.offline.list", {"order": {"ID": "ASC"}}).result or ()
        return {str(row["PROCESS_ID"]) for row in waiting if row.get("PROCESS_ID")}

    def _reserve(self, many: int) -> list[Reserved]:
        return self._get([{"clear": 0, "limit": PAGE}] * many)

    def _get(self, params: Sequence[Mapping[str, Any]]) -> list[Reserved]:
        """https://apidocs.bitrix24.com/api-reference/events/event-offline-get.html"""
        found = []
        for start in range(0, len(params), BATCH_SIZE):
            part = params[start : start + BATCH_SIZE]
            commands = {f"g{place}": Command("event.offline.get", each) for place, each in enumerate(part)}
            for answer in self._portal.batch(commands, idempotent=False).values():
                result = _result(answer)
                if result.get("process_id") and result.get("events"):
                    found.append(Reserved(str(result["process_id"]), result["events"]))
        return found

    def _work_in(self, reserved: Sequence[Reserved]) -> None:
        """Events into the cache, then the word that they are there."""
        if not reserved:
            return
        touched, deleted = _sorted(event for each in reserved for event in each.events)
        for name, ids in touched.items():
            if name in self._entities:
                self._read(self._entities[name], sorted(ids), deleted[name])
        commands = {
            f"c{place}": Command("event.offline.clear", {"process_id": each.process})
            for place, each in enumerate(reserved)
        }
        for answer in self._portal.batch(commands).values():
            _result(answer)

    def _read(self, entity: Entity, ids: Sequence[int], deleted: set[int]) -> None:
        """Rows that are there are stored; those that are not, and that an event calls deleted, are marked so."""
        gone = set(deleted)
        try:
            for rows in read_rows(self._asker, entity, ids):
                gone -= {int(row[entity.shown_key]) for row in rows}
                self._keep(entity, rows)
        except Refused as error:
            _log.info("rows of events not readable stream=%s error=%s", entity.name, error)
            return
        self._mark(entity, gone)

    def _keep(self, entity: Entity, rows: list[dict[str, Any]]) -> None:
        with self._store.transaction():
            changed = self._store.upsert(entity, rows, seen_at=self._asker.now)
        self._results[entity.name].rows += len(rows)
        self._results[entity.name].changed += changed

    def _mark(self, entity: Entity, gone: set[int]) -> None:
        """Mark deleted rows, and read those again that pointed at them: the portal has changed these silently."""
        live = sorted(number for number in gone if self._store.live_ids(entity, number - 1, number))
        if not live:
            return
        with self._store.transaction():
            self._store.mark_deleted(entity, live, seen_at=self._asker.now)
        self._results[entity.name].changed += len(live)
        _log.info("deleted by events stream=%s count=%d", entity.name, len(live))
        for name, ids in referrers(self._store, entity.name, live):
            for rows in read_rows(self._asker, self._entities[name], ids):
                self._keep(self._entities[name], rows)


def _sorted(events: Iterable[Mapping[str, Any]]) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
    """Stream → ids that events name, and → those among them that an event calls deleted; others tell nothing."""
    touched: dict[str, set[int]] = defaultdict(set)
    deleted: dict[str, set[int]] = defaultdict(set)
    for event in events:
        name, number = _EVENT.fullmatch(str(event.get("EVENT_NAME"))), _row_id(event)
        if name is None or number is None:
            continue
        touched[name[1].lower()].add(number)
        if name[2].upper() == "DELETE":
            deleted[name[1].lower()].add(number)
    return touched, deleted


def _row_id(event: Mapping[str, Any]) -> int | None:
    """EVENT_DATA may be false."""
    data = event.get("EVENT_DATA")
    fields = data.get("FIELDS") if isinstance(data, Mapping) else None
    value = str(fields.get("ID", "")) if isinstance(fields, Mapping) else ""
    return int(value) if value.isascii() and value.isdigit() else None


def _result(answer: Answer | PortalError) -> Any:
    if isinstance(answer, PortalError):
        raise answer
    return answer.result or {}
