"""What an order costs to process: by the costs that people enter, else by the time that contacts about deals took."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from b24kpi.metrics.model import Query, Reason, Value
from b24kpi.metrics.ratios import ratio_values

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

HANDLING = "by_handling"  # the metric's further figure
_CONTACTS = ("activity", "call")  # streams that tell how long contacts took


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """The ratio of the metric; where no costs are given, its further figure, which an hourly rate makes."""
    is_timed = all(engine.coverage.get(stream, "complete") == "complete" for stream in _CONTACTS)
    return [_else_by_handling(value) if is_timed else _untimed(value) for value in ratio_values(engine, query, by)]


def _else_by_handling(value: Value) -> Value:
    worked = value.extra[HANDLING]
    if value.reason is not Reason.NOT_CONFIGURED or not worked:
        return value
    return replace(value, value=worked, numerator=None, denominator=None, reason=None, flags=(*value.flags, HANDLING))


def _untimed(value: Value) -> Value:
    extra: Mapping[str, None] = {HANDLING: None}
    return replace(value, extra={**value.extra, **extra})
