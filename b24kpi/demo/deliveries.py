"""What the portal sends to applications by itself: form-urlencoded POSTs, one after another, never repeated.

https://apidocs.bitrix24.com/api-reference/events/index.html
"""

import contextlib
import queue
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from typing import IO, Any

from b24kpi.demo import php
from b24kpi.demo.php import Array

_SECONDS = 10.0  # that an application has for its answer


@dataclass(frozen=True)
class Delivery:
    """One POST that has been tried: where to, what, and the HTTP status of the answer, 0 where there was none."""

    url: str
    fields: Array
    status: int


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """A redirect is an answer like any other."""


class Deliveries:
    """Sends in a thread of its own, which begins with the first message; `sent` is what has been tried."""

    def __init__(self) -> None:
        self.sent: list[Delivery] = []
        self._lock = threading.Lock()
        self._queue: queue.Queue[tuple[str, Array] | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())

    def send(self, url: str, fields: Array) -> None:
        """Puts a message at the end of the queue."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="demo portal's deliveries", daemon=True)
                self._thread.start()
            self._queue.put((url, fields))

    def wait(self, seconds: float = 10.0) -> bool:
        """Waits until everything has been tried; whether that came to pass."""
        end = time.monotonic() + seconds
        while self._queue.unfinished_tasks and time.monotonic() < end:
            time.sleep(0.005)
        return not self._queue.unfinished_tasks

    def stop(self) -> None:
        """Ends the thread once it has tried what is waiting."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _work(self) -> None:
        while (message := self._queue.get()) is not None:
            self.sent.append(Delivery(*message, self._post(*message)))
            self._queue.task_done()
        self._queue.task_done()

    def _post(self, url: str, fields: Array) -> int:
        request = urllib.request.Request(url, php.build_query(fields).encode(), method="POST")
        try:
            with contextlib.closing(self._opener.open(request, timeout=_SECONDS)) as answer:
                status: Any = answer.status
                return int(status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except (OSError, HTTPException, ValueError):
            return 0
