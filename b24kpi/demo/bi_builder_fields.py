"""Fields of connectors, sources and data sets, and the checks that biconnector.* makes of what is passed.

https://apidocs.bitrix24.com/api-reference/biconnector/connector/biconnector-connector-add.html and its neighbours.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from b24kpi.demo import php
from b24kpi.demo.bi_builder import TYPES
from b24kpi.demo.php import Array
from b24kpi.demo.rest import NotEmulated, RestError
from b24kpi.demo.storage import Row

_MARKS = {"r": "isRequired", "o": "isReadOnly", "i": "isImmutable", "m": "isMultiple"}
_DATASET_NAME, _FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*"), re.compile(r"[A-Z][A-Z0-9_]*")
_LONGEST_NAME, _LONGEST_FIELD, _LONGEST_SETTING = 230, 32, 512


@dataclass(frozen=True)
class FieldRule:
    """One field: its name, type, and marks out of r(equired), read-o(nly), i(mmutable), m(ultiple)."""

    name: str
    kind: str
    marks: str = ""

    @property
    def shown(self) -> Row:
        """As biconnector.*.fields tells it."""
        return {"title": self.name, "type": self.kind, **{name: mark in self.marks for mark, name in _MARKS.items()}}


def _rules(text: str) -> tuple[FieldRule, ...]:
    return tuple(FieldRule(*part.split(":")) for part in text.split())


RULES = MappingProxyType(
    {
        "connector": _rules(
            "id:integer:ro title:string:r logo:string:r description:string sort:integer urlCheck:string:r"
            " urlData:string:r urlTableList:string:r urlTableDescription:string:r settings:array:rm"
            " dateCreate:datetime:ro"
        ),
        "source": _rules(
            "id:integer:ro title:string:r type:string:ro code:string:ro description:string active:boolean"
            " dateCreate:datetime:ro dateUpdate:datetime:ro createdById:integer:ro updatedById:integer:ro"
            " connectorId:integer:ri settings:array:rm"
        ),
        "dataset": _rules(
            "id:integer:ro sourceId:integer:ri name:string:ri type:string:ro description:string externalName:string:ri"
            " externalCode:string:ri externalId:integer:ro dateCreate:datetime:ro dateUpdate:datetime:ro"
            " createdById:integer:ro updatedById:integer:ro fields:array:rm"
        ),
    }
)
# Known to the overview of fields, but not told by biconnector.connector.fields.
_UNTOLD = {"connector": ("supportMapping", "sourceCode")}
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int, str),
    "boolean": (bool, int, str),
    "array": (dict,),
}


def fault(code: str, text: str) -> RestError:
    """An error of biconnector.*: HTTP 200."""
    return RestError(code, text, 200)


def checked(kind: str, params: Array, *, is_new: bool) -> Row:
    """`fields` of an add or update. Raises RestError."""
    given = params.get("fields")
    if not isinstance(given, dict) or not given:
        raise fault("VALIDATION_FIELDS_NOT_PROVIDED", "Fields not provided.")
    rules = {rule.name: rule for rule in RULES[kind]}
    if unknown := [str(name) for name in given if name not in (*rules, *_UNTOLD.get(kind, ()))]:
        raise fault("VALIDATION_UNKNOWN_PARAMETERS", f"Unknown parameters: {', '.join(unknown)}")
    for rule in rules.values():
        _check(rule, given, is_new=is_new)
    return {str(name): value for name, value in given.items()}


def _check(rule: FieldRule, given: Array, *, is_new: bool) -> None:
    value = given.get(rule.name)
    if "o" in rule.marks:
        if rule.name in given:
            raise fault("VALIDATION_READ_ONLY_FIELD", f'Field "{rule.name}" is read only.')
        return
    if "i" in rule.marks and not is_new and rule.name in given:
        raise fault("VALIDATION_IMMUTABLE_FIELD", f'Field "{rule.name}" is immutable.')
    if "r" in rule.marks and (is_new or rule.name in given) and value in (None, "", {}):
        raise fault("VALIDATION_REQUIRED_FIELD_MISSING", f'Field "{rule.name}" is required.')
    if value is not None and (
        not isinstance(value, _KINDS[rule.kind]) or (rule.kind == "integer" and not php.is_numeric(value))
    ):
        raise fault("VALIDATION_INVALID_FIELD_TYPE", f'Field "{rule.name}" must be of type {rule.kind}.')


def check_settings(settings: Array) -> list[Row]:
    """The parameters that a connector asks of its sources. Raises RestError."""
    found = []
    for each in settings.values():
        row = {
            name: php.to_string(each.get(name)) if isinstance(each, dict) else "" for name in ("name", "code", "type")
        }
        for name in ("name", "code"):
            if len(row[name]) >= _LONGEST_SETTING:
                text = f'Parameter "{name}" must be less than {_LONGEST_SETTING} characters.'
                raise fault(f"VALIDATION_SETTINGS_{name.upper()}_TOO_LONG", text)
        if row["type"] not in ("STRING", "INT"):
            raise fault("VALIDATION_SETTINGS_INVALID_TYPE", 'Parameter "type" is not correct.')
        found.append(row)
    return found


def check_dataset_name(name: str) -> None:
    """Raises RestError for one that is too long, NotEmulated for one of other letters."""
    if len(name) > _LONGEST_NAME:
        text = f"Dataset name must not exceed {_LONGEST_NAME} characters."
        raise fault("VALIDATION_DATASET_NAME_TOO_LONG", text)
    if not _DATASET_NAME.fullmatch(name):
        raise NotEmulated(f"the data set name {name}: it must fit {_DATASET_NAME.pattern}")


def check_dataset_fields(given: Iterable[Any]) -> list[Row]:
    """Fields of a data set as type, name and externalCode. Raises RestError, NotEmulated."""
    fields = [
        {
            name: php.to_string(each.get(name)) if isinstance(each, dict) else ""
            for name in ("type", "name", "externalCode")
        }
        for each in given
    ]
    for code, name, label in (("CODE", "externalCode", "code"), ("NAME", "name", "name")):
        if doubled := [value for value, count in Counter(each[name] for each in fields).items() if count > 1]:
            text = f'Duplicate values found in the "{label}" parameter: {", ".join(doubled)}'
            raise fault(f"VALIDATION_DUPLICATE_FIELD_{code}", text)
    for each in fields:
        if len(each["name"]) > _LONGEST_FIELD:
            text = f'Field "name" must not exceed {_LONGEST_FIELD} characters.'
            raise fault("VALIDATION_FIELD_NAME_TOO_LONG", text)
        if each["type"] not in TYPES:
            raise fault("VALIDATION_FIELD_INVALID_TYPE", "Invalid field type.")
        if not _FIELD_NAME.fullmatch(each["name"]) or not each["externalCode"]:
            raise NotEmulated(f"the field {each}: its name must fit {_FIELD_NAME.pattern}, its externalCode be filled")
    return fields
