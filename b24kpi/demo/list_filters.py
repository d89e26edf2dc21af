"""Filters and orders over the elements of a universal list.

https://apidocs.bitrix24.com/api-reference/lists/elements/lists-element-get.html : `%` in a value stands for anything.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from b24kpi.demo import php
from b24kpi.demo.rest import NotEmulated
from b24kpi.demo.universal_lists import Element, UniversalList

_KEY = re.compile(r"(>=|<=|!@|!=|>|<|@|=|!|)(\w+)")


def sorting(owner: UniversalList, name: str) -> Callable[[Element], list[tuple[int, Any]]]:
    """What elements are ordered by. Raises NotEmulated."""
    read = _reading(owner, name)
    return lambda each: [_ordered(text) for text in read(each)]


def _reading(owner: UniversalList, name: str) -> Callable[[Element], list[str]]:
    """The texts of a column or property."""
    for known in owner.fields:
        if known.key == name:
            return lambda each: list(each.values.get(known.id, {}).values())
    columns: dict[str, Callable[[Element], list[str]]] = {
        "ID": lambda each: [str(each.id)],
        "NAME": lambda each: [each.name],
        "CREATED_BY": lambda each: [str(each.created_by)],
    }
    if name not in columns:
        raise NotEmulated(f"{name} in filters and orders of lists")
    return columns[name]


def _ordered(text: str) -> tuple[int, Any]:
    """Numbers by value, days of the portal's form by day, other texts as they are."""
    if php.is_numeric(text):
        return 0, float(text)
    found = re.match(r"(\d\d)\.(\d\d)\.(\d{4})(.*)", text)
    return (1, (date(int(found[3]), int(found[2]), int(found[1])), found[4])) if found else (2, text.casefold())


def fitting(owner: UniversalList, key: str, value: Any) -> Callable[[Element], bool]:
    """Whether an element passes one condition, its key with a prefix. Raises NotEmulated."""
    found = _KEY.fullmatch(key)
    prefix, name = (found[1], found[2].upper()) if found else ("", key)
    read = _reading(owner, name)
    wanted = [php.to_string(item) for item in value.values()] if isinstance(value, dict) else [php.to_string(value)]
    if prefix in ("", "=", "@", "!", "!=", "!@"):
        patterns = [re.compile(".*".join(map(re.escape, text.split("%"))), re.IGNORECASE) for text in wanted]
        return lambda each: (
            any(pattern.fullmatch(text) for text in read(each) for pattern in patterns) != prefix.startswith("!")
        )
    # An array is cast, as of a reference that leads to none.
    bound = _ordered(str(php.to_int(value)) if isinstance(value, dict) else wanted[0])
    below, equal = prefix.startswith("<"), prefix.endswith("=")
    return lambda each: any(
        ((_ordered(text) < bound) == below and _ordered(text) != bound) or (equal and _ordered(text) == bound)
        for text in read(each)
    )
