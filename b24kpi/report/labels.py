"""Names for the ids in which reports are sliced."""

from collections.abc import Iterable, Mapping

from b24kpi.cache.store import Store
from b24kpi.cache.user_fields import kinds, value_names
from b24kpi.lazy import lazy
from b24kpi.locale import text
from b24kpi.metrics.catalogue import load
from b24kpi.metrics.customer_states import STATES
from b24kpi.metrics.dimensions import FieldDimension
from b24kpi.portal.entities import Kind

_QUERIES = {
    "pipeline": "SELECT id, name FROM category",
    "stage": "SELECT status_id, name FROM status WHERE entity_id LIKE 'DEAL\\_STAGE%' ESCAPE '\\'",
    "lead_stage": "SELECT status_id, name FROM status WHERE entity_id = 'STATUS'",
    "loss_reason": "SELECT status_id, name FROM status WHERE entity_id LIKE 'DEAL\\_STAGE%' ESCAPE '\\'",
    "manager": "SELECT id, TRIM(COALESCE(name, '') || ' ' || COALESCE(last_name, '')) FROM user",
    "department": "SELECT id, name FROM department",
    "product": (
        "SELECT 'name:' || product_name, product_name FROM product_row WHERE product_name IS NOT NULL "
        "UNION ALL SELECT product_id, MAX(product_name) FROM product_row WHERE product_id > 0 GROUP BY 1 "
        "UNION ALL SELECT id, name FROM product UNION ALL SELECT id, name FROM offer"
    ),
    "source": "SELECT status_id, name FROM status WHERE entity_id = 'SOURCE'",
}
# Dimensions whose values are ours, with names in the locale catalogues.
_NAMED = {
    "customer_kind": ("new", "repeat"),
    "channel": ("call", "email", "chat", "form", "meeting", "lead"),
    "direction": ("in", "out"),
    "response_bucket": tuple("1234567"),
}


class Labels:
    """Reads each directory once."""

    def __init__(self, store: Store, language: str, dimensions: Iterable[FieldDimension] = ()) -> None:
        self._store = store
        self._language = language
        self._fields = {each.name: each for each in dimensions}
        self._known: dict[str, Mapping[str, str]] = {}

    def of(self, by: Mapping[str, str]) -> dict[str, str]:
        """Dimension → name, for the values that have one."""
        found = {name: self._names(name).get(value, "") for name, value in by.items()}
        return {name: label for name, label in found.items() if label}

    def all(self, dimension: str) -> Mapping[str, str]:
        """Value → name, of every value that has one."""
        return {value: name for value, name in self._names(dimension).items() if name}

    def rank(self, by: Mapping[str, str]) -> int:
        """Place of the stage in its pipeline, 0 without one: funnels are read from the top."""
        if "stage" not in by:
            return 0
        return self._ranks.get((by.get("pipeline", ""), by["stage"]), 0)

    @lazy
    def _ranks(self) -> dict[tuple[str, str], int]:
        rows = self._store.query("SELECT category_id, stage_id, rank FROM fact_stage WHERE rank IS NOT NULL")
        return {(str(category), stage): rank for category, stage, rank in rows}

    def _of_field(self, field: FieldDimension) -> Mapping[str, str]:
        if kinds(self._store).get((field.stream, field.code)) is Kind.BOOLEAN:
            return {value: text(f"metrics.boolean.{value}", self._language) for value in ("0", "1")}
        return value_names(self._store, field.stream, field.code)

    def _names(self, dimension: str) -> Mapping[str, str]:
        if dimension not in self._known:
            self._known[dimension] = self._read(dimension)
        return self._known[dimension]

    def _read(self, dimension: str) -> Mapping[str, str]:
        if field := self._fields.get(dimension):
            return self._of_field(field)
        if dimension in _NAMED:
            return {key: text(f"metrics.{dimension}.{key}", self._language) for key in _NAMED[dimension]}
        if dimension == "kpi":
            return {metric.id: metric.names[self._language] for metric in load()}
        if dimension in ("state", "state_before"):
            return {state: text(f"analyses.state.{state}", self._language) for state in STATES}
        if dimension == "point":
            return self._names(self._store.query("SELECT basis FROM fact_point")[0][0])
        if dimension not in _QUERIES:
            return {}
        return {str(key): name for key, name in self._store.query(_QUERIES[dimension]) if name}
