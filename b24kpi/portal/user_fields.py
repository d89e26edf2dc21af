"""User fields (UF_…) of leads, deals, companies and contacts: which are asked for, and what the portal says of them.

A user field has a code of the portal's own making, a type, a label for people and, as a list, items with ids.
https://apidocs.bitrix24.com/api-reference/crm/deals/crm-deal-fields.html and its neighbours; items of lists as in
https://github.com/bitrix24/b24restdocs/blob/main/api-reference/crm/_include/user-fields-for-examples-cut.md
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from b24kpi.errors import BadInput, PortalError, UnexpectedAnswer
from b24kpi.portal.entities import Field, Kind
from b24kpi.portal.protocol import Answer, Command
from b24kpi.problems import Problem, Problems, nearest

if TYPE_CHECKING:
    from b24kpi.portal.client import Portal  # brings HTTP libraries that settings do without

STREAMS = ("deal", "lead", "company", "contact")

_CODE = re.compile(r"(?:(?P<stream>[a-z]+)\.)?(?P<name>UF_[A-Z0-9_]{1,60})", re.ASCII)
_KINDS = {
    **dict.fromkeys(("integer", "enumeration", "employee"), Kind.INTEGER),
    "double": Kind.REAL,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
}
# Their values are no plain ones but objects.
_STRUCTURED = ("file", "disk_file", "resourcebooking")


@dataclass(frozen=True, order=True)
class FieldName:
    """Where a user field belongs, and its code: `deal`, `UF_CRM_REGION`."""

    stream: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "FieldName":
        """`UF_CRM_REGION` (of deals) or `lead.UF_CRM_REGION`.

        Raises:
            BadInput: it is neither.
        """
        found = _CODE.fullmatch(text)
        stream = (found["stream"] or STREAMS[0]) if found else ""
        if found is None or stream not in STREAMS:
            raise BadInput("user_fields.bad_name", value=text)
        return cls(stream, found["name"])

    @property
    def column(self) -> str:
        """Its column in the stream's table."""
        return self.name.lower()

    def __str__(self) -> str:
        return f"{self.stream}.{self.name}"


@dataclass(frozen=True)
class UserField:
    """What the portal says of a user field.

    Attributes:
        kind: how its values are stored; `SEVERAL` where it is multiple.
        label: its name for people.
        items: id → text, for lists.
        directory: whose names its values have: `user`, a list of crm.status.list such as `INDUSTRY`, or "".
    """

    name: FieldName
    kind: Kind
    label: str
    items: Mapping[str, str] = field(default_factory=dict)
    directory: str = ""

    @property
    def as_field(self) -> Field:
        """The declaration by which a stream reads it."""
        return Field(self.name.name, self.kind, column=self.name.column)


def read_user_fields(portal: "Portal", wanted: Mapping[str, FieldName]) -> list[UserField]:
    """What the portal says of the wanted fields, in one request; none are asked for without one.

    Args:
        wanted: place in the settings → field.

    Raises:
        Problems: every field that the portal has not, or whose values are not plain, with the nearest it has.
        PortalError: the portal did not tell its fields.
    """
    if not wanted:
        return []
    described = _describe(portal, {name.stream for name in wanted.values()})
    problems = [problem for key, name in wanted.items() if (problem := _problem(key, name, described[name.stream]))]
    if problems:
        raise Problems("user_fields.problems", problems)
    return [_user_field(name, described[name.stream][name.name]) for name in sorted(set(wanted.values()))]


def _describe(portal: "Portal", streams: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    answers = portal.batch({stream: Command(f"crm.{stream}.fields", {}) for stream in sorted(streams)})
    return {stream: _fields(stream, answer) for stream, answer in answers.items()}


def _fields(stream: str, answer: Answer | PortalError) -> Mapping[str, Any]:
    if isinstance(answer, PortalError):
        raise answer
    found = answer.result
    if not isinstance(found, Mapping) or not all(isinstance(about, Mapping) for about in found.values()):
        raise UnexpectedAnswer("portal.no_rows", method=f"crm.{stream}.fields", entity=stream)
    return found


def _problem(key: str, name: FieldName, fields: Mapping[str, Any]) -> Problem | None:
    known = [each for each in fields if each.startswith("UF_")]
    if name.name not in known:
        message = "unknown" if known else "none"
        near = nearest(name.name, known)
        return Problem(
            f"user_fields.{message}", {"key": key, "stream": name.stream, "name": name.name, "nearest": near}
        )
    kind = str(fields[name.name].get("type"))
    if kind in _STRUCTURED:
        return Problem("user_fields.structured", {"key": key, "name": name.name, "type": kind})
    return None


def _user_field(name: FieldName, about: Mapping[str, Any]) -> UserField:
    kind = str(about.get("type"))
    is_multiple = about.get("isMultiple") in (True, "Y")
    labels = (about.get(key) for key in ("formLabel", "listLabel", "title"))
    items = about.get("items") if kind == "enumeration" else None
    return UserField(
        name,
        Kind.SEVERAL if is_multiple else _KINDS.get(kind, Kind.TEXT),
        next((str(label) for label in labels if label), name.name),
        {str(item["ID"]): str(item["VALUE"]) for item in items or ()},
        _directory(kind, about),
    )


def _directory(kind: str, about: Mapping[str, Any]) -> str:
    if kind == "employee":
        return "user"
    return str(about.get("statusType") or "") if kind == "crm_status" else ""
