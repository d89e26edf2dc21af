"""Arguments that need more than click's own types."""

from collections.abc import Iterable
from datetime import date, datetime

from b24kpi.errors import BadInput

# Clocks of portals can show no other years.
_EARLIEST_YEAR, _LATEST_YEAR = 1971, 9998


def day(text: str | None, option: str) -> date | None:
    """2026-06-15.

    Raises:
        BadInput: not such a date.
    """
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise BadInput("cli.bad_day", option=option, value=text) from None


def moment(text: str | None, option: str) -> date | None:
    """2026-06-15, or a moment: 2026-06-15T18:00, 2026-06-15T18:00+03:00.

    Raises:
        BadInput: neither of these.
    """
    if text is None:
        return None
    try:
        found = (datetime if len(text) > len("2026-06-15") else date).fromisoformat(text)
    except ValueError:
        raise BadInput("cli.bad_moment", option=option, value=text) from None
    if not _EARLIEST_YEAR <= found.year <= _LATEST_YEAR:
        raise BadInput("cli.bad_moment", option=option, value=text)
    return found


def names(text: str) -> tuple[str, ...]:
    """Names with commas between them.

    >>> names("lead, deal")
    ('lead', 'deal')
    """
    return tuple(name.strip() for name in text.split(",") if name.strip())


def conditions(texts: Iterable[str]) -> dict[str, str]:
    """DIM=VALUE, each dimension once; an empty VALUE asks for what the CRM leaves empty.

    Raises:
        BadInput: no equals sign, or a dimension given twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or name in found:
            raise BadInput("cli.bad_condition", value=text)
        found[name] = value
    return found
