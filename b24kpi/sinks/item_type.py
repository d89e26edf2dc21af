"""The smart process “KPI” and its user fields: found again by its code, made where it is missing.

Making is never repeated blindly: after an answer that was lost the portal is asked what it has.
https://apidocs.bitrix24.com/api-reference/crm/universal/user-defined-object-types/
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from b24kpi.errors import OutcomeUnknown, PortalError, Refused, RetryLater, UnexpectedAnswer
from b24kpi.portal.client import Portal
from b24kpi.portal.protocol import Command
from b24kpi.sinks.item_fields import DIGITS, FIELDS, ItemField, Kind, declaration
from b24kpi.sinks.writing import SETTLING, made

TITLE = "KPI"
CODE = "B24KPI"

_SWITCHES = (
    *("isStagesEnabled", "isCategoriesEnabled", "isAutomationEnabled", "isBizProcEnabled", "isRecyclebinEnabled"),
    *("isBeginCloseDatesEnabled", "isClientEnabled", "isUseInUserfieldEnabled", "isLinkWithProductsEnabled"),
    *("isMycompanyEnabled", "isDocumentsEnabled", "isSourceEnabled", "isObserversEnabled", "isSetOpenPermissions"),
)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ItemType:
    """The smart process as found or made.

    Attributes:
        type_id: its id, part of the names of its user fields.
        entity_type_id: what crm.item.* calls it.
        twins: ids of further ones with the same code, which are left alone.
        fresh: made just now, so nothing is in it.
    """

    type_id: int
    entity_type_id: int
    twins: tuple[int, ...] = ()
    fresh: bool = False


def find_type(portal: Portal) -> ItemType | None:
    """The smart process with our code and the smallest id, without a look at its fields.

    Raises:
        Refused: among others where the webhook's owner is no CRM administrator.
    """
    asked = {"filter": {"=code": CODE}, "order": {"id": "ASC"}}
    types = _rows(portal, "crm.type.list", asked, "types")
    found = sorted((row for row in types if row.get("code") == CODE), key=lambda row: int(row["id"]))
    return _item_type(found) if found else None


def make_type(portal: Portal) -> ItemType:
    """A new smart process, without fields yet. Nobody but administrators may see its items until one says so.

    Where the answer was lost, and none is there even after `SETTLING`, it is asked for once more.

    Raises:
        OutcomeUnknown: the last answer was lost too, and still no smart process is there.
        Refused: rights or plan.
    """
    return made(portal, partial(_add_type, portal), partial(find_type, portal))


def _add_type(portal: Portal) -> ItemType:
    """`code` is missing from the page of crm.type.add; that it is kept is read from the portal's source."""
    fields = {"title": TITLE, "code": CODE, **dict.fromkeys(_SWITCHES, "N")}
    answer = portal.call("crm.type.add", {"fields": fields}, idempotent=False).result
    row = answer.get("type") if isinstance(answer, Mapping) else None
    if isinstance(row, Mapping) and row.get("code") == CODE:
        return _item_type([row], fresh=True)
    if (found := find_type(portal)) is not None:
        return found
    raise UnexpectedAnswer("sinks.no_type", method="crm.type.add", title=TITLE)


def _item_type(rows: Sequence[Row], *, fresh: bool = False) -> ItemType:
    ids = [int(row["id"]) for row in rows]
    return ItemType(ids[0], int(rows[0]["entityTypeId"]), tuple(ids[1:]), fresh)


# --- user fields


def field_digits(portal: Portal, type_id: int) -> dict[str, int]:
    """Decimals of each field of ours that the smart process has, by short names; `DIGITS` where that means nothing."""
    asked = {"moduleId": "crm", "filter": {"entityId": f"CRM_{type_id}"}, "order": {"id": "ASC"}}
    rows = {row.get("fieldName"): row for row in _rows(portal, "userfieldconfig.list", asked, "fields")}
    return {known.name: _digits(known, rows[code]) for known in FIELDS if (code := known.code(type_id)) in rows}


def _digits(known: ItemField, row: Row) -> int:
    settings = row.get("settings")
    if known.kind is not Kind.NUMBER or not isinstance(settings, Mapping):
        return DIGITS
    try:
        return int(settings.get("PRECISION", DIGITS))
    except (TypeError, ValueError):
        return DIGITS


def make_fields(portal: Portal, type_id: int, known: Mapping[str, int]) -> Mapping[str, int]:
    """Add the fields that are missing from `known`; the decimals of all of them.

    Raises:
        PortalError: fields are still missing after all attempts.
    """
    patience = list(SETTLING)
    while missing := _missing(known):
        try:
            _add_fields(portal, type_id, missing)
        except (OutcomeUnknown, RetryLater, UnexpectedAnswer, Refused) as error:
            known = field_digits(portal, type_id)
            if _missing(known) and (isinstance(error, Refused) or not patience):
                raise
            if _missing(known):
                portal.pause(patience.pop(0), error.method)
        else:
            return {**known, **dict.fromkeys((one.name for one in missing), DIGITS)}
    return known


def _missing(known: Mapping[str, int]) -> list[ItemField]:
    return [one for one in FIELDS if one.name not in known]


def _add_fields(portal: Portal, type_id: int, missing: Sequence[ItemField]) -> None:
    commands = {one.name: Command("userfieldconfig.add", declaration(one, type_id)) for one in missing}
    for answer in portal.batch(commands, idempotent=False).values():
        if isinstance(answer, PortalError):
            raise answer


# --- lists


def _rows(portal: Portal, method: str, params: Row, wrapper: str) -> list[Row]:
    rows: list[Row] = []
    start: int | None = 0
    while start is not None:
        answer = portal.call(method, {**params, "start": start})
        page = answer.result.get(wrapper) if isinstance(answer.result, Mapping) else None
        if not isinstance(page, list):
            raise UnexpectedAnswer("portal.no_rows", method=method, entity=wrapper)
        rows += page
        start = answer.next if answer.next is not None and answer.next > start else None
    return rows
