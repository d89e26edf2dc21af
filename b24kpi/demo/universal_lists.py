"""Universal lists: https://apidocs.bitrix24.com/api-reference/lists/index.html ."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

_USER = re.compile(r"U(\d+)")
LETTERS = "DREWX"  # no access, read, add, change, everything


@dataclass(frozen=True)
class ListField:
    """One property of a list; its id is REST's `PROPERTY_{id}`."""

    id: int
    code: str
    name: str
    kind: str
    sort: int = 500
    is_required: bool = False
    is_multiple: bool = False

    @property
    def key(self) -> str:
        """How REST names it."""
        return f"PROPERTY_{self.id}"


@dataclass(frozen=True)
class Element:
    """One element; `values` maps ids of properties to ids of values with their texts. Moments are epoch seconds."""

    id: int
    code: str
    name: str
    created_by: int
    created: int
    values: Mapping[int, Mapping[int, str]] = field(default_factory=dict)


@dataclass
class UniversalList:
    """One list; `rights` maps `U1` or `*` to letters."""

    id: int
    code: str
    name: str
    description: str
    sort: int
    changed: int
    rights: Mapping[str, str]
    fields: list[ListField] = field(default_factory=list)
    elements: dict[int, Element] = field(default_factory=dict)

    def level(self, user_id: int) -> int:
        """What somebody may do, as a place in LETTERS."""
        found = [self.rights[key] for key in ("*", f"U{user_id}") if key in self.rights]
        return max((LETTERS.index(letter) for letter in found), default=0)

    def coded(self, code: str) -> Element | None:
        """The element of a code."""
        return next((element for element in self.elements.values() if element.code == code), None)


class UniversalLists:
    """All lists by id; numbers are never used twice."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.lists: dict[int, UniversalList] = {}
        self._numbers = 0

    def number(self) -> int:
        """A new id."""
        with self.lock:
            self._numbers += 1
            return self._numbers

    def write(self, owner: UniversalList, element: Element, values: Mapping[int, list[str]]) -> None:
        """Keeps an element with exactly these values, each under a new id."""
        numbered = {number: {self.number(): text for text in found} for number, found in values.items() if found}
        owner.elements[element.id] = replace(element, values=numbered)


def is_known_right(key: str, letter: str) -> bool:
    """Whether the demo portal can tell whom a right is for."""
    return (key == "*" or _USER.fullmatch(key) is not None) and letter in LETTERS
