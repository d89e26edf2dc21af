"""The default sink: one item of the smart process “KPI” for each entry of a report.

The portal itself is the memory of what was pushed: each push reads the items that are there (50 pages of 50 in a
request, so two or three requests for 5,000 entries), compares them field by field and writes the difference. So no
outbox has to be kept, none can disagree with the portal, and a crash at any point costs only the next comparison. A
write whose answer was lost is never repeated: the items are read again and the push goes on from what is missing.

Two writers at once could make twins, since the portal lets two items have the same key; whoever looks next deletes all
but the oldest. https://apidocs.bitrix24.com/api-reference/crm/universal/index.html
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf
from typing import Any

from b24kpi import locale
from b24kpi.errors import PortalError, Refused
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import Entity, Field, Kind, Style
from b24kpi.portal.reader import read_keys
from b24kpi.sinks.base import NamedReport, PushResult, report_prefix
from b24kpi.sinks.item_fields import FIELDS, Item, items_of
from b24kpi.sinks.item_plan import Layout, Plan, plan
from b24kpi.sinks.item_type import CODE, SETTLING, TITLE, ItemType, field_digits, find_type, make_fields, make_type
from b24kpi.sinks.item_writes import Tally, Writer

_log = logging.getLogger(__name__)

LAST_ID = 2**31 - 1
PROBLEMS_SHOWN = 20

Rows = list[dict[str, Any]]


class SmartProcess:
    """Pushes reports into the smart process “KPI”, which it makes where it is missing.

    Args:
        language: of titles, labels and problems: uk, ru or en.
        stop: asked between two batches; once it says True, the push ends with Interrupted.
    """

    name = "smart_process"

    def __init__(self, portal: Portal, *, language: str, stop: Callable[[], bool] | None = None) -> None:
        self._portal = portal
        self._language = language
        self._stop = stop

    def push(self, reports: Sequence[NamedReport], *, dry_run: bool) -> PushResult:
        """Make the items of these reports equal their entries; items of others and people's own stay as they are.

        What was tried in vain is counted and told; the push ends with the rest in place.

        Raises:
            Refused: rights, scope or plan do not allow it, with the remedy.
            PortalError: the portal failed in other ways, all attempts included.
            Interrupted: stopped from outside.
        """
        wanted = {item.key: item for named in reports for item in items_of(named, self._language)}
        prefixes = [report_prefix(named.name) for named in reports]
        with _explained():
            if dry_run:
                return self._foresee(wanted, prefixes)
            return self._write(wanted, prefixes)

    # --- without writing

    def _foresee(self, wanted: Mapping[str, Item], prefixes: Sequence[str]) -> PushResult:
        place = find_type(self._portal)
        if place is None:
            return PushResult(self.name, self._say("where_new", title=TITLE), created=len(wanted))
        layout = Layout(place.type_id, field_digits(self._portal, place.type_id))
        todo = plan(wanted, self._present(place), prefixes, layout, ())
        return PushResult(
            self.name,
            self._where(place),
            created=len(todo.create),
            updated=len(todo.update),
            deleted=len(todo.delete),
            unchanged=todo.unchanged,
            problems=self._about_twins(place),
        )

    # --- writing

    def _write(self, wanted: Mapping[str, Item], prefixes: Sequence[str]) -> PushResult:
        place = find_type(self._portal) or make_type(self._portal)
        known = {} if place.fresh else field_digits(self._portal, place.type_id)
        layout = Layout(place.type_id, make_fields(self._portal, place.type_id, known))
        writer = Writer(self._portal, place, self._stop)
        rows = [] if place.fresh else self._present(place)
        self._equalize(writer, lambda rows: plan(wanted, rows, prefixes, layout, writer.tally.failed), rows)
        return self._result(place, wanted, writer.tally)

    def _equalize(self, writer: Writer, compare: Callable[[Rows], Plan], rows: Rows) -> None:
        """Write and, once anything was left in doubt, look again, until a look finds nothing to do."""
        patience = list(SETTLING)
        doubtful, left = False, inf
        while patience and (todo := compare(rows)).steps:
            writer.carry_out(todo)
            doubtful |= writer.in_doubt
            if not doubtful:
                return
            # Progress costs no patience, however often the portal stumbles.
            seconds = patience[0] if len(todo.steps) < left else patience.pop(0)
            left = len(todo.steps)
            _log.warning("push in doubt sink=%s left=%d", self.name, left)
            self._portal.pause(seconds, "crm.item.list")
            rows = self._present(writer.place)
        for step in compare(rows).steps:
            writer.give_up(step, self._say("unconfirmed"))

    def _present(self, place: ItemType) -> Rows:
        """All items of the smart process, with our fields alone."""
        names = ("id", "xmlId", "title", *(one.code(place.type_id) for one in FIELDS if one.compared))
        entity = Entity(
            name="kpi_item",
            method="crm.item.list",
            table="",
            fields=tuple(Field(name, Kind.TEXT) for name in names),
            params={"entityTypeId": place.entity_type_id, "useOriginalUfNames": "Y"},
            key="id",
            wrapper="items",
            style=Style.CONTROLLER,
        )
        return [row for page in read_keys(self._portal, entity, after=0, upto=LAST_ID) for row in page.rows]

    # --- telling

    def _result(self, place: ItemType, wanted: Mapping[str, Item], tally: Tally) -> PushResult:
        failed = tally.failed.keys()
        created, updated = tally.created - failed, tally.updated - tally.created - failed
        touched = tally.created | tally.updated | (failed & wanted.keys())
        return PushResult(
            self.name,
            self._where(place),
            created=len(created),
            updated=len(updated),
            deleted=len(tally.deleted - failed),
            unchanged=len(wanted.keys() - touched),
            failed=len(failed),
            problems=(*self._about_twins(place), *self._about_failures(tally)),
        )

    def _where(self, place: ItemType) -> str:
        scheme = "http" if self._portal.access.local else "https"
        address = f"{scheme}://{self._portal.access.host}/crm/type/{place.entity_type_id}/"
        return self._say("where", title=TITLE, address=address)

    def _about_twins(self, place: ItemType) -> tuple[str, ...]:
        if not place.twins:
            return ()
        others = ", ".join(map(str, place.twins))
        return (self._say("twin_types", title=TITLE, code=CODE, used=place.type_id, others=others),)

    def _about_failures(self, tally: Tally) -> Iterator[str]:
        failures = list(tally.failed.values())
        for failure in failures[:PROBLEMS_SHOWN]:
            yield self._say("item_failed", title=failure.title, reason=failure.reason)
        if (more := len(failures) - PROBLEMS_SHOWN) > 0:
            yield self._say("more_failed", count=more)

    def _say(self, key: str, **params: object) -> str:
        return locale.text(f"sinks.{key}", self._language, **params)


_RIGHTS = ("ACCESS_DENIED",)
_SCOPES = ("INSUFFICIENT_SCOPE", "INVALID_SCOPE")


@contextmanager
def _explained() -> Iterator[None]:
    """Turn refusals that have a remedy into errors that name it."""
    try:
        yield
    except Refused as error:
        if (key := _remedy(error)) == "":
            raise
        reason = str(error.params.get("reason", ""))
        raise Refused(f"sinks.{key}", method=error.method, code=error.code, reason=reason, title=TITLE) from error


def _remedy(error: PortalError) -> str:
    code = error.code.upper()
    if code in _SCOPES:
        return "no_scope"
    if code.endswith("_RESTRICTED") and "DYNAMIC" in code:
        return "no_plan"
    # userfieldconfig.* tells lacking rights by its text alone.
    nameless = code in ("", "0") and error.method.startswith("userfieldconfig.")
    return "no_rights" if code in _RIGHTS or nameless else ""
