"""Whether Bitrix24 knows our pages and the event of the removal, for `b24kpi check`; and whether the queue is there.

https://apidocs.bitrix24.com/api-reference/widgets/placement/placement-get.html
https://apidocs.bitrix24.com/api-reference/events/event-get.html
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from b24kpi.cache.events import EVENTS
from b24kpi.checkup import CheckLine
from b24kpi.errors import PortalError
from b24kpi.locale import text
from b24kpi.portal.client import Portal
from b24kpi.portal.protocol import Answer, Command
from b24kpi.web.incoming import REMOVED
from b24kpi.web.placements import PLACEMENTS

Rows = Iterable[Mapping[str, Any]]
_Judge = Callable[[Any], Iterator[CheckLine]]


@dataclass(frozen=True)
class Bindings:
    """Asks a portal, as the application, what it has bound.

    Attributes:
        public_url: where Bitrix24 is to reach us, without a slash at its end; "" where it is not set.
    """

    portal: Portal
    public_url: str
    language: str

    def lines(self) -> list[CheckLine]:
        """A finding for the application, each placement, the removal and the queue of events.

        Raises:
            PortalError: the portal cannot be reached.
        """
        commands = ("app.info", "placement.get", "event.get")
        answers = self.portal.batch({name: Command(name, {}) for name in commands})
        return [
            *self._judged(answers["app.info"], "application", self._application),
            *self._judged(answers["placement.get"], "placements", self._placements),
            *self._judged(answers["event.get"], "events", self._events),
        ]

    def _judged(self, answer: Answer | PortalError, name: str, judge: _Judge) -> Iterator[CheckLine]:
        if isinstance(answer, PortalError):
            yield CheckLine(name, False, answer.text(self.language))
        else:
            yield from judge(answer.result or ())

    def _application(self, info: Any) -> Iterator[CheckLine]:
        """Before the end of the installation Bitrix24 shows no page and tells no event."""
        is_finished = bool(info.get("INSTALLED"))
        key = "installed" if is_finished else "not_finished"
        yield CheckLine("application", is_finished, self._say(key, code=info.get("CODE") or ""))
        if not self.public_url:
            yield CheckLine("public_url", None, self._say("no_public_url"))

    def _placements(self, rows: Rows) -> Iterator[CheckLine]:
        handlers: dict[str, set[str]] = {}
        for row in rows:
            handlers.setdefault(str(row.get("placement")), set()).add(str(row.get("handler")))
        for code in PLACEMENTS if self.public_url else ():
            yield self._bound(f"placement.{code}", code, handlers.get(code, set()), f"{self.public_url}/")

    def _events(self, rows: Rows) -> Iterator[CheckLine]:
        known = [(str(row.get("event")).upper(), row) for row in rows]
        removal = {str(row.get("handler")) for name, row in known if name == REMOVED and row.get("handler")}
        if self.public_url:
            yield self._bound("event.removal", REMOVED, removal, f"{self.public_url}/events")
        followed = {name for name, row in known if name in EVENTS and row.get("offline")}
        key = "followed" if len(followed) == len(EVENTS) else "not_followed"
        yield CheckLine(
            "event.queue", key == "followed" or None, self._say(key, count=len(followed), total=len(EVENTS))
        )

    def _bound(self, name: str, code: str, handlers: set[str], ours: str) -> CheckLine:
        """Ours, missing, or bound to another address, as after a change of `public_url`."""
        others = ", ".join(sorted(handlers - {ours}))
        if ours not in handlers:
            return CheckLine(name, False, self._say("foreign" if others else "missing", code=code, address=others))
        if others:
            return CheckLine(name, False, self._say("doubled", code=code, address=others))
        return CheckLine(name, True, self._say("bound", code=code, address=ours))

    def _say(self, key: str, **params: object) -> str:
        return text(f"bindings.{key}", self.language, **params)
