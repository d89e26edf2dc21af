"""How deals came through stages: by hand, and on random logs against plain loops."""

from collections import Counter
from itertools import pairwise

import pytest

from b24kpi.metrics.period import Period
from b24kpi.report.stage_ways import Ways, stage_ways
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.reference.deals import Stay, Visit
from tests.reference.engine import Reference
from tests.reference.stages import Stages
from tests.report.small import JUNE, engine_over
from tests.sql_engine import SqlEngine

CASE = {
    "deal": [
        {"steps": [["2026-06-01", "NEW"], ["2026-06-03", "EXECUTING"], ["2026-06-09", "WON"]]},  # passes one by
        {"steps": [["2026-06-02T10:00:00", "NEW"], ["2026-06-02T10:00:20", "PREPARATION"]]},  # flashes through
        {
            "steps": [  # back twice, and on again
                *(["2026-06-03", "NEW"], ["2026-06-04", "PREPARATION"], ["2026-06-05", "NEW"]),
                *(["2026-06-06", "PREPARATION"], ["2026-06-07", "NEW"], ["2026-06-08", "EXECUTING"]),
            ]
        },
        {"steps": [["2026-05-31", "NEW"], ["2026-06-03", "EXECUTING"]]},  # came before June
    ]
}


def test_ways_by_hand() -> None:
    """Of three deals of June one passed a stage by, one flashed through one, one was moved back from one twice."""
    found = stage_ways(engine_over(CASE), JUNE, {})
    assert found == {
        ("0", "NEW"): Ways(3, 2, 1, 0, 0, 0),
        ("0", "PREPARATION"): Ways(3, 2, 0, 1, 1, 2),
        ("0", "EXECUTING"): Ways(2, 2, 0, 0, 0, 0),
    }
    assert found["0", "PREPARATION"].share(1) == pytest.approx(1 / 3)


def test_ways_are_cut_to_a_manager() -> None:
    """To whom the deal belonged when it came; without deals there is no row."""
    case = {"deal": [{**CASE["deal"][0], "assigned_by_id": 6}, CASE["deal"][1]]}
    engine = engine_over(case)
    assert {key: ways.reached for key, ways in stage_ways(engine, JUNE, {"manager": "6"}).items()} == {
        ("0", "NEW"): 1,
        ("0", "PREPARATION"): 1,
        ("0", "EXECUTING"): 1,
    }
    assert stage_ways(engine, JUNE, {"manager": "7"}) == {}
    assert Ways(0, 0, 0, 0, 0, 0).share(0) is None


@pytest.mark.parametrize("seed", [1, 4])
def test_ways_equal_plain_loops(seed: int) -> None:
    """On logs with skips, returns, transfers, removed stages."""
    tables = random_tables(seed, 150)
    given = {"time_zone": TIME_ZONE, "as_of": AS_OF, "report_currency": REPORT_CURRENCY}
    period, world = Period.parse("2026"), Reference(tables, **given)._world
    expected: dict[tuple[str, str], Counter[str]] = {}
    for _, visit in world.visits():
        if period.start <= world.day(visit.start) < period.end:
            for code, ways in _ways(visit, world.stages).items():
                expected.setdefault((str(visit.category), code), Counter()).update(ways)
    found = stage_ways(SqlEngine.over(tables, **given).engine, period, {})
    assert {key: Counter(vars(ways)) for key, ways in found.items()} == expected


def _ways(visit: Visit, stages: Stages) -> dict[str, Counter[str]]:
    found = {}
    for rung, code in enumerate(stages.codes(visit.category)[: visit.furthest(stages)], 1):
        own = [stay for stay in visit.stays if stay.stage == code]
        long = [stay for stay in own if stay.end is None or stay.end - stay.start >= 60]
        backs = [
            then
            for now, then in pairwise(visit.stays)
            if now.stage == code and _is_before(visit.category, then, rung, stages)
        ]
        kind = "stayed" if long else "instant" if own else "skipped"
        counts = {"stayed": 0, "instant": 0, "skipped": 0, kind: 1}
        found[code] = Counter({"reached": 1, **counts, "returned": int(bool(backs)), "returns": len(backs)})
    return found


def _is_before(category: int, then: Stay, rung: int, stages: Stages) -> bool:
    """Of a stage that is in no dictionary nobody knows where it stood."""
    return then.semantic == "P" and stages.knows(category, then.stage) and stages.rank(category, then.stage) < rung
