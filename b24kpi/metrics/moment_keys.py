"""By what deals that were open at a moment are sliced: as they were then, as far as the cache has seen it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from b24kpi.facts.arrays import packed, unpacked
from b24kpi.metrics.columns import parted
from b24kpi.metrics.courses import read_deals
from b24kpi.metrics.deal_keys import keys_of_deals
from b24kpi.metrics.stuck import OpenNow

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

Array = NDArray[Any]
Coded = tuple[Array, Sequence[str]]  # of each row the place of its text among these

_ASSIGNED = "SELECT GROUP_CONCAT(id), GROUP_CONCAT(COALESCE(assigned_by_id, 0)) FROM deal NOT INDEXED"
_ASSIGNED_BEFORE = """
    SELECT GROUP_CONCAT(id), GROUP_CONCAT(COALESCE(assigned_by_id, 0)), GROUP_CONCAT(valid_to)
    FROM (SELECT * FROM deal_history ORDER BY id, valid_to)"""
_DEPARTMENTS = "SELECT id, department_id FROM user WHERE department_id IS NOT NULL"


class MomentKeys:
    """Dimension values of the deals of a moment, "" where there is none."""

    def __init__(self, engine: "Engine", now: OpenNow) -> None:
        self._engine = engine
        self._now = now
        self._known: dict[str, Coded] = {}

    def match(self, where: Mapping[str, str]) -> NDArray[np.bool_]:
        """Which of them have these values."""
        matching = np.ones(len(self._now.places), dtype=bool)
        for name, value in where.items():
            codes, texts = self._coded(name)
            matching &= np.array([text == value for text in texts], dtype=bool)[codes]
        return matching

    def shares(self, by: "Key", rows: Array) -> "list[tuple[Key, Array]]":
        """Some of them, by the combinations that they have."""
        codes, keys = np.zeros(len(rows), dtype=np.int64), [()]
        for name in by:
            own, texts = self._coded(name)
            present, codes = np.unique(codes * len(texts) + own[rows], return_inverse=True)
            codes = codes.reshape(-1)
            keys = [(*keys[code // len(texts)], texts[code % len(texts)]) for code in present.tolist()]
        order, parts = parted(codes, len(keys))
        return [(keys[code], rows[order[part]]) for code, part in parts]

    def _coded(self, name: str) -> Coded:
        if name not in self._known:
            codes, texts = self._found(name)
            different = {text: place for place, text in enumerate(dict.fromkeys(texts))}
            renamed = np.array([different[text] for text in texts], dtype=np.int64)
            self._known[name] = renamed[codes], list(different)
        return self._known[name]

    def _found(self, name: str) -> Coded:
        now = self._now
        if name in ("pipeline", "stage"):
            return now.stages, [str(stage[name == "stage"]) for stage in now.names]
        if name == "manager":
            return _named(_managers(self._engine, now))
        if name == "department":
            codes, managers = self._coded("manager")
            departments = {str(user): str(department) for user, department in self._engine.store.query(_DEPARTMENTS)}
            return codes, [departments.get(manager, "") for manager in managers]
        keys = keys_of_deals(self._engine, (name,), {})
        return keys.codes[now.places], [key[0] for key in keys.keys]


def _managers(engine: "Engine", now: OpenNow) -> Array:
    """Who was responsible for each, 0 for nobody."""
    if _managers not in engine.memo:
        engine.memo[_managers] = *_numbers(engine, _ASSIGNED), *_numbers(engine, _ASSIGNED_BEFORE)
    deals, managers, changed, before, until = engine.memo[_managers]
    ids = read_deals(engine).ids[now.places]
    found: Array = managers[np.searchsorted(deals, ids)]
    later = np.flatnonzero(until >= now.moment)
    owners, firsts = np.unique(changed[later], return_index=True)
    rows = np.flatnonzero(np.isin(ids, owners))
    then = before[later[firsts[np.searchsorted(owners, ids[rows])]]]
    found[rows] = np.where(then > 0, then, found[rows])
    return found


def _numbers(engine: "Engine", statement: str) -> list[Array]:
    return [unpacked("<i8", [packed("<i8", text)]) for text in engine.store.query(statement)[0]]


def _named(numbers: Array) -> Coded:
    present, codes = np.unique(numbers, return_inverse=True)
    return codes.reshape(-1), [str(number) if number else "" for number in present.tolist()]
