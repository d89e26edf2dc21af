"""By what deals that were open at a moment are sliced: as they were then, as far as the cache has seen it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from b24kpi.metrics.coded import Array, Coded, combined, matching, told_apart
from b24kpi.metrics.columns import parted
from b24kpi.metrics.course_columns import course_columns
from b24kpi.metrics.courses import read_deals
from b24kpi.metrics.deal_keys import coded_deals
from b24kpi.metrics.stuck import OpenNow

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key

# Who was responsible for which deal until when, of those who were it at a moment or later.
_BEFORE = """
    SELECT id, COALESCE(assigned_by_id, -1), valid_to FROM deal_history WHERE valid_to >= ? ORDER BY id, valid_to"""
_DEPARTMENTS = "SELECT id, department_id FROM user WHERE department_id IS NOT NULL"


class MomentKeys:
    """Dimension values of the deals of a moment, "" where there is none."""

    def __init__(self, engine: "Engine", now: OpenNow) -> None:
        self._engine = engine
        self._now = now
        self._known: dict[str, Coded] = {}

    def match(self, where: Mapping[str, str]) -> NDArray[np.bool_]:
        """Which of them have these values."""
        return matching({name: self._column(name) for name in where}, where, len(self._now.places))

    def shares(self, by: "Key", rows: Array) -> "list[tuple[Key, Array]]":
        """Some of them, by the combinations that they have."""
        codes, keys = combined([(own[rows], texts) for own, texts in map(self._column, by)], len(rows))
        order, parts = parted(codes, len(keys))
        return [(keys[code], rows[order[part]]) for code, part in parts]

    def _column(self, name: str) -> Coded:
        if name not in self._known:
            self._known[name] = told_apart(self._find(name))
        return self._known[name]

    def _find(self, name: str) -> Coded:
        now = self._now
        if name in ("pipeline", "stage"):
            return now.stages, [str(stage[name == "stage"]) for stage in now.names]
        if name == "manager":
            return _managers(self._engine, now)
        if name == "department":
            codes, managers = self._column("manager")
            departments = {str(user): str(department) for user, department in self._engine.store.query(_DEPARTMENTS)}
            return codes, [departments.get(manager, "") for manager in managers]
        codes, texts = coded_deals(self._engine, name)
        return codes[now.places], texts


def _managers(engine: "Engine", now: OpenNow) -> Coded:
    """Who was responsible for each."""
    codes, texts = course_columns(engine).codes("assigned")
    found, places = codes[now.places], {text: place for place, text in enumerate(texts)}
    rows, users = _responsible_before(engine, now)
    different, which = np.unique(users, return_inverse=True)
    found[rows] = np.array([places.setdefault(str(user), len(places)) for user in different.tolist()], dtype=int)[which]
    return found, list(places)


def _responsible_before(engine: "Engine", now: OpenNow) -> tuple[Array, Array]:
    """For which of them somebody was responsible until some time after the moment, and who was the first of these."""
    deals, users, valid_to = engine.once(_Before, _Before).since(engine, now.moment)
    later = np.flatnonzero(valid_to >= now.moment)
    ids = read_deals(engine).ids[now.places]
    first = np.searchsorted(deals[later], ids)
    rows = np.flatnonzero(first < len(later))
    first = later[first[rows]]
    is_own = (deals[first] == ids[rows]) & (users[first] >= 0)
    return rows[is_own], users[first[is_own]]


class _Before:
    """Those who were responsible, from the earliest moment on that has been asked for."""

    def __init__(self) -> None:
        self._moment, self._rows = float("inf"), np.empty((3, 0), dtype=np.int64)

    def since(self, engine: "Engine", moment: int) -> Array:
        """At least those of this moment and later ones: deals, users, until when."""
        if moment < self._moment:
            rows = np.array(engine.store.query(_BEFORE, [moment]), dtype=np.int64)
            self._moment, self._rows = moment, rows.reshape(-1, 3).T
        return self._rows
