"""A cache with a few hand-made rows, for tests that look at the facts of one deal."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from b24kpi.cache.store import Store
from tests.event_logs import ZONE
from tests.event_stages import status_rows
from tests.sql_engine import insert

Step = tuple[str, str]  # local moment, stage of the first pipeline
SEMANTICS = {"WON": "S", "LOSE": "F", "APOLOGY": "F"}


def at(local: str, zone: ZoneInfo = ZONE) -> int:
    """Epoch seconds of a local moment; of an ambiguous one the first."""
    return int(datetime.fromisoformat(local).replace(tzinfo=zone).timestamp())


@contextmanager
def portal_of(*deals: dict[str, Any]) -> Iterator[Store]:
    """Deals with their `steps` in the stages of `tests.event_stages`; other keys are columns of the deal."""
    with Store(":memory:") as store:
        for row in status_rows(at("2026-12-01")):
            insert(store, "status", row)
        for number, deal in enumerate(deals, 1):
            insert_deal(store, {"id": number} | deal)
        yield store


def insert_deal(store: Store, deal: dict[str, Any]) -> None:
    """The deal stands where its last step brought it, since then."""
    steps: list[Step] = deal.pop("steps")
    last = steps[-1]
    own = {"category_id": 0, "stage_id": last[1], "stage_semantic_id": SEMANTICS.get(last[1], "P")}
    times = {"date_create": at(steps[0][0]), "moved_time": at(last[0]), "seen_at": at(last[0])}
    insert(store, "deal", own | times | {"assigned_by_id": 1, "currency_id": "UAH", "opportunity": 100} | deal)
    for moment, stage in steps:
        insert_step(store, deal["id"], at(moment), stage)


def insert_step(store: Store, deal: int, moment: int, stage: str) -> None:
    number = store.query("SELECT COUNT(*) + 1 FROM stage_step")[0][0]
    where = {"entity_type_id": 2, "id": number, "owner_id": deal, "created_time": moment}
    insert(
        store,
        "stage_step",
        where | {"category_id": 0, "stage_id": stage, "stage_semantic_id": SEMANTICS.get(stage, "P")},
    )
