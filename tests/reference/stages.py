"""The stage dictionary: which stage means what, and the order of the rungs of each pipeline."""

from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]
PREFIX = "DEAL_STAGE"


class Stages:
    """Rungs and semantics of the deal pipelines.

    rows -- status rows, deleted ones included: they are no rungs, but still tell semantics and place of old stays.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._known: dict[tuple[int, str], Row] = {}
        self._rungs: dict[int, list[Row]] = {}
        for row in rows:
            if (category := _category(row["entity_id"])) is not None:
                self._learn(category, row)
        for rungs in self._rungs.values():
            rungs.sort(key=lambda row: (row["sort"], row["id"]))

    def _learn(self, category: int, row: Row) -> None:
        key = (category, row["status_id"])
        live = row.get("deleted_at") is None
        if live or key not in self._known:
            self._known[key] = row
        if live and not _is_final(row):
            self._rungs.setdefault(category, []).append(row)

    def categories(self) -> list[int]:
        """Pipelines with at least one process stage."""
        return sorted(self._rungs)

    def codes(self, category: int) -> list[str]:
        """Codes of the process stages of a pipeline, rank 1 first."""
        return [row["status_id"] for row in self._rungs.get(category, [])]

    def knows(self, category: int, stage: str) -> bool:
        """Whether the dictionary has the stage, as a removed one too."""
        return (category, stage) in self._known

    def semantic(self, category: int, stage: str, given: str | None) -> str:
        """P, S or F: as given with the row, else as the dictionary says, else P."""
        if given:
            return given
        row = self._known.get((category, stage))
        return (row["semantics"] or "P") if row is not None else "P"

    def rank(self, category: int, stage: str) -> int:
        """Rank 1..K of a process stage; a removed one stands for the highest rung not sorted above it; 0 if none."""
        codes = self.codes(category)
        if stage in codes:
            return codes.index(stage) + 1
        row = self._known.get((category, stage))
        if row is None:
            return 0
        return sum(1 for rung in self._rungs.get(category, []) if rung["sort"] <= row["sort"])


def _category(entity: str) -> int | None:
    if entity == PREFIX:
        return 0
    start, _, number = entity.rpartition("_")
    return int(number) if start == PREFIX and number.isdigit() else None


def _is_final(row: Row) -> bool:
    return row["semantics"] in ("S", "F")
