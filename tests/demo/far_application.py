"""The server of a local application, as small as can be: answers pages and remembers what it was sent."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from b24kpi.demo import php
from b24kpi.demo.hosts import Host
from b24kpi.demo.wire import Request, Response


@dataclass(frozen=True)
class Received:
    """One request: its path, its query and its form, as PHP would read them."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[Any, Any]


class FarApplication:
    """`pages` maps a path to HTML; any other path is an empty 200."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.received: list[Received] = []
        self.status = 200
        self._host = Host("application", "127.0.0.1", 0, self._answer)

    @property
    def url(self) -> str:
        return self._host.url

    def __enter__(self) -> "FarApplication":
        self._host.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._host.stop()

    def of(self, path: str) -> list[Received]:
        """What came to one path."""
        return [each for each in self.received if each.path == path]

    def _answer(self, request: Request) -> Response:
        parts = urlsplit(request.target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        form = php.parse_str(request.body.decode()) if request.content_type.endswith("urlencoded") else {}
        self.received.append(Received(request.method, parts.path, query, form))
        body = self.pages.get(parts.path, "").encode()
        return Response(self.status, (("Content-Type", "text/html; charset=utf-8"),), body)
