"""The five fields of a cron expression: minute, hour, day of month, month, day of week."""

from collections.abc import Sequence
from dataclasses import dataclass

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class _Field:
    name: str
    first: int
    last: int
    names: Sequence[str] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, MONTHS),
    _Field("day_of_week", 0, 7, WEEKDAYS),
)


class CronError(ValueError):
    """Not a cron expression; `field` names the wrong field, "" where their number is wrong."""

    def __init__(self, field: str = "") -> None:
        self.field = field
        super().__init__(field)


def parse(expression: str) -> dict[str, str]:
    """The fields by APScheduler's names, each `*` or a list of values.

    Days of the week come out as names, for cron counts them from Sunday (0 or 7) and APScheduler from Monday.

    >>> parse("*/30 8-10 * * 1-5")["day_of_week"]
    'mon,tue,wed,thu,fri'

    Raises:
        CronError: not five fields, or a field out of its range.
    """
    texts = expression.split()
    if len(texts) != len(_FIELDS):
        raise CronError
    return {field.name: _field(field, text.lower()) for field, text in zip(_FIELDS, texts, strict=True)}


def _field(field: _Field, text: str) -> str:
    if text == "*":
        return "*"
    try:
        values = sorted({value for part in text.split(",") for value in _part(field, part)})
    except ValueError:
        raise CronError(field.name) from None
    if field.names is WEEKDAYS:
        return ",".join(dict.fromkeys(WEEKDAYS[value % 7] for value in values))
    return ",".join(map(str, values))


def _part(field: _Field, part: str) -> range:
    """The values of `*`, `5`, `1-5`, and each of them with a step, `/2`."""
    span, slash, step_text = part.partition("/")
    step = _whole(step_text) if slash else 1
    first, last = _span(field, span, stepped=bool(slash))
    if step < 1 or not field.first <= first <= last <= field.last:
        raise ValueError(part)
    return range(first, last + 1, step)


def _span(field: _Field, span: str, *, stepped: bool) -> tuple[int, int]:
    final = 6 if field.names is WEEKDAYS else field.last
    if span == "*":
        return field.first, final
    low, dash, high = span.partition("-")
    first = _value(field, low)
    if dash:
        return first, _value(field, high)
    return first, final if stepped else first


def _value(field: _Field, text: str) -> int:
    if text in field.names:
        return field.names.index(text) + field.first
    return _whole(text)


def _whole(text: str) -> int:
    """A number of ASCII digits only: int() alone would take signs, spaces and underscores."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return int(text)
