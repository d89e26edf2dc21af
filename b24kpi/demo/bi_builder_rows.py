"""What applications have made of the BI Builder: whose it is, and by whom it may be asked for."""

from typing import Any

from b24kpi.demo import php
from b24kpi.demo.bi_builder import BiBuilder
from b24kpi.demo.bi_builder_fields import fault
from b24kpi.demo.rest import Call
from b24kpi.demo.storage import Row

KINDS = ("connector", "source", "dataset")


def builder_of(call: Call) -> BiBuilder:
    """For applications of administrators alone. Raises RestError."""
    if not call.caller.client_id or not call.caller.is_admin:
        raise fault("ACCESS_DENIED", "Access denied.")
    return call.portal.apps.bi_builder


def rows_of(builder: BiBuilder, kind: str) -> dict[int, Row]:
    """Id → row, of every application."""
    return {"connector": builder.connectors, "source": builder.sources, "dataset": builder.datasets}[kind]


def own_row(call: Call, kind: str, row_id: Any) -> Row:
    """One row of the calling application. Raises RestError."""
    if row_id in (None, ""):
        raise fault("VALIDATION_ID_NOT_PROVIDED", "ID is missing.")
    if not php.is_numeric(row_id) or php.to_int(row_id) <= 0:
        raise fault("VALIDATION_INVALID_ID_FORMAT", "ID has to be a positive integer.")
    row = rows_of(builder_of(call), kind).get(php.to_int(row_id))
    if row is None or row["client_id"] != call.caller.client_id:
        raise fault(f"{kind.upper()}_NOT_FOUND", f"{kind.capitalize()} was not found.")
    return row
