"""Cells of the rows behind a number as people read them: names instead of ids, words instead of codes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from b24kpi import locale
from b24kpi.metrics.model import Number, Unit
from b24kpi.report.wording import Wording

# Columns of facts → the dimension whose names their values have.
_NAMED = {
    "manager_id": "manager", "user_id": "manager", "category_id": "pipeline", "stage_id": "stage",
    "status_id": "lead_stage", "source_id": "source", "source": "source", "channel": "channel",
    "direction": "direction", "state": "state", "state_before": "state",
}  # fmt: skip
# Columns whose values are ours → the group of texts that names them.
_WORDED = {"outcome": "outcome", "fate": "outcome", "kind": "kind"}
PARTIES = ("customer", "party")
NUMERIC = frozenset({"money", "adds", "seconds", "touches", "quantity", "number"})


def part_name(part: str, language: str) -> str:
    """What a part of a KPI is called, `before.won` by both; the parts of users' own KPIs have no name but their own."""
    return ": ".join(known_part(each, language) or each for each in part.split("."))


def known_part(part: str, language: str) -> str:
    """What a part is called; "" where only its author knows."""
    try:
        return locale.text(f"rows.part.{part}", language)
    except KeyError:
        return ""


class RowWords:
    """Texts of cells.

    Args:
        names: dimension → value → name.
        zone: name of the time zone in which moments are told.
    """

    def __init__(self, wording: Wording, names: Callable[[str], Mapping[str, str]], zone: str) -> None:
        self._wording = wording
        self._names = cache(names)
        self._zone = zone

    def text(self, column: str, value: Any) -> str:
        """One cell; days stay ISO dates."""
        if value == "" or value is None:
            return ""
        if column == "part":
            return self._wording.names.get(str(value)) or part_name(str(value), self._wording.language)
        if column in PARTIES:
            return self.party(str(value))
        if column.endswith("_at"):
            return self._wording.moment(datetime.fromisoformat(str(value)).timestamp(), self._zone)
        if column in _WORDED:
            return self._word(_WORDED[column], str(value))
        if column in _NAMED:
            return self._names(_NAMED[column]).get(str(value), str(value))
        if column in NUMERIC and isinstance(value, Number):
            return self._number(value, is_money=column == "money")
        return str(value)

    def party(self, value: str) -> str:
        """A customer, or whoever is talked to, by his kind and number."""
        kind, _, number = value.partition(":")
        return self._word("party", kind, number=number) if number else value

    def _word(self, group: str, name: str, **params: Any) -> str:
        try:
            return self._wording.say(f"rows.{group}.{name}", **params)
        except KeyError:
            return name

    def _number(self, value: Number, *, is_money: bool) -> str:
        if is_money:
            return self._wording.number(value, Unit.MONEY)
        return self._wording.number(value, Unit.COUNT if value == int(value) else Unit.NUMBER)
