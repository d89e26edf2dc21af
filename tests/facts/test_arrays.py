"""Arrays in blobs: what goes in comes out, and the course of deals says what the facts say row by row."""

import json
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from b24kpi.facts.arrays import BLOCK, BYTE, MOMENT, NO_MOMENT, Numbers, Texts, packed, packed_texts, unpacked
from b24kpi.facts.refresh import refresh
from b24kpi.metrics.analyses import COURSES
from b24kpi.metrics.course_columns import course_columns
from b24kpi.metrics.courses import never, read_deals, read_stays
from b24kpi.metrics.deal_activities import DealActivities
from b24kpi.metrics.engine import Engine
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, ZONE, random_tables
from tests.facts.mutations import filled_store
from tests.sql_engine import SqlEngine


@pytest.mark.parametrize("kind", ["u1", "<u4", "<i8"])
def test_numbers_come_out_as_they_went_in(kind: str) -> None:
    """Blob after blob, at once or in parts; where nothing was there is nothing."""
    blobs = [packed(kind, "1,2,3"), packed(kind, None), packed(kind, "200")]
    assert unpacked(kind, blobs).tolist() == [1, 2, 3, 200]
    numbers = Numbers(kind, 4)
    for part in (blobs[:1], blobs[1:2], blobs[1:]):
        numbers.extend(part)
    assert numbers.array.tolist() == [1, 2, 3, 200]


@pytest.mark.parametrize(("number", "held"), [("-5", 0), (str(2**40), NO_MOMENT)])
def test_what_a_type_cannot_hold_is_the_nearest_that_it_can(number: str, held: int) -> None:
    """A close date of 1900, and a deadline in the year 9999."""
    assert unpacked(MOMENT, [packed(MOMENT, number)]).tolist() == [held]


def test_texts_come_out_as_they_went_in() -> None:
    """Numbered alike in all blobs, whichever of them there are in each."""
    told = Texts(5)
    told.extend([packed_texts('["b", "a", "b"]'), None])
    told.extend([packed_texts('["c", "b"]')])
    codes, texts = told.told()
    assert [texts[code] for code in codes] == ["b", "a", "b", "c", "b"]


def test_many_texts_come_out_as_they_went_in() -> None:
    """More than a byte can tell apart, in more places than are looked at together."""
    names = [f"text {number % 700}" for number in range(200_000)]
    blobs = [packed_texts(json.dumps(names[begin : begin + BLOCK])) for begin in range(0, len(names), BLOCK)]
    told = Texts(len(names))
    told.extend(blobs)
    codes, texts = told.told()
    assert [texts[code] for code in codes] == names


def test_no_texts_are_no_texts() -> None:
    """Of a cache without deals."""
    codes, texts = Texts(0).told()
    assert (len(codes), len(texts)) == (0, 0)


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
        ("creator", "f.created_manager_id"),
    ],
)
def test_a_course_has_what_deals_are_told_apart_by(engine: Engine, name: str, column: str) -> None:
    """Whatever there is of it, and nothing where the deal has none."""
    codes, texts = course_columns(engine).codes(name)
    rows = engine.store.query(
        f"SELECT {column} FROM fact_deal AS f JOIN deal AS d ON d.id = f.deal_id ORDER BY deal_id"
    )
    assert [texts[code] for code in codes] == ["" if value is None else str(value) for (value,) in rows]
    assert len(set(texts)) == len(texts) > 1


@pytest.mark.parametrize("at_once", [2**17, 50])
def test_a_course_has_every_stay_in_a_process_stage(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Of all pipelines that a deal was in, stage by stage and deal by deal, however many are looked at together."""
    monkeypatch.setattr("b24kpi.facts.arrays._AT_ONCE", at_once)
    stays, ids = read_stays(replace(engine, _kept={})), read_deals(engine).ids
    assert all((np.diff(stays.deal[share]) >= 0).all() for share in stays.shares)
    stages = [stays.stages[code] for code in stays.stage_of(np.arange(len(stays.deal)))]
    times = (moments(column) for column in (stays.entered, stays.left))
    found = zip(ids[stays.deal].tolist(), stages, *times, strict=True)
    rows = engine.store.query(
        "SELECT deal_id, category_id, stage_id, entered_at, left_at FROM fact_stay WHERE semantic = 'P'"
    )
    assert sorted(map(str, found)) == sorted(str((row[0], row[1:3], *row[3:])) for row in rows)


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_stays_of_deals_that_were_not_there_are_left_out(engine: Engine, gone: int) -> None:
    """Of a block that has been written since the deals were read."""

    def told(one: Engine) -> list[tuple[int, ...]]:
        stays = read_stays(one)
        stages = stays.stage_of(np.arange(len(stays.deal)))
        return [*zip(read_deals(one).ids[stays.deal].tolist(), stages.tolist(), stays.entered.tolist(), strict=True)]

    whole = told(replace(engine, _kept={}))
    engine.store.db.conn.execute("BEGIN")
    engine.store.db.conn.execute("DELETE FROM fact_course WHERE block = ?", (gone,))
    left = told(replace(engine, _kept={}))
    engine.store.db.conn.execute("ROLLBACK")
    assert left == [stay for stay in whole if stay[0] // BLOCK != gone]
    assert 0 < len(left) < len(whole)


def test_a_course_has_activities_that_came_before_their_deals() -> None:
    """Of a whole block that was not there yet when all of them were made."""
    tables = random_tables(5, 2 * BLOCK)
    with filled_store(tables) as store, filled_store(tables) as other:
        store.db.execute(f"CREATE TEMP TABLE late AS SELECT * FROM deal WHERE id / {BLOCK} = 1")
        store.db.execute(f"DELETE FROM deal WHERE id / {BLOCK} = 1")
        refresh(store, ZONE, REPORT_CURRENCY, wanted=COURSES)
        store.db.execute("INSERT INTO deal SELECT * FROM late")
        for each in (store, other):
            refresh(each, ZONE, REPORT_CURRENCY, wanted=COURSES)
        for name in COURSES:
            rows = store.query(f"SELECT * FROM fact_{name} ORDER BY block")
            assert rows == other.query(f"SELECT * FROM fact_{name} ORDER BY block")
            assert len(rows) == 3  # the ids begin with 1


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
