"""The fields of a KPI item: how each is declared on the portal, written, and compared with what is there. No I/O.

Numbers are sent as plain decimals: the portal refuses exponents, rounds to the decimals that the field is set to and
keeps about 14 digits. Texts are compared as the portal keeps them. All read from the portal's source.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from b24kpi import locale
from b24kpi.metrics.model import Number, Unit, Value
from b24kpi.report.model import Entry
from b24kpi.report.rows import iso_moment, number
from b24kpi.sinks.base import NamedReport, entry_key

# Bump when the meaning or the writing of a field changes: every item is then written once more.
DEFINITION_VERSION = 1

# Decimals that the number fields are created with; the portal allows up to 12.
DIGITS = 6
TITLE_LENGTH = 255
_RELATIVE = 1e-12

# The portal's own code of Ukrainian is not that of ISO 639.
_PORTAL_LANGUAGES = {"uk": "ua", "ru": "ru", "en": "en"}

# In a batch command the portal takes these for references to earlier answers and offers no way to escape them.
# https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
_REFERENCE = re.compile(r"\$(?=result|next|total|time|error)", re.IGNORECASE)
# MySQL's older character set cuts a text off at the first character beyond the basic plane.
_BEYOND_BASIC = re.compile("[\U00010000-\U0010ffff]")


class Kind(StrEnum):
    """User field types of the portal, by their ids there."""

    TEXT = "string"
    NUMBER = "double"
    INTEGER = "integer"
    DATE = "date"
    MOMENT = "datetime"


@dataclass(frozen=True)
class ItemField:
    """A user field.

    Attributes:
        name: its name without the prefix of the smart process; also the key of its label in the catalogues.
        compared: whether a difference is a change worth writing.
        filtered: whether people may filter by it.
    """

    name: str
    kind: Kind
    compared: bool = True
    filtered: bool = False

    def code(self, type_id: int) -> str:
        """UF_CRM_7_VALUE: https://apidocs.bitrix24.com/api-reference/crm/universal/userfieldconfig/"""
        return f"UF_CRM_{type_id}_{self.name}"


FIELDS = (
    ItemField("REPORT", Kind.TEXT, filtered=True),
    ItemField("METRIC", Kind.TEXT, filtered=True),
    ItemField("METRIC_NAME", Kind.TEXT, filtered=True),
    ItemField("PERIOD", Kind.TEXT, filtered=True),
    ItemField("PERIOD_START", Kind.DATE, filtered=True),
    ItemField("DIMENSIONS", Kind.TEXT, filtered=True),
    ItemField("LABELS", Kind.TEXT, filtered=True),
    ItemField("VALUE", Kind.NUMBER, filtered=True),
    ItemField("NUMERATOR", Kind.NUMBER),
    ItemField("DENOMINATOR", Kind.NUMBER),
    ItemField("LOW", Kind.NUMBER),
    ItemField("HIGH", Kind.NUMBER),
    ItemField("PREVIOUS", Kind.NUMBER),
    ItemField("TARGET", Kind.NUMBER),
    ItemField("UNIT", Kind.TEXT),
    ItemField("REASON", Kind.TEXT, filtered=True),
    ItemField("AS_OF", Kind.MOMENT, compared=False),
    ItemField("VERSION", Kind.INTEGER),
)
_FIELD_OF = {field.name: field for field in FIELDS}


@dataclass(frozen=True)
class Item:
    """An entry as it should stand on the portal; `fields` by their short names as texts, "" where empty."""

    key: str
    title: str
    fields: Mapping[str, str]


def declaration(field: ItemField, type_id: int) -> dict[str, Any]:
    """The parameters of userfieldconfig.add, with labels in all our languages.

    https://apidocs.bitrix24.com/api-reference/crm/universal/userfieldconfig/userfieldconfig-add.html
    """
    labels = {code: locale.text(f"sinks.field.{field.name}", ours) for ours, code in _PORTAL_LANGUAGES.items()}
    settings = {"settings": {"PRECISION": DIGITS}} if field.kind is Kind.NUMBER else {}
    return {
        "moduleId": "crm",
        "field": {
            "entityId": f"CRM_{type_id}",
            "fieldName": field.code(type_id),
            "userTypeId": str(field.kind),
            "sort": 100 + 10 * FIELDS.index(field),
            "multiple": "N",
            "mandatory": "N",
            "showFilter": "Y" if field.filtered else "N",
            "editInList": "N",
            "editFormLabel": labels,
            **settings,
        },
    }


