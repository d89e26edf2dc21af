"""The far end for tests of the portal layer: a clock that only moves when told, and a portal of bare ids.

It shares no code with b24kpi; its rules are those of the vendor (PHP bracket queries, references that stop at the
last container reached, integer casts, `[]` for an empty map).
"""

import json
import re
import threading
from bisect import bisect_right
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

import requests
import responses

from b24kpi.portal.auth import Webhook
from b24kpi.portal.client import Portal

URL = "https://example.bitrix24.eu/rest/1/s3cretc0de/"
CODE = "s3cretc0de"


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> float:
        return 1_700_000_000.0 + self.seconds

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.seconds += seconds
            self.slept.append(seconds)


def open_portal(clock: Clock | None = None, **options: Any) -> Portal:
    return Portal(Webhook.parse(URL), clock=clock or Clock(), **options)


def parse_php(query: str) -> dict[str, Any]:
    """What PHP's parse_str makes of a query; arrays are dicts with text keys."""
    tree: dict[str, Any] = {}
    for pair in query.split("&") if query else []:
        name, _, value = pair.partition("=")
        name = unquote_plus(name)
        path = [name.split("[", 1)[0], *re.findall(r"\[([^\]]*)\]", name)]
        node = tree
        for key in path[:-1]:
            node = node.setdefault(key, {})
        node[path[-1]] = unquote_plus(value)
    return tree


def resolve(value: Any, results: dict[str, Any]) -> Any:
    """Replace `$result[a][b]`; where the path ends early, by the last container reached."""
    if isinstance(value, dict):
        return {key: resolve(inner, results) for key, inner in value.items()}
    if not isinstance(value, str) or not value.startswith("$result"):
        return value
    node: Any = results
    for key in re.findall(r"\[([^\]]*)\]", value):
        inner = (
            node.get(key)
            if isinstance(node, dict)
            else (dict(enumerate(node)).get(int(key)) if key.isdigit() else None)
        )
        if inner is None:
            return node
        node = inner
    return node


class Ids(set[int]):
    """A set that remembers its order until it changes."""

    def ascending(self) -> list[int]:
        if not hasattr(self, "_order"):
            self._order = sorted(self)
        return self._order

    def add(self, number: int) -> None:
        super().add(number)
        self.__dict__.pop("_order", None)

    def discard(self, number: int) -> None:
        super().discard(number)
        self.__dict__.pop("_order", None)


class Shelf:
    """A portal that knows one list method and the ids of its rows.

    Attributes:
        wrapper: key around the rows; with one, a reference that misses is an error instead of a 1.
        key: name of the id in the rows.
        before: called with (request, key) before each command; it may change `ids`, or return an error or rows.
    """

    def __init__(self, ids: Any, wrapper: str = "", key: str = "ID") -> None:
        self.ids = Ids(ids)
        self.wrapper = wrapper
        self.key = key
        self.requests = 0
        self.commands = 0
        self.filters: list[dict[str, Any]] = []
        self.before: Callable[[int, str], Any] = lambda request, key: None
        self._lock = threading.RLock()

    def answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        """One request after another, whichever threads they come from."""
        with self._lock:
            return self._answer(request)

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        self.requests += 1
        body = json.loads(request.body or b"")
        results: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for key, line in body["cmd"].items():
            done = self._run(key, parse_php(line.partition("?")[2]), results)
            (errors if isinstance(done, dict) and "error" in done else results)[key] = done
            if errors and body["halt"]:
                break
        inner = {
            "result": results or [],
            "result_error": errors or [],
            "result_total": [],
            "result_next": [],
            "result_time": [],
        }
        return 200, {}, json.dumps({"result": inner, "time": {"start": 1_700_000_000}})

    def _run(self, key: str, params: dict[str, Any], results: dict[str, Any]) -> Any:
        self.commands += 1
        if (instead := self.before(self.requests, key)) is not None:
            return instead
        where = resolve(params.get("filter", params.get("FILTER", {})), results)
        self.filters.append(where)
        where = {name.upper(): value for name, value in where.items()}
        if self.wrapper and isinstance(where.get(">ID"), (dict, list)):
            return {"error": "INVALID_ARG_VALUE", "error_description": "Invalid filter"}
        rows = [{self.key: str(number)} for number in self._found(where, params.get("order", params.get("ORDER")))]
        return {self.wrapper: rows} if self.wrapper else rows

    def _found(self, where: dict[str, Any], order: Any) -> list[int]:
        low, high = _integer(where.get(">ID", 0)), _integer(where.get("<=ID", 10**12))
        ids = self.ids.ascending()
        start, end = bisect_right(ids, low), bisect_right(ids, high)
        if order == "DESC" or (isinstance(order, dict) and "DESC" in order.values()):
            return ids[max(start, end - 50) : end][::-1]
        return ids[start : min(end, start + 50)]

    def mount(self, wire: responses.RequestsMock) -> "Shelf":
        wire.add_callback(responses.POST, URL + "batch", self.answer)
        return self


def _integer(value: Any) -> int:
    if isinstance(value, (dict, list)):
        return 1 if value else 0
    digits = re.match(r"\s*-?\d+", str(value))
    return int(digits[0]) if digits else 0
