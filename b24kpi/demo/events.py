"""From a change of a row to the events of those applications that subscribed to it.

https://apidocs.bitrix24.com/api-reference/events/index.html and the pages of the single events. Read from the portal's
source: a deal that is moved to another pipeline fires ONCRMDEALMOVETOCATEGORY and no update; an application's own
changes do not enter its queue of the same connector. Deleting an element fires no event for what is deleted with it;
restoring one is an addition, as it gets a new id.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from b24kpi.demo.apps import EventHandler, Installed
from b24kpi.demo.changes import DELETED, MOVED_TO_PIPELINE, Change
from b24kpi.demo.deliveries import Deliveries
from b24kpi.demo.letters import Letters
from b24kpi.demo.php import Array
from b24kpi.demo.state import PortalState

_PLAIN = ("lead", "deal", "contact", "company", "activity")
_OFFLINE = "ONOFFLINEEVENT"


@dataclass
class Events:
    """Hears of changes and of applications that come and go; fills the queue and sends online events."""

    state: PortalState
    letters: Letters
    deliveries: Deliveries
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _notified: dict[int, tuple[float, int]] = field(default_factory=dict)

    def changed(self, change: Change) -> None:
        """A row was added, changed or removed."""
        finished = [one for one in self.letters.apps.registry.all() if one.is_finished and one.events]
        if not finished:
            return
        for event, data in self._named(change):
            for one in finished:
                self._fire(one, event, data, change.by)

    def _named(self, change: Change) -> Iterator[tuple[str, Array]]:
        """The events of a change with their data, ids as texts."""
        row_id = str(change.row_id)
        if change.kind == MOVED_TO_PIPELINE:
            row = self.state.row("deal", change.row_id) or {}
            place = {"CATEGORY_ID": str(row.get("CATEGORY_ID")), "STAGE_ID": row.get("STAGE_ID")}
            yield "ONCRMDEALMOVETOCATEGORY", {"FIELDS": {"ID": row_id, **place}}
        elif change.table in _PLAIN:
            yield f"ONCRM{change.table.upper()}{change.kind}", {"FIELDS": {"ID": row_id}}
        elif change.table == "invoice" or change.table.startswith("item_"):
            number = self.state.table(change.table).entity_type_id
            data: Array = {"FIELDS": {"ID": row_id, "ENTITY_TYPE_ID": str(number)}}
            yield f"ONCRMDYNAMICITEM{change.kind}", data
            yield f"ONCRMDYNAMICITEM{change.kind}_{number}", data

    def _fire(self, one: Installed, event: str, data: Array, by: int) -> None:
        for handler in [handler for handler in one.events if handler.event == event]:
            if handler.is_offline:
                self._queue(one, handler, data, by)
            else:
                self._send(one, handler, data, by)

    def _queue(self, one: Installed, handler: EventHandler, data: Array, by: int) -> None:
        cause = self.letters.apps.causes.current
        if cause is not None and (cause.client_id, cause.connector) == (one.client_id, handler.connector):
            return
        now = self.state.now()
        self.letters.apps.queue.put(one.client_id, handler.connector, handler.event, data, user_id=by, at=int(now))
        for listener in [listener for listener in one.events if listener.event == _OFFLINE]:
            if self._is_due(listener, now, cause.number if cause else 0):
                self._send(one, listener, {}, by)

    def _is_due(self, listener: EventHandler, now: float, call: int) -> bool:
        """Once in `min_timeout` seconds; with 0 once in a call."""
        with self._lock:
            at, last_call = self._notified.get(listener.id, (float("-inf"), 0))
            due = now - at >= listener.min_timeout if listener.min_timeout else call != last_call or not call
            if due:
                self._notified[listener.id] = (now, call)
            return due

    def _send(self, one: Installed, handler: EventHandler, data: Array, by: int) -> None:
        """Without tokens where nobody stands behind the change."""
        user_id = handler.auth_type or by
        bare = self.letters.bare_auth(one)
        auth = self.letters.event_auth(one, user_id, scope="crm") if user_id else bare
        self.deliveries.send(handler.handler, self.letters.event(handler.event, data, auth, handler.id))

    # --- applications

    def finished(self, one: Installed) -> None:
        """ONAPPINSTALL, to the installation path of an application without pages and to who subscribed."""
        if one.application.api_only and one.application.install_url:
            self.deliveries.send(one.application.install_url, self.letters.installed(one))
        self._tell(one, "ONAPPINSTALL", lambda handler: self.letters.installed(one, handler.id))

    def removed(self, one: Installed, clean: bool) -> None:
        """ONAPPUNINSTALL to who subscribed; what waits for the application goes."""
        self._tell(
            one, "ONAPPUNINSTALL", lambda handler: self.letters.uninstalled(one, clean=clean, handler_id=handler.id)
        )
        self.letters.apps.queue.remove(lambda row: row.client_id == one.client_id)

    def _tell(self, one: Installed, event: str, letter: Callable[[EventHandler], Array]) -> None:
        for handler in [handler for handler in one.events if handler.event == event and not handler.is_offline]:
            self.deliveries.send(handler.handler, letter(handler))


KINDS = ("ADD", "UPDATE", DELETED)
EMULATED = (
    *("ONAPPINSTALL", "ONAPPUNINSTALL", _OFFLINE),
    *(f"ONCRM{table.upper()}{kind}" for table in _PLAIN for kind in KINDS),
    "ONCRMDEALMOVETOCATEGORY",
    *(f"ONCRMDYNAMICITEM{kind}" for kind in KINDS),
)
