"""Calls that are not let in."""

from typing import Any

from b24kpi.errors import B24KpiError


class Denied(B24KpiError):
    """A call that is refused; `status` is its HTTP status."""

    def __init__(self, reason: str, status: int = 403, **params: Any) -> None:
        self.status = status
        super().__init__(reason, **params)
