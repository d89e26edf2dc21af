"""Forms with nested names, `filter[0][>=ID]=5`, as PHP writes them. Pure.

https://www.php.net/manual/en/function.http-build-query.php
"""

import re
from collections.abc import Iterable
from typing import Any

# Brackets beyond these stay part of the last name: nothing that is asked for lies so deep.
DEEPEST = 10

_NAME = re.compile(r"([^\[]+)((?:\[[^\]]*\])*)", re.DOTALL)
_PART = re.compile(r"\[([^\]]*)\]", re.DOTALL)

Tree = dict[str, Any]


def nested(pairs: Iterable[tuple[str, str]]) -> Tree:
    """Names and values as a tree of dicts; of the same name the last value stays.

    >>> nested([("select[]", "ID"), ("select[]", "MONEY"), ("filter[>ID]", "5"), ("limit", "3")])
    {'select': {'0': 'ID', '1': 'MONEY'}, 'filter': {'>ID': '5'}, 'limit': '3'}
    """
    tree: Tree = {}
    for name, value in pairs:
        node = tree
        *way, last = _way(name)
        for key in way:
            node = _below(node, key)
        node[_key(node, last)] = value
    return tree


def _way(name: str) -> list[str]:
    found = _NAME.fullmatch(name)
    parts = _PART.findall(found[2]) if found else []
    return [found[1], *parts] if found and len(parts) <= DEEPEST else [name]


def _below(node: Tree, key: str) -> Tree:
    key = _key(node, key)
    if not isinstance(node.get(key), dict):
        node[key] = {}
    inner: Tree = node[key]
    return inner


def _key(node: Tree, key: str) -> str:
    """An empty one is the next number."""
    return key or str(len(node))
