"""Rows of the first sync → rows as they were before it, as far as their own dates tell.

What was created later is left out. A deal or lead that has moved since stands in the stage of its last step by then, or
in the first stage of its pipeline where no step is that old. Everything else, such as amounts and responsibles, is
taken to be what the first sync found; that is why such values are flagged `reconstructed`.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from b24kpi.cache import schema
from b24kpi.cache.store import Store
from b24kpi.portal.entities import ENTITIES

# The columns that say when a row came to be, whichever of them a table has.
_BORN = ("date_create", "created_time", "created", "call_start_date", "created_date", "date_insert")


def cut(copy: Store, moment: int, zone: ZoneInfo) -> None:
    """Take from a copy of the cache what lies after the moment (UTC epoch seconds)."""
    day = datetime.fromtimestamp(moment, zone).date()
    given = {"cut": moment, "date": day.isoformat(), "day": int(f"{day:%Y%m%d}")}
    schema.create_indexes(copy.db.conn, {"stage_step"})
    with copy.transaction():
        for statement in (*_FORGET_MOVES, *_births(copy), _COSTS):
            copy.db.conn.execute(statement, given)


def _births(copy: Store) -> list[str]:
    statements = []
    for table in sorted({entity.table for entity in ENTITIES}):
        present = copy.db.table(table).columns_dict
        born = next((name for name in _BORN if name in present), None)
        if born is not None:
            statements.append(f"DELETE FROM {table} WHERE {born} > :cut")
    return statements


_COSTS = "DELETE FROM cost WHERE day > :day"

# A stage's rank needs no more than the order of the directory; stages that were deleted since are no first stages.
_FIRST_STAGE = """(
    SELECT s.status_id FROM status AS s
    WHERE s.entity_id = {directory} AND s.deleted_at IS NULL AND COALESCE(s.semantics, 'P') = 'P'
    ORDER BY s.sort, s.id LIMIT 1)"""
_PIPELINE = "CASE deal.category_id WHEN 0 THEN 'DEAL_STAGE' ELSE 'DEAL_STAGE_' || deal.category_id END"

_LAST_STEP = """(
    SELECT s.{column} FROM stage_step AS s
    WHERE s.entity_type_id = {kind} AND s.owner_id = {owner}.id AND s.created_time <= :cut
    ORDER BY s.created_time DESC, s.id DESC LIMIT 1)"""

_HAS_STEP = """EXISTS (
    SELECT 1 FROM stage_step AS s
    WHERE s.entity_type_id = {kind} AND s.owner_id = {owner}.id AND s.created_time {when} :cut)"""


def _step(column: str, kind: int, owner: str) -> str:
    return _LAST_STEP.format(column=column, kind=kind, owner=owner)


def _known(kind: int, owner: str, when: str) -> str:
    return _HAS_STEP.format(kind=kind, owner=owner, when=when)


# The order matters: each statement finds what has moved since, and the second would not find what the first put right.
_FORGET_MOVES = (
    "DROP TRIGGER IF EXISTS keep_deal",  # putting rows right is no history of theirs
    "DROP TRIGGER IF EXISTS keep_lead",
    f"""UPDATE deal SET
        category_id = COALESCE({_step("category_id", 2, "deal")}, 0), stage_id = {_step("stage_id", 2, "deal")},
        stage_semantic_id = {_step("stage_semantic_id", 2, "deal")}, moved_time = {_step("created_time", 2, "deal")}
    WHERE {_known(2, "deal", "<=")} AND ({_known(2, "deal", ">")} OR deal.moved_time > :cut
        OR deal.moved_time IS NULL AND deal.closedate > :date)""",
    f"""UPDATE deal SET
        stage_id = COALESCE({_FIRST_STAGE.format(directory=_PIPELINE)}, deal.stage_id), stage_semantic_id = 'P',
        moved_time = deal.date_create
    WHERE NOT {_known(2, "deal", "<=")} AND ({_known(2, "deal", ">")} OR deal.moved_time > :cut
        OR deal.moved_time IS NULL AND deal.closedate > :date)""",
    f"""UPDATE lead SET
        status_id = {_step("stage_id", 1, "lead")}, status_semantic_id = {_step("stage_semantic_id", 1, "lead")},
        moved_time = {_step("created_time", 1, "lead")},
        date_closed = CASE WHEN lead.date_closed <= :cut THEN lead.date_closed END
    WHERE {_known(1, "lead", "<=")}
        AND ({_known(1, "lead", ">")} OR COALESCE(lead.moved_time, lead.date_closed) > :cut)""",
    f"""UPDATE lead SET
        status_id = COALESCE({_FIRST_STAGE.format(directory="'STATUS'")}, lead.status_id), status_semantic_id = 'P',
        moved_time = lead.date_create, date_closed = NULL
    WHERE NOT {_known(1, "lead", "<=")}
        AND ({_known(1, "lead", ">")} OR COALESCE(lead.moved_time, lead.date_closed) > :cut)""",
)
