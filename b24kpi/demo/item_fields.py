"""The names under which `crm.item.*` shows the columns of leads, deals, smart invoices and smart-process items.

Not purely mechanical: DATE_CREATE → createdTime, STATUS_ID → stageId; UF_CRM_7_1720019876534 → ufCrm7_1720019876534,
UF_CRM_7_NAME → ufCrm7Name. https://apidocs.bitrix24.com/api-reference/crm/universal/index.html
"""

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from b24kpi.demo.declaration import Field
from b24kpi.demo.storage import Row, Storage, item_table

_OF_EVERY_PORTAL = MappingProxyType({1: "lead", 2: "deal", 31: "invoice"})
_RENAMED = {
    "DATE_CREATE": "createdTime",
    "DATE_MODIFY": "updatedTime",
    "CREATED_BY_ID": "createdBy",
    "MODIFY_BY_ID": "updatedBy",
    "MOVED_BY_ID": "movedBy",
    "STATUS_ID": "stageId",
    "STATUS_SEMANTIC_ID": "stageSemanticId",
}
_UNSHOWN = {
    1: re.compile("ADDRESS_.*|LAST_COMMUNICATION_TIME"),
    2: re.compile("PREVIOUS_STAGE_ID"),
    31: re.compile("STAGE_SEMANTIC_ID"),
}
_NULLS = {
    1: "dateCreateShort dateModifyShort isConvert productId shortName login searchContent skype icq",
    2: "dateCreateShort dateModifyShort productId begindateShort closedateShort eventDate eventDateShort eventId "
    "eventDescription webformId searchContent orderStage isWork isWon isLose receivedAmount lostAmount hasProducts",
}
# What a switch of a smart process opens; https://apidocs.bitrix24.com/api-reference/crm/universal/user-defined-object-types/
_SWITCHED = {
    "isBeginCloseDatesEnabled": ("BEGINDATE", "CLOSEDATE"),
    "isClientEnabled": ("COMPANY_ID", "CONTACT_ID"),
    "isSourceEnabled": ("SOURCE_ID", "SOURCE_DESCRIPTION"),
    "isLinkWithProductsEnabled": ("CURRENCY_ID", "OPPORTUNITY", "IS_MANUAL_OPPORTUNITY", "TAX_VALUE"),
    "isMycompanyEnabled": ("MYCOMPANY_ID",),
}
_LEAD_TEXTS = {
    "phoneMobile": ("PHONE", "MOBILE"),
    "phoneWork": ("PHONE", "WORK"),
    "phoneMailing": ("PHONE", "MAILING"),
    "emailHome": ("EMAIL", "HOME"),
    "emailWork": ("EMAIL", "WORK"),
    "emailMailing": ("EMAIL", "MAILING"),
    "imol": ("IM", "OPENLINE"),
    "email": ("EMAIL", ""),
    "phone": ("PHONE", ""),
}
_USER_FIELD = re.compile(r"UF_CRM_(\d+)_(.+)")


@dataclass(frozen=True)
class ItemType:
    """An object type as crm.item.* sees it: its table and the columns by public name."""

    entity_type_id: int
    table: str
    fields: MappingProxyType[str, Field]
    nulls: tuple[str, ...] = ()
    title: str = ""

    @property
    def is_smart_process(self) -> bool:
        """Whether items of a smart process are meant, not leads, deals or invoices."""
        return self.entity_type_id >= 128


def item_type(storage: Storage, entity_type_id: int, *, original_names: bool) -> ItemType | None:
    """Leads, deals, smart invoices or a smart process; None where the portal has no such type."""
    process: Row = {}
    if entity_type_id in _OF_EVERY_PORTAL:
        table = _OF_EVERY_PORTAL[entity_type_id]
    else:
        found = storage.rows("smart_process", "entityTypeId = ?", [entity_type_id])
        if not found:
            return None
        process, table = found[0], item_table(entity_type_id)
    hidden = {name for switch, names in _SWITCHED.items() if process.get(switch) == "N" for name in names}
    unshown = _UNSHOWN.get(entity_type_id)
    fields = {
        public_name(name, original_names=original_names): field
        for name, field in storage.table(table).fields.items()
        if name not in hidden and not (unshown and unshown.fullmatch(name))
    }
    nulls = tuple(_NULLS.get(entity_type_id, "").split())
    return ItemType(entity_type_id, table, MappingProxyType(fields), nulls, process.get("title", ""))


def public_name(name: str, *, original_names: bool = False) -> str:
    """`ASSIGNED_BY_ID` → `assignedById`; user fields stay as they are where the call asks for original names."""
    if not name.startswith("UF_"):
        return _RENAMED.get(name) or _camel(name)
    if original_names:
        return name
    of_process = _USER_FIELD.fullmatch(name)
    if of_process:
        number, rest = of_process.groups()
        return f"ufCrm{number}_{rest}" if rest.isdigit() else f"ufCrm{number}{_camel('x_' + rest)[1:]}"
    rest = name.removeprefix("UF_CRM_")
    return f"ufCrm_{rest}" if rest.isdigit() else f"ufCrm{_camel('x_' + rest)[1:]}"


def _camel(name: str) -> str:
    first, *others = name.lower().split("_")
    return first + "".join(part.capitalize() for part in others)


def lead_texts(entries: list[Row]) -> dict[str, str]:
    """The first phone or address of each sort, '' where there is none; `entries` as in `fm`."""

    def first(type_id: str, value_type: str) -> str:
        fitting = (entry for entry in entries if entry["typeId"] == type_id)
        return next((str(entry["value"]) for entry in fitting if value_type in ("", entry["valueType"])), "")

    return {name: first(*wanted) for name, wanted in _LEAD_TEXTS.items()}


def extras(item: ItemType, contacts: list[int]) -> dict[str, Any]:
    """What every item shows besides its columns."""
    filled: dict[str, Any] = dict.fromkeys(item.nulls)
    if item.entity_type_id == 1:
        filled["webformId"] = 0
    if not item.is_smart_process or "contactId" in item.fields:
        filled["contactIds"] = contacts
    return {**filled, "observers": [], "entityTypeId": item.entity_type_id}