# --- writing


def items_of(named: NamedReport, language: str) -> Iterator[Item]:
    """The items of a report, in the order of its entries."""
    for entry in named.report.entries:
        yield _item(named, entry, language)


def _item(named: NamedReport, entry: Entry, language: str) -> Item:
    name = named.titles.get(entry.value.metric, entry.value.metric)
    labels = _labels(entry, language)
    title = _clean(" · ".join([name, entry.value.period.label, *labels]))
    texts = _identity(named.name, name, entry.value) | {"LABELS": " · ".join(labels)}
    texts |= _explanation(named, entry.value, language)
    fields = {key: _clean(text) for key, text in texts.items()} | _numbers(entry) | _technical(named)
    return Item(entry_key(named.name, entry), _cut(title), fields)


def _labels(entry: Entry, language: str) -> list[str]:
    by = entry.value.by
    empty = locale.text("sinks.empty", language)
    return [entry.labels.get(name) or by[name] or empty for name in sorted(by)]


def _identity(report_name: str, metric_name: str, value: Value) -> dict[str, str]:
    return {
        "REPORT": report_name,
        "METRIC": value.metric,
        "METRIC_NAME": metric_name,
        "PERIOD": value.period.label,
        "PERIOD_START": value.period.start.isoformat(),
        "DIMENSIONS": "; ".join(f"{name}={value.by[name]}" for name in sorted(value.by)),
    }


def _explanation(named: NamedReport, value: Value, language: str) -> dict[str, str]:
    money = value.unit is Unit.MONEY
    return {
        "UNIT": named.report.currency if money else locale.text(f"sinks.unit.{value.unit}", language),
        "REASON": "" if value.reason is None else locale.text(f"sinks.reason.{value.reason}", language),
    }


def _numbers(entry: Entry) -> dict[str, str]:
    value = entry.value
    amounts = {
        "VALUE": value.value,
        "LOW": value.low,
        "HIGH": value.high,
        "PREVIOUS": entry.previous,
        "TARGET": entry.target,
    }
    sums = {"NUMERATOR": value.numerator, "DENOMINATOR": value.denominator}
    rounded = {name: number(amount, value.unit) for name, amount in amounts.items()}
    return {name: _decimal(amount) for name, amount in (rounded | sums).items()}


def _technical(named: NamedReport) -> dict[str, str]:
    return {
        "AS_OF": iso_moment(named.report.as_of, named.report.time_zone),
        "VERSION": str(DEFINITION_VERSION),
    }


def _decimal(value: str | Number | None) -> str:
    """A number without exponent and without zeros at its end, with at most `DIGITS` decimals."""
    if value is None or not math.isfinite(float(value)):
        return ""
    text = f"{Decimal(str(value)):.{DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _clean(text: str) -> str:
    """The text as every portal keeps it: in one line, of the basic plane, with nothing that reads as a reference."""
    return _REFERENCE.sub("＄", " ".join(_BEYOND_BASIC.sub("", text).split()))


def _cut(text: str) -> str:
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rstrip() + "…"


# --- comparing


def changes(item: Item, row: Mapping[str, Any], type_id: int, digits: Mapping[str, int]) -> dict[str, str]:
    """What to write so that a row of crm.item.list says what the item says; empty where it already does.

    Args:
        digits: decimals that the portal keeps, by short names of number fields.
    """
    found = {} if str(row.get("title") or "") == item.title else {"title": item.title}
    for name, wanted in item.fields.items():
        field = _FIELD_OF[name]
        present = row.get(field.code(type_id))
        if field.compared and not same(field.kind, wanted, present, digits.get(name, DIGITS)):
            found[field.code(type_id)] = wanted
    return found


def same(kind: Kind, wanted: str, present: Any, digits: int) -> bool:
    """Whether a portal that keeps so many decimals would show `wanted` as `present`."""
    text = "" if present is None else str(present).strip()
    if kind is Kind.DATE:
        # A date comes as midnight UTC in the server's offset; its day is what the text begins with.
        return text[:10] == wanted
    if kind is Kind.TEXT or "" in (text, wanted):
        return text == wanted
    return _same_number(float(wanted), text, digits)


def _same_number(wanted: float, text: str, digits: int) -> bool:
    """Whether the portal, rounding to so many decimals, would keep `wanted` as `text`."""
    try:
        present = float(text)
    except ValueError:
        return False
    return abs(wanted - present) <= 0.5 * 10.0**-digits + _RELATIVE * abs(wanted)
