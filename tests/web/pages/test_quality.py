"""What the data lack, counted by hand."""

from pathlib import Path

from b24kpi.answers import Answers
from b24kpi.cache.store import Store
from b24kpi.report.quality import Shortcoming, find_shortcomings
from b24kpi.settings import Settings
from tests.event_logs import AS_OF
from tests.web.pages.site import filled

DAY = 86_400
BARE = {"category_id": 0, "currency_id": "UAH", "assigned_by_id": 1, "seen_at": AS_OF}


def lay(store: Store) -> None:
    """Six deals in place of the random ones: each but the first falls short once."""
    for table in ("deal", "stage_step", "lead", "product_row", "activity"):
        store.db.execute(f"DELETE FROM {table}")
    rows = [
        _deal(1),
        _deal(2, opportunity=0),
        _deal(3, company_id=None),
        _deal(4, date_create=AS_OF - 10 * DAY - 30),
        _deal(5, stage_id="NEW", stage_semantic_id="P", closedate="2026-11-01"),
        _deal(6, lead_id=77),
    ]
    store.db["deal"].insert_all(rows)


def _deal(number: int, **given: object) -> dict[str, object]:
    won = AS_OF - 10 * DAY
    usual = {"id": number, "stage_id": "WON", "stage_semantic_id": "S", "opportunity": 50_000, "company_id": 3}
    moments = {"date_create": won - 20 * DAY, "date_modify": won, "moved_time": won, "closedate": "2026-12-31"}
    return {**BARE, **usual, **moments, **given}


def test_each_shortcoming_is_counted_and_named(tmp_path: Path) -> None:
    """Of the deals that it concerns, with the deals themselves."""
    settings = filled(tmp_path, change=lay)
    found = {each.name: each for each in found_in(settings, {})}
    short = {name: (each.deals, each.checked, each.examples) for name, each in found.items()}
    assert short["no_amount"] == (1, 5, (2,))
    assert short["no_customer"] == (1, 5, (3,))
    assert short["instant"] == (1, 5, (4,))
    assert short["planned_past"] == (1, 1, (5,))
    assert short["orphan"] == (1, 1, (6,))
    assert short["fx_unknown"] == (0, 6, ())


def test_shortcomings_are_cut_to_a_manager(tmp_path: Path) -> None:
    """Who sees only what is his gets no deals of others."""
    settings = filled(tmp_path, change=lay)
    assert {each.checked for each in found_in(settings, {"manager": "2"})} == {0}


def found_in(settings: Settings, where: dict[str, str]) -> tuple[Shortcoming, ...]:
    """What the data of the settings' cache lack."""
    return Answers(settings, language="en").look(lambda engine: find_shortcomings(engine, where))
