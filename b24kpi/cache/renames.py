"""Stages whose code was changed: the portal rewrites it in all rows and in the history, without a trace.

The list of stages shows it: an id that stood for one code stands for another. The cache then rewrites its rows in the
same way, those too that the portal no longer shows. The portal's behaviour is read from its source.
"""

import logging

from b24kpi.cache.store import Store

_log = logging.getLogger(__name__)

_RENAMED = """
    SELECT old.entity_id, old.status_id, new.status_id, new.seen_at
    FROM status AS old JOIN status AS new ON new.entity_id = old.entity_id AND new.id = old.id
    WHERE old.status_id <> new.status_id AND new.deleted_at IS NULL
      AND (old.deleted_at IS NOT NULL OR old.seen_at < new.seen_at)"""

# The former code is gone, and its id belongs to another one now.
_RETIRE = "UPDATE status SET id = NULL, deleted_at = COALESCE(deleted_at, ?) WHERE entity_id = ? AND status_id = ?"

_LEADS = (
    "UPDATE lead SET status_id = :new WHERE status_id = :old",
    "UPDATE stage_step SET stage_id = :new WHERE stage_id = :old AND entity_type_id = 1",
)
# Codes of deal stages differ between pipelines (`C3:NEW`), so the code alone tells the rows.
_DEALS = (
    "UPDATE deal SET stage_id = :new WHERE stage_id = :old",
    "UPDATE stage_step SET stage_id = :new WHERE stage_id = :old AND entity_type_id = 2",
)


def follow_renames(store: Store) -> int:
    """Give the cache's rows the codes that stages have now. Returns how many codes have changed since last time."""
    renamed = store.query(_RENAMED)
    for entity_id, old, new, seen_at in renamed:
        with store.transaction():
            for statement in _statements(entity_id):
                store.db.conn.execute(statement, {"old": old, "new": new})
            store.db.conn.execute(_RETIRE, (seen_at, entity_id, old))
        _log.info("code renamed list=%s old=%s new=%s", entity_id, old, new)
    return len(renamed)


def _statements(entity_id: str) -> tuple[str, ...]:
    """What to change in the rows; nothing where a list holds no stages of leads or deals."""
    if entity_id == "STATUS":
        return _LEADS
    return _DEALS if entity_id == "DEAL_STAGE" or entity_id.startswith("DEAL_STAGE_") else ()
