"""Comparing answers by shape: which keys there are and of which JSON types, whatever the values."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[2] / "../shared/data/rest-examples.jsonl"
# Fields of one portal's own making: user fields, links to its smart processes.
_OF_A_PORTAL = re.compile(r"UF_CRM_\w+|ufCrm\w+|PARENT_ID_\d+|parentId\d+")


def documented(kind: str = "success") -> dict[str, list[Any]]:
    """Documented answers of REST v2 by method; empty where the file is absent."""
    found: dict[str, list[Any]] = {}
    if not EXAMPLES.exists():
        return found
    for line in EXAMPLES.read_text(encoding="utf-8").splitlines():
        example = json.loads(line)
        if example["kind"] == kind and example["api"] == "v2":
            found.setdefault(example["method"], []).append(example["response"])
    return found


def differences(expected: Any, actual: Any, path: str = "result") -> Iterator[str]:
    """`result[].ID: string, here number`; null agrees with everything, [] with {} (PHP's empty arrays)."""
    if expected is None or actual is None or _both_empty(expected, actual):
        return
    if _kind(expected) != _kind(actual):
        yield f"{path}: {_kind(expected)}, here {_kind(actual)}"
    elif isinstance(expected, dict):
        yield from _in_keys(expected, actual, path)
    elif isinstance(expected, list):
        yield from differences(_typical(expected), _typical(actual), f"{path}[]")


def _in_keys(expected: dict[str, Any], actual: dict[str, Any], path: str) -> Iterator[str]:
    names, ours = ({name for name in row if not _OF_A_PORTAL.fullmatch(name)} for row in (expected, actual))
    yield from (f"{path}.{name} is missing" for name in sorted(names - ours))
    yield from (f"{path}.{name} is not documented" for name in sorted(ours - names))
    for name in sorted(names & ours):
        yield from differences(expected[name], actual[name], f"{path}.{name}")


def _typical(rows: list[Any]) -> Any:
    """One row that stands for all: objects merged, the first filled value of each key counting."""
    if not rows or not all(isinstance(row, dict) for row in rows):
        return rows[0] if rows else None
    merged: dict[str, Any] = {}
    for row in rows:
        merged |= {name: value for name, value in row.items() if merged.get(name) is None}
    return merged


def _both_empty(expected: Any, actual: Any) -> bool:
    return (expected in ([], {}) and isinstance(actual, dict | list)) or (
        actual in ([], {}) and isinstance(expected, dict | list)
    )


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds = {dict: "object", list: "list", str: "string", int: "number", float: "number"}
    return kinds[type(value)]
