"""The funnel as Bitrix24 counts it: by hand, and on random logs against plain loops."""

from statistics import fmean

import pytest

from b24kpi.metrics.period import Period
from b24kpi.report.active_funnel import active_funnel
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.reference.engine import Reference
from tests.report.small import JUNE, engine_over
from tests.sql_engine import SqlEngine

DAY = 86_400
CASE = {
    "deal": [
        {
            "steps": [["2026-05-01", "NEW"], ["2026-06-03", "EXECUTING"], ["2026-07-09", "WON"]],
            "closedate": "2026-07-09",
        },
        {"steps": [["2026-06-02", "NEW"], ["2026-06-06", "PREPARATION"]], "closedate": "2026-01-01"},  # open: no close
        {"steps": [["2026-06-03", "NEW"], ["2026-06-04", "LOSE"]], "closedate": "2026-06-04"},
        {"steps": [["2026-06-05", "NEW"], ["2026-06-15", "WON"]], "closedate": "2026-06-15"},
        {"steps": [["2026-04-01", "NEW"], ["2026-05-04", "WON"]], "closedate": "2026-05-04"},  # closed before June
        {"steps": [["2026-04-01", "NEW"], ["2026-05-04", "WON"]], "closedate": "2026-06-04"},  # somebody edited the day
        {"steps": [["2026-07-01", "NEW"]]},  # came after June
        {"steps": [["2026-06-01", "NEW"], ["2026-06-10", "C5:NEW"]]},  # went over to another pipeline
    ]
}


def test_the_active_deals_of_june_by_hand() -> None:
    """Five of the first pipeline: two won by its end; in the first stage stays of 33, 4, 1, 10 and 33 days are over."""
    first, fifth = active_funnel(engine_over(CASE), JUNE, {}, language="en")
    assert (first.active, first.won, first.conversion) == (5, 2, 0.4)
    assert [(each.stage, each.passed, each.visited, each.finished) for each in first.stages] == [
        ("NEW", 5, 5, 5),
        ("PREPARATION", 4, 1, 0),
        ("EXECUTING", 3, 1, 0),
    ]
    assert first.stages[0].mean_seconds == pytest.approx((33 + 4 + 1 + 10 + 33) / 5 * DAY)
    assert first.stages[1].mean_seconds is None
    assert (fifth.pipeline, fifth.active, fifth.won) == ("5", 1, 0)


def test_a_manager_is_who_is_responsible_now() -> None:
    """Whatever was so when the deal came."""
    case = {"deal": [{**CASE["deal"][1], "assigned_by_id": 7, "owners": [["2026-06-02", 6], ["2026-06-20", 7]]}]}
    engine = engine_over(case)
    assert active_funnel(engine, JUNE, {"manager": "6"}, language="en") == []
    assert [each.active for each in active_funnel(engine, JUNE, {"manager": "7"}, language="en")] == [1]


@pytest.mark.parametrize("seed", [2, 5])
@pytest.mark.parametrize("label", ["2026-05", "2026-Q3"])
def test_the_active_funnel_equals_plain_loops(seed: int, label: str) -> None:
    """Counts and means of every pipeline and stage."""
    tables, period = random_tables(seed, 150), Period.parse(label)
    given = {"time_zone": TIME_ZONE, "as_of": AS_OF, "report_currency": REPORT_CURRENCY}
    world = Reference(tables, **given)._world
    rows = {row["id"]: row for row in tables["deal"]}
    expected: dict[str, list[dict[str, list[float]]]] = {}
    for deal in world.deals:
        visit = deal.life.visits[-1]
        stays = [stay for stay in visit.stays if world.day(stay.start) < period.end]
        closed = rows[deal.id]["closedate"] or (deal.life.closed_at and world.day(deal.life.closed_at).isoformat())
        if stays and (deal.life.outcome == "P" or closed >= period.start.isoformat()):
            spent: dict[str, list[float]] = {"won": [1.0] if any(stay.semantic == "S" for stay in stays) else []}
            for stay in stays:
                is_over = stay.end is not None and world.day(stay.end) < period.end
                spent.setdefault(stay.stage, []).extend([stay.end - stay.start] if is_over and stay.end else [])
            expected.setdefault(str(visit.category), []).append(spent)
    for found in active_funnel(SqlEngine.over(tables, **given).engine, period, {}, language="en"):
        deals = expected.pop(found.pipeline)
        assert (found.active, found.won) == (len(deals), sum(bool(spent["won"]) for spent in deals))
        for stage in found.stages:
            longest = [max(spent[stage.stage]) for spent in deals if spent.get(stage.stage)]
            assert stage.visited == sum(stage.stage in spent for spent in deals)
            assert stage.finished == len(longest)
            assert stage.mean_seconds == (pytest.approx(fmean(longest)) if longest else None)
        reached = [each.passed for each in found.stages]
        assert reached == sorted(reached, reverse=True)
        assert reached[0] == found.active
    assert not expected
