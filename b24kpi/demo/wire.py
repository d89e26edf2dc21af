"""HTTP/1.1 with keep-alive, one write per response, and connections that can be broken on purpose."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_NO_LINGER = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Request:
    """What came in: the target with its query, the body, the client's address; `content_type` without parameters.

    `headers` have names in lower case.
    """

    method: str
    target: str
    content_type: str
    body: bytes
    address: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    """What goes out; `breaks` is '' or how the connection breaks: `reset` before the answer, `truncate` within it.

    A `stream` takes the place of the body and is sent in chunks while it comes to be.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    breaks: str = ""
    stream: Generator[bytes, None, None] | None = None

    def dated(self, now: float) -> "Response":
        """With a Date header by the portal's clock."""
        return replace(self, headers=(("Date", formatdate(now, usegmt=True)), *self.headers))

    def breaking(self, how: str) -> "Response":
        """The same answer over a connection that breaks."""
        return replace(self, breaks=how)

    def encoded(self) -> bytes:
        """Status line, headers and body as one piece; without the body where it is streamed."""
        head = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        head += [f"{name}: {value}" for name, value in self.headers]
        head += ["Transfer-Encoding: chunked" if self.stream else f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(head).encode("latin-1") + self.body


def html(status: int, title: str) -> Response:
    """A page of a proxy, a firewall or PHP itself: no JSON."""
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode()
    return Response(status, (("Content-Type", "text/html"),), body)


def redirect(target: str) -> Response:
    """302 without a body."""
    return Response(302, (("Location", target), ("Content-Type", "text/html")), b"")


Exchange = Callable[[Request], Response]


class Server(ThreadingHTTPServer):
    """A thread per connection; `stop` ends the open ones too, so that nothing outlives the portal."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], exchange: Exchange) -> None:
        self.exchange = exchange
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Notes the connection, so that `stop` can end it."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """The connection ended by itself."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event."""

    def stop(self) -> None:
        """Stops accepting, ends open connections, waits for their threads."""
        self.shutdown()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """The portal keeps its own statistics."""

    def _serve(self) -> None:
        if self.headers.get("Transfer-Encoding"):
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content_type = (self.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, content_type, body, self.client_address[0], headers)
        self._send(self.server.exchange(request))

    def _send(self, response: Response) -> None:
        if response.breaks == "reset":
            self._reset()
            return
        if response.stream:
            with contextlib.suppress(OSError):
                self._send_chunks(response, response.stream)
            return
        answer = response.encoded()
        if response.breaks == "truncate":
            answer = answer[: len(answer) - (len(response.body) + 1) // 2]
            self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.sendall(answer)

    def _send_chunks(self, response: Response, stream: Generator[bytes, None, None]) -> None:
        """A stream that is to be cut ends within its first piece, and with it the connection."""
        with contextlib.closing(stream):
            self.connection.sendall(response.encoded())
            for piece in stream:
                if response.breaks == "truncate":
                    self.close_connection = True
                    self.connection.sendall(_chunk(piece)[: len(piece) // 2])
                    return
                self.connection.sendall(_chunk(piece))
            self.connection.sendall(b"0\r\n\r\n")

    def _reset(self) -> None:
        """Closes without lingering: the client sees "connection reset by peer"."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.connection.close()


def _chunk(piece: bytes) -> bytes:
    return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
