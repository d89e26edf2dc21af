"""Bitrix24 rewrites and drops its stage history; what the cache has seen did happen."""

from b24kpi.cache.store import Store
from b24kpi.facts.refresh import refresh
from b24kpi.portal.entities import DEAL_STEP
from tests.event_logs import ZONE
from tests.facts.rows import at, portal_of

LIFE = {"steps": [("2026-06-01T10:00", "NEW"), ("2026-06-05T10:00", "CALL"), ("2026-06-10T10:00", "WON")]}


def stays(store: Store) -> list[tuple[object, ...]]:
    refresh(store, ZONE, "UAH")
    return store.query("SELECT stage_id, entered_at, left_at FROM fact_stay ORDER BY position")


def test_steps_that_the_portal_drops_later_still_count() -> None:
    """They are marked as gone and used all the same."""
    with portal_of(LIFE) as store:
        before = stays(store)
        store.mark_deleted(DEAL_STEP, [1, 2, 3], seen_at=at("2026-07-01"))
        assert stays(store) == before
        assert [stage for stage, *_ in before] == ["NEW", "CALL", "WON"]


def test_a_deal_that_is_gone_counts_no_more() -> None:
    """Until it comes back."""
    with portal_of(LIFE) as store:
        before = stays(store)
        store.db.conn.execute("UPDATE deal SET deleted_at = 1")
        assert stays(store) == []
        store.db.conn.execute("UPDATE deal SET deleted_at = NULL")
        assert stays(store) == before
