"""Which REST call a change comes from, so that events know whose it was."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """A call: its number, its user, the application ('' for a webhook) and the `auth_connector` that it names."""

    number: int
    user_id: int
    client_id: str = ""
    connector: str = ""


class Causes:
    """The call that a thread carries out; None outside of calls, where people work on the portal itself."""

    def __init__(self) -> None:
        self._here = threading.local()
        self._lock = threading.Lock()
        self._numbers = 0

    @property
    def current(self) -> Cause | None:
        """The call of this thread."""
        return getattr(self._here, "cause", None)

    @contextmanager
    def call(self, user_id: int, client_id: str, connector: str) -> Iterator[None]:
        """What changes within is caused by this call."""
        with self._lock:
            self._numbers += 1
            self._here.cause = Cause(self._numbers, user_id, client_id, connector)
        try:
            yield
        finally:
            self._here.cause = None
