"""PHP's ways with parameters: bracket parsing, loose casts, arrays that are lists or maps.

A PHP array is a dict here, its keys int (canonical decimal) or str, in order; JSON lists become dicts with keys
0, 1, …. `encode` turns a dict with the keys 0 … n-1 back into a JSON list, as json_encode does, and an empty one
into `[]`. https://www.php.net/manual/en/function.parse-str.php
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus, unquote_plus

Array = dict[int | str, Any]
_INTEGER_KEY = re.compile(r"0|-?[1-9]\d*")
_LEADING_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")


# --- parsing


def parse_str(query: str) -> Array:
    """Parameters of a query string or urlencoded body; brackets make arrays, a repeated name overwrites."""
    params: Array = {}
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            _assign(params, unquote_plus(name), unquote_plus(value))
    return params


def _assign(params: Array, name: str, value: str) -> None:
    head, keys = _split_name(name.lstrip(" "))
    if not head:
        return
    target, key = params, to_key(head)
    for part in keys:
        inner = target.get(key)
        if not isinstance(inner, dict):
            inner = target[key] = {}
        target, key = inner, _next_index(inner) if part == "" else to_key(part)
    target[key] = value


def _split_name(name: str) -> tuple[str, list[str]]:
    """`filter[>ID][]` → `filter`, [`>ID`, ``]; a bracket that is never closed becomes an underscore."""
    head, bracket, rest = name.partition("[")
    if not bracket or "]" not in rest:
        return name.replace(".", "_").replace(" ", "_").replace("[", "_"), []
    keys = []
    while bracket and "]" in rest:
        key, _, tail = rest.partition("]")
        keys.append(key)
        bracket, rest = tail[:1], tail[1:]
        if bracket != "[":
            break
    return head.replace(".", "_").replace(" ", "_"), keys


def _next_index(array: Array) -> int:
    return max((key for key in array if isinstance(key, int)), default=-1) + 1


def to_key(text: str) -> int | str:
    """An array key: canonical decimal texts become ints."""
    return int(text) if _INTEGER_KEY.fullmatch(text) else text


def from_json(value: Any) -> Any:
    """Decoded JSON (lists, dicts) as PHP holds it."""
    if isinstance(value, list):
        return {index: from_json(item) for index, item in enumerate(value)}
    if isinstance(value, dict):
        return {to_key(str(key)): from_json(item) for key, item in value.items()}
    return value


def encode(array: Array) -> Any:
    """The outermost level of an array as JSON shows it: a list where its keys are 0 … n-1, else an object."""
    return list(array.values()) if list(array) == list(range(len(array))) else array


# --- loose casts


def is_true(value: Any) -> bool:
    """PHP's truth: '', '0', 0, null and empty arrays are false, 'false' is true."""
    return value not in ("", "0", 0, None, False) and value != {}


def to_int(value: Any) -> int:
    """(int): 1 for a filled array, 0 for an empty one, the leading number of a text, else 0."""
    return int(to_float(value))


def to_float(value: Any) -> float:
    """(float): see to_int."""
    if isinstance(value, dict | list):
        return float(bool(value))
    if isinstance(value, str):
        found = _LEADING_NUMBER.match(value)
        return float(found[1]) if found else 0.0
    return float(value or 0)


def to_string(value: Any) -> str:
    """(string): true is "1", false and null are ""."""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def is_numeric(value: Any) -> bool:
    """is_numeric(): a number, or a text that is one as a whole."""
    if isinstance(value, str):
        found = _LEADING_NUMBER.fullmatch(value.rstrip())
        return found is not None
    return isinstance(value, int | float)


def map_values(value: Any, change: Callable[[Any], Any]) -> Any:
    """`change` applied to every value that is not an array, at any depth; keys stay."""
    if isinstance(value, dict):
        return {key: map_values(item, change) for key, item in value.items()}
    return change(value)


# --- writing


def build_query(array: Array) -> str:
    """http_build_query: brackets for inner arrays, true as 1, false as 0; null and empty arrays leave no trace."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in _flat("", array))


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from _flat(f"{prefix}[{key}]" if prefix else str(key), inner)
    elif value is not None:
        yield prefix, "0" if value is False else to_string(value)


def json_encode(value: Any) -> str:
    """json_encode as PHP has it by default: slashes escaped, letters beyond ASCII as \\u, an empty array as []."""
    shown = [] if value == {} else value
    return json.dumps(shown, separators=(",", ":")).replace("/", "\\/")
