"""One element of the universal list “KPI” for each entry of a report, its code the entry's key.

Like the smart process it is its own memory: each push reads what is there and writes the difference. An update of an
element clears what it does not name, so it names everything.
https://apidocs.bitrix24.com/api-reference/lists/elements/lists-element-update.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from html import unescape
from typing import Any, ClassVar

from b24kpi import locale
from b24kpi.errors import Refused
from b24kpi.portal.entities import Entity, Field, Kind, Style
from b24kpi.portal.protocol import Command
from b24kpi.portal.reader import read_keys
from b24kpi.sinks.base import NamedReport, PortalSink, PushResult, report_prefix
from b24kpi.sinks.item_fields import FIELDS, Item, items_of, same
from b24kpi.sinks.item_fields import Kind as FieldKind
from b24kpi.sinks.item_plan import Deletion, Plan, Row, Update, plan
from b24kpi.sinks.list_place import TITLE, ListPlace, find_list, make_list, make_properties, property_names
from b24kpi.sinks.writing import Rows, Step, Writer, equalize, explained, foreseen, pushed

LAST_ID = 2**31 - 1
# Some lists keep numbers with so many decimals and no more, so that more of them would never be found again.
DIGITS = 4


class UniversalList(PortalSink):
    """Pushes reports into the universal list “KPI”, which it makes where it is missing."""

    name = "universal_list"

    def push(self, reports: Sequence[NamedReport], *, dry_run: bool) -> PushResult:
        """Make the elements of these reports equal their entries; those of others and people's own stay as they are.

        Raises:
            Refused: rights, scope or plan do not allow it, with the remedy.
            PortalError: the portal failed in other ways, all attempts included.
            Interrupted: stopped from outside.
        """
        wanted = {item.key: _rounded(item) for named in reports for item in items_of(named, self._language)}
        prefixes = [report_prefix(named.name) for named in reports]
        with explained("universal_list", _remedy, TITLE):
            place = find_list(self._portal)
            if not dry_run:
                return self._write(place or make_list(self._portal, self._language), wanted, prefixes)
            if place is None:
                return PushResult(self.name, self._say("where_new", title=TITLE), created=len(wanted))
            rows = self._present(place, property_names(self._portal, place))
            return foreseen(self.name, self._where(place), plan(wanted, rows, prefixes, changes, ()))

    def _write(self, place: ListPlace, wanted: Mapping[str, Item], prefixes: Sequence[str]) -> PushResult:
        known = {} if place.fresh else property_names(self._portal, place)
        names = make_properties(self._portal, place, known, self._language)
        writer = ElementWriter(self._portal, self._stop, place=place, names=names)
        rows = [] if place.fresh else self._present(place, names)

        def compare(rows: Rows) -> Plan:
            return plan(wanted, rows, prefixes, changes, writer.tally.failed)

        equalize(writer, compare, lambda: self._present(place, names), rows, self._language)
        return pushed(self.name, self._where(place), wanted, writer.tally, self._language)

    def _present(self, place: ListPlace, names: Mapping[str, str]) -> Rows:
        """All elements of the list, with our fields alone."""
        shown = {names[one.name]: one.name for one in FIELDS if one.compared and one.name in names}
        entity = Entity(
            name="kpi_element",
            method="lists.element.get",
            table="",
            fields=tuple(Field(name, Kind.TEXT) for name in ("ID", "CODE", "NAME", *shown)),
            params=place.params,
            style=Style.ELEMENT,
            scope="lists",
        )
        pages = read_keys(self._portal, entity, after=0, upto=LAST_ID)
        return [_row(row, shown) for page in pages for row in page.rows]

    def _where(self, place: ListPlace) -> str:
        scheme = "http" if self._portal.access.local else "https"
        address = f"{scheme}://{self._portal.access.host}/company/lists/{place.id}/view/0/"
        return self._say("where", title=TITLE, address=address)

    def _say(self, key: str, **params: object) -> str:
        return locale.text(f"universal_list.{key}", self._language, **params)


@dataclass
class ElementWriter(Writer):
    """Writes into one list; `names` maps our fields to its own."""

    place: ListPlace = field(kw_only=True)
    names: Mapping[str, str] = field(kw_only=True)

    missing: ClassVar[tuple[str, ...]] = ("ERROR_ELEMENT_NOT_FOUND",)
    there: ClassVar[tuple[str, ...]] = ("ERROR_ELEMENT_ALREADY_EXISTS",)

    def command(self, step: Step) -> Command:
        """A new element, one with all its values anew, or a deletion."""
        if isinstance(step, Deletion):
            return Command("lists.element.delete", {**self.place.params, "ELEMENT_ID": step.row_id})
        if isinstance(step, Update):
            fields = self._fields(step.item)
            return Command("lists.element.update", {**self.place.params, "ELEMENT_ID": step.row_id, "FIELDS": fields})
        asked = {**self.place.params, "ELEMENT_CODE": step.key, "FIELDS": self._fields(step)}
        return Command("lists.element.add", asked)

    def _fields(self, item: Item) -> dict[str, str]:
        filled = {self.names[one.name]: item.fields[one.name] for one in FIELDS if item.fields[one.name]}
        return {"NAME": item.title, **filled}


def changes(item: Item, row: Row) -> dict[str, str]:
    """What differs in an element, as `_row` shows it."""
    found = {} if _says(FieldKind.TEXT, item.title, row["title"]) else {"title": item.title}
    for one in FIELDS:
        if one.compared and not _says(one.kind, item.fields[one.name], row.get(one.name, "")):
            found[one.name] = item.fields[one.name]
    return found


def _says(kind: FieldKind, wanted: str, present: str) -> bool:
    """Some portals show texts as HTML."""
    return same(kind, wanted, present, DIGITS) or same(kind, wanted, unescape(present), DIGITS)


def _row(row: Mapping[str, Any], shown: Mapping[str, str]) -> dict[str, Any]:
    """An element as plans know rows. A value stands under an id of its own: `{"3743": "1269"}`."""
    values = {name: _single(row.get(key)) for key, name in shown.items()}
    return {"id": row["ID"], "xmlId": row.get("CODE"), "title": str(row.get("NAME") or ""), **values}


def _single(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(next(iter(value.values()), ""))
    return str(value) if isinstance(value, str | int | float) else ""


def _rounded(item: Item) -> Item:
    numbers = {one.name: item.fields[one.name] for one in FIELDS if one.kind is FieldKind.NUMBER}
    fewer = {name: _fewer(text) for name, text in numbers.items() if text}
    return replace(item, fields={**item.fields, **fewer})


def _fewer(text: str) -> str:
    """
    >>> _fewer("0.123456"), _fewer("12.5"), _fewer("-0.00001")
    ('0.1235', '12.5', '0')
    """
    number = f"{Decimal(text):.{DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if number == "-0" else number


def _remedy(error: Refused) -> str:
    code, said = error.code.upper(), str(error.params.get("text", "")).lower()
    if code in ("INSUFFICIENT_SCOPE", "INVALID_SCOPE"):
        return "no_scope"
    if "extended plans" in said:  # the words of the portal, under the code of lacking rights
        return "no_plan"
    return "no_rights" if code == "ACCESS_DENIED" else ""
