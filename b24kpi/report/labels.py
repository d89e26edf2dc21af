"""Names for the ids in which reports are sliced."""

from collections.abc import Mapping

from b24kpi.cache.store import Store
from b24kpi.locale import text

_QUERIES = {
    "pipeline": "SELECT id, name FROM category",
    "stage": "SELECT status_id, name FROM status WHERE entity_id LIKE 'DEAL\\_STAGE%' ESCAPE '\\'",
    "lead_stage": "SELECT status_id, name FROM status WHERE entity_id = 'STATUS'",
    "loss_reason": "SELECT status_id, name FROM status WHERE entity_id LIKE 'DEAL\\_STAGE%' ESCAPE '\\'",
    "manager": "SELECT id, TRIM(COALESCE(name, '') || ' ' || COALESCE(last_name, '')) FROM user",
    "department": "SELECT id, name FROM department",
    "source": "SELECT status_id, name FROM status WHERE entity_id = 'SOURCE'",
}


class Labels:
    """Reads each directory once."""

    def __init__(self, store: Store, language: str) -> None:
        self._store = store
        self._language = language
        self._known: dict[str, dict[str, str]] = {}

    def of(self, by: Mapping[str, str]) -> dict[str, str]:
        """Dimension → name, for the values that have one."""
        found = {name: self._names(name).get(value, "") for name, value in by.items()}
        return {name: label for name, label in found.items() if label}

    def _names(self, dimension: str) -> dict[str, str]:
        if dimension not in self._known:
            self._known[dimension] = self._read(dimension)
        return self._known[dimension]

    def _read(self, dimension: str) -> dict[str, str]:
        if dimension == "customer_kind":
            return {kind: text(f"metrics.customer_kind.{kind}", self._language) for kind in ("new", "repeat")}
        if dimension not in _QUERIES:
            return {}
        return {str(key): name for key, name in self._store.query(_QUERIES[dimension]) if name}
