"""The default sink: one item of the smart process “KPI” for each entry of a report.

The portal itself is the memory of what was pushed: each push reads the items that are there (50 pages of 50 in a
request, so two or three requests for 5,000 entries), compares them field by field and writes the difference. So no
outbox has to be kept, none can disagree with the portal, and a crash at any point costs only the next comparison. A
write whose answer was lost is never repeated: the items are read again and the push goes on from what is missing.

Two writers at once could make twins, since the portal lets two items have the same key; whoever looks next deletes all
but the oldest. https://apidocs.bitrix24.com/api-reference/crm/universal/index.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from b24kpi import locale
from b24kpi.errors import Refused
from b24kpi.portal.entities import Entity, Field, Kind, Style
from b24kpi.portal.reader import read_keys
from b24kpi.sinks.base import NamedReport, PortalSink, PushResult, report_prefix
from b24kpi.sinks.item_fields import FIELDS, Item, changes, items_of
from b24kpi.sinks.item_plan import Plan, plan
from b24kpi.sinks.item_type import CODE, TITLE, ItemType, field_digits, find_type, make_fields, make_type
from b24kpi.sinks.item_writes import ItemWriter
from b24kpi.sinks.writing import Rows, equalize, explained, foreseen, pushed

LAST_ID = 2**31 - 1


class SmartProcess(PortalSink):
    """Pushes reports into the smart process “KPI”, which it makes where it is missing."""

    name = "smart_process"

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
        with explained("sinks", _remedy, TITLE):
            if dry_run:
                return self._foresee(wanted, prefixes)
            return self._write(wanted, prefixes)

    # --- without writing

    def _foresee(self, wanted: Mapping[str, Item], prefixes: Sequence[str]) -> PushResult:
        place = find_type(self._portal)
        if place is None:
            return PushResult(self.name, self._say("where_new", title=TITLE), created=len(wanted))
        changed = partial(changes, type_id=place.type_id, digits=field_digits(self._portal, place.type_id))
        todo = plan(wanted, self._present(place), prefixes, changed, ())
        return replace(foreseen(self.name, self._where(place), todo), problems=self._about_twins(place))

    # --- writing

    def _write(self, wanted: Mapping[str, Item], prefixes: Sequence[str]) -> PushResult:
        place = find_type(self._portal) or make_type(self._portal)
        known = {} if place.fresh else field_digits(self._portal, place.type_id)
        changed = partial(changes, type_id=place.type_id, digits=make_fields(self._portal, place.type_id, known))
        writer = ItemWriter(self._portal, self._stop, place=place)
        rows = [] if place.fresh else self._present(place)

        def compare(rows: Rows) -> Plan:
            return plan(wanted, rows, prefixes, changed, writer.tally.failed)

        equalize(writer, compare, lambda: self._present(place), rows, self._language)
        result = pushed(self.name, self._where(place), wanted, writer.tally, self._language)
        return replace(result, problems=(*self._about_twins(place), *result.problems))

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

    def _where(self, place: ItemType) -> str:
        scheme = "http" if self._portal.access.local else "https"
        address = f"{scheme}://{self._portal.access.host}/crm/type/{place.entity_type_id}/"
        return self._say("where", title=TITLE, address=address)

    def _about_twins(self, place: ItemType) -> tuple[str, ...]:
        if not place.twins:
            return ()
        others = ", ".join(map(str, place.twins))
        return (self._say("twin_types", title=TITLE, code=CODE, used=place.type_id, others=others),)

    def _say(self, key: str, **params: object) -> str:
        return locale.text(f"sinks.{key}", self._language, **params)


_RIGHTS = ("ACCESS_DENIED",)
_SCOPES = ("INSUFFICIENT_SCOPE", "INVALID_SCOPE")


def _remedy(error: Refused) -> str:
    code = error.code.upper()
    if code in _SCOPES:
        return "no_scope"
    if code.endswith("_RESTRICTED") and "DYNAMIC" in code:
        return "no_plan"
    # userfieldconfig.* tells lacking rights by its text alone.
    nameless = code in ("", "0") and error.method.startswith("userfieldconfig.")
    return "no_rights" if code in _RIGHTS or nameless else ""
