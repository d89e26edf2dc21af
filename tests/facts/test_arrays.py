"""Arrays in blobs: what goes in comes out, and the course of deals says what the facts say row by row."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from b24kpi.facts.arrays import BLOCK, BYTE, MOMENT, NO_MOMENT, packed, packed_texts, unpacked, unpacked_texts
from b24kpi.metrics.courses import never, read_codes, read_deals, read_stays
from b24kpi.metrics.deal_activities import DealActivities
from b24kpi.metrics.engine import Engine
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.sql_engine import SqlEngine


@pytest.mark.parametrize("kind", ["u1", "<u4", "<i8"])
def test_numbers_come_out_as_they_went_in(kind: str) -> None:
    """Blob after blob; where nothing was there is nothing."""
    blobs = [packed(kind, "1,2,3"), packed(kind, None), packed(kind, "200")]
    assert unpacked(kind, blobs).tolist() == [1, 2, 3, 200]


@pytest.mark.parametrize(("number", "held"), [("-5", 0), (str(2**40), NO_MOMENT)])
def test_what_a_type_cannot_hold_is_the_nearest_that_it_can(number: str, held: int) -> None:
    """A close date of 1900, and a deadline in the year 9999."""
    assert unpacked(MOMENT, [packed(MOMENT, number)]).tolist() == [held]


def test_texts_come_out_as_they_went_in() -> None:
    """Numbered alike in all blobs, whichever of them there are in each."""
    codes, texts = unpacked_texts([packed_texts('["b", "a", "b"]'), None, packed_texts('["c", "b"]')])
    assert [texts[code] for code in codes] == ["b", "a", "b", "c", "b"]


def test_a_byte_tells_the_deals_of_a_block_apart() -> None:
    """The first and the last of them too."""
    assert unpacked(BYTE, [packed(BYTE, f"0,{BLOCK - 1}")]).tolist() == [0, BLOCK - 1]


@pytest.fixture(scope="module")
def engine() -> Engine:
    tables = random_tables(5, 2 * BLOCK + 100)  # three blocks
    return SqlEngine.over(tables, time_zone=TIME_ZONE, as_of=AS_OF, report_currency=REPORT_CURRENCY).engine


def moments(column: np.ndarray) -> list[int | None]:
    return [None if moment == never(column) else moment for moment in column.tolist()]


def test_a_course_has_every_deal(engine: Engine) -> None:
    """In the order of ids."""
    deals = read_deals(engine)
    found = zip(deals.ids.tolist(), moments(deals.closed), deals.money.tolist(), deals.is_won.tolist(), strict=True)
    rows = engine.store.query(
        "SELECT deal_id, closed_at, money, outcome = 'won' FROM fact_deal WHERE closed_at >= 0 OR closed_at IS NULL "
        "ORDER BY deal_id"
    )
    assert [row for row in found if row[1] != 0] == rows


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("pipeline", "f.category_id"),
        ("manager", "f.manager_id"),
        ("source", "f.source_id"),
        ("assigned", "d.assigned_by_id"),
    ],
)
def test_a_course_has_what_deals_are_told_apart_by(engine: Engine, name: str, column: str) -> None:
    """Whatever there is of it, and nothing where the deal has none."""
    codes, texts = read_codes(engine, name)
    rows = engine.store.query(
        f"SELECT {column} FROM fact_deal AS f JOIN deal AS d ON d.id = f.deal_id ORDER BY deal_id"
    )
    assert [texts[code] for code in codes] == ["" if value is None else str(value) for (value,) in rows]
    assert len(set(texts)) == len(texts) > 1


def test_a_course_has_every_stay_in_a_process_stage(engine: Engine) -> None:
    """Of all pipelines that a deal was in."""
    stays, ids = read_stays(engine), read_deals(engine).ids
    stages = [stays.stages[code] for code in stays.stage_of(np.arange(len(stays.deal)))]
    times = (moments(column) for column in (stays.entered, stays.left))
    found = zip(ids[stays.deal].tolist(), stages, *times, strict=True)
    rows = engine.store.query(
        "SELECT deal_id, category_id, stage_id, entered_at, left_at FROM fact_stay WHERE semantic = 'P'"
    )
    assert sorted(map(str, found)) == sorted(str((row[0], row[1:3], *row[3:])) for row in rows)


def test_a_course_has_the_activities_of_deals(engine: Engine) -> None:
    """Those that are not deleted, of whichever deals are asked for first."""
    ids = read_deals(engine).ids
    every = DealActivities(engine).of(np.arange(len(ids)))
    few = np.unique(every.owner)[[4, 1]]
    read = DealActivities(engine)
    assert len(read.of(few[:0]).owner) == 0
    assert sorted(few[read.of(few).owner]) == sorted(every.owner[np.isin(every.owner, few)])
    assert sorted(read.of(np.arange(len(ids))).touched) == sorted(every.touched)
    times = (moments(column) for column in (every.created, every.done, every.deadline, every.touched))
    rows = engine.store.query(
        "SELECT owner_id, created, CASE WHEN completed = 1 THEN COALESCE(last_updated, created) END, deadline, "
        "COALESCE(last_updated, created) FROM activity JOIN fact_deal ON deal_id = owner_id "
        "WHERE owner_type_id = 2 AND deleted_at IS NULL AND created IS NOT NULL"
    )
    assert sorted(map(str, zip(ids[every.owner].tolist(), *times, strict=True))) == sorted(map(str, rows))


def test_after_2038_moments_take_more_room(engine: Engine) -> None:
    """And say the same."""
    later = Engine(engine.store, ZoneInfo(TIME_ZONE), 2**31 + 5)
    assert read_stays(later).left.dtype == np.int64
    assert moments(read_stays(later).left) == moments(read_stays(engine).left)
