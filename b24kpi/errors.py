"""What can go wrong, sorted by what the caller does about it.

    B24KpiError                     every error meant for people; the exit code is its own
    ├── BadInput (ValueError)       exit 2: settings, arguments, files, KPI definitions are wrong; nothing was written
    ├── PortalError                 exit 1: the portal answered, or failed to answer
    │   ├── RetryLater              the same call may succeed later: limits, 5xx, time-outs
    │   ├── Unauthorized            no call can succeed with this webhook: wrong, deleted or expired
    │   ├── Refused                 this call will never succeed as asked: scope, rights, plan, unknown method
    │   ├── OutcomeUnknown          a write may or may not have happened: look before repeating it
    │   ├── UnexpectedAnswer        an answer that the protocol does not know
    │   └── IncompleteRead          rows are missing or doubled; never a warning
    ├── CacheError                  exit 1: the cache file is locked, foreign, or from a newer version
    └── Interrupted                 exit 130: stopped from outside; what was done is kept

An error is a message id of the locale catalogues with its parameters: `str()` gives English for logs,
`locale.text(error.message_id, language, …)` the reader's language. Each message names the thing, the place
and the remedy.
"""

from typing import Any

from b24kpi import locale


class B24KpiError(Exception):
    """A failure that is explained to people by its message, never by a traceback."""

    exit_code = 1

    def __init__(self, message_id: str, **params: Any) -> None:
        self.message_id = message_id
        self.params = params
        super().__init__(message_id)

    def __str__(self) -> str:
        return self.text("en")

    def text(self, language: str) -> str:
        return locale.text(self.message_id, language, **self.params)


class BadInput(B24KpiError, ValueError):
    """Settings, arguments, a file or a definition is wrong; refused before anything is written."""

    exit_code = 2


class PortalError(B24KpiError):
    """A call to the portal failed; `code` is the portal's own error code, `method` the REST method.

    Both are parameters of every message of this branch.
    """

    def __init__(self, message_id: str, *, method: str = "", code: str = "", **params: Any) -> None:
        self.method = method
        self.code = code
        super().__init__(message_id, method=method, code=code, **params)


class RetryLater(PortalError):
    """The same call may succeed after `after` seconds (0: at once, with back-off)."""

    def __init__(self, message_id: str, *, after: float = 0.0, **params: Any) -> None:
        self.after = after
        super().__init__(message_id, **params)


class Unauthorized(PortalError):
    """The webhook or token is wrong, deleted or expired: every call would fail."""


class Refused(PortalError):
    """The call will never succeed as asked: missing scope, rights, plan feature, method or bad argument."""


class OutcomeUnknown(PortalError):
    """The answer to a write was lost: it may or may not have happened, look before repeating it."""


class UnexpectedAnswer(PortalError):
    """An answer that the protocol does not know."""


class IncompleteRead(PortalError):
    """Rows are missing or doubled in what was read."""


class CacheError(B24KpiError):
    """The cache file cannot be used as it is."""


class Interrupted(B24KpiError):
    """Stopped from outside between two pages; the next run goes on from there."""

    exit_code = 130
