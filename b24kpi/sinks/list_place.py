"""The universal list “KPI” and its fields: found again by its code, made where it is missing.

Codes of lists are unique, and a field is known by its code; its id differs from portal to portal. Making is never
repeated blindly: after an answer that was lost the portal is asked what it has.
https://apidocs.bitrix24.com/api-reference/lists/index.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from b24kpi import locale
from b24kpi.errors import OutcomeUnknown, PortalError, Refused, RetryLater, UnexpectedAnswer
from b24kpi.portal.client import Portal
from b24kpi.portal.protocol import Command
from b24kpi.sinks.item_fields import FIELDS, ItemField, Kind
from b24kpi.sinks.writing import SETTLING, made

TITLE = "KPI"
CODE = "b24kpi"
OF_LISTS = {"IBLOCK_TYPE_ID": "lists"}
# Days and moments are texts: each portal writes them as its country does, and takes them in no other way for certain.
_TYPES = dict.fromkeys(Kind, "S") | {Kind.NUMBER: "N", Kind.INTEGER: "N"}
_ANEW = "ERROR_IBLOCK_ALREADY_EXISTS"


@dataclass(frozen=True)
class ListPlace:
    """The list as found or made; `fresh`: made just now, so nothing is in it."""

    id: int
    fresh: bool = False

    @property
    def params(self) -> dict[str, Any]:
        """What each call about the list says of it."""
        return {**OF_LISTS, "IBLOCK_ID": self.id}


def find_list(portal: Portal) -> ListPlace | None:
    """The list with our code."""
    rows = portal.call("lists.get", {**OF_LISTS, "IBLOCK_CODE": CODE}).result
    if not isinstance(rows, list):
        raise UnexpectedAnswer("portal.no_rows", method="lists.get", entity="lists")
    found = [int(row["ID"]) for row in rows if row.get("CODE", CODE) == CODE]
    return ListPlace(min(found)) if found else None


def make_list(portal: Portal, language: str) -> ListPlace:
    """A new list, without fields yet; only who made it and administrators may see it until one says so.

    Raises:
        OutcomeUnknown: the answer was lost, and still no list is there.
        Refused: rights or plan.
    """
    return made(portal, partial(_add_list, portal, language), partial(find_list, portal))


def _add_list(portal: Portal, language: str) -> ListPlace:
    about = locale.text("universal_list.about", language)
    asked = {**OF_LISTS, "IBLOCK_CODE": CODE, "FIELDS": {"NAME": TITLE, "DESCRIPTION": about}}
    try:
        number = portal.call("lists.add", asked, idempotent=False).result
    except Refused as error:
        # Another push was quicker, or an earlier call of ours took its time.
        if error.code.upper() == _ANEW and (found := find_list(portal)) is not None:
            return found
        raise
    if not str(number).isdecimal():
        raise UnexpectedAnswer("portal.no_rows", method="lists.add", entity="lists")
    return ListPlace(int(number), fresh=True)


# --- fields


def property_names(portal: Portal, place: ListPlace) -> dict[str, str]:
    """Short name of each field of ours that the list has → `PROPERTY_{id}`."""
    rows = portal.call("lists.field.get", place.params).result
    told = rows.values() if isinstance(rows, Mapping) else []
    ours = {one.name for one in FIELDS}
    return {str(row["CODE"]): str(row["FIELD_ID"]) for row in told if row.get("CODE") in ours}


def make_properties(portal: Portal, place: ListPlace, known: Mapping[str, str], language: str) -> Mapping[str, str]:
    """Add the fields that are missing from `known`; the names of all of them.

    Raises:
        PortalError: fields are still missing after all attempts.
    """
    patience = list(SETTLING)
    while missing := [one for one in FIELDS if one.name not in known]:
        failure = _added(portal, place, missing, language)
        known = property_names(portal, place)
        if failure is not None and any(one.name not in known for one in missing):
            if isinstance(failure, Refused) or not patience:
                raise failure
            portal.pause(patience.pop(0), failure.method)
    return known


def _added(portal: Portal, place: ListPlace, missing: Sequence[ItemField], language: str) -> PortalError | None:
    """What the first field that was not added failed by."""
    commands = {one.name: Command("lists.field.add", _declaration(place, one, language)) for one in missing}
    try:
        answers = portal.batch(commands, idempotent=False)
    except (OutcomeUnknown, RetryLater) as error:
        return error
    return next(
        (answer for answer in answers.values() if isinstance(answer, PortalError)),
        None,
    )


def _declaration(place: ListPlace, field: ItemField, language: str) -> dict[str, Any]:
    """https://apidocs.bitrix24.com/api-reference/lists/fields/lists-field-add.html"""
    return {
        **place.params,
        "FIELDS": {
            "NAME": locale.text(f"sinks.field.{field.name}", language),
            "TYPE": _TYPES[field.kind],
            "CODE": field.name,
            "IS_REQUIRED": "N",
            "MULTIPLE": "N",
            "SORT": 100 + 10 * FIELDS.index(field),
        },
    }
