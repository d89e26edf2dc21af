"""Conversions of young cohorts are flagged, and say what is to be expected of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from b24kpi.facts.refresh import refresh
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.period import Period
from tests.event_logs import ZONE
from tests.facts.rows import at, portal_of


def deal(created: str, ended: str = "", stage: str = "WON") -> dict[str, Any]:
    return {"steps": [(created, "NEW"), *([(ended, stage)] if ended else [])]}


# Ten days from creation to the end, in May.
SEASONED = [deal(f"2026-05-0{n}T10:00", f"2026-05-1{n}T10:00", stage) for n, stage in enumerate(("WON", "LOSE") * 2, 1)]
JUNE = Period.parse("2026-06")


@contextmanager
def engine(deals: Sequence[dict[str, Any]], as_of: str) -> Iterator[Engine]:
    with portal_of(*(dict(one, steps=list(one["steps"])) for one in deals)) as store:
        refresh(store, ZONE, "UAH")
        yield Engine(store, ZONE, at(as_of))


def value(metric: str, deals: Sequence[dict[str, Any]], as_of: str, **ask: Any) -> Value:
    with engine(deals, as_of) as found:
        return found.values(Query(find(metric), (JUNE,), **ask))[0]


@pytest.mark.parametrize(("as_of", "young"), [("2026-07-02", True), ("2026-07-10T23:59", True), ("2026-07-11", False)])
def test_a_cohort_is_mature_once_its_youngest_is_as_old_as_nine_cycles_of_ten(as_of: str, young: bool) -> None:
    """Ten days after the end of its period, where nine of ten deals took ten days at most."""
    found = value("funnel_conversion", [*SEASONED, deal("2026-06-20T10:00")], as_of)
    assert ("immature" in found.flags, "nowcast" in found.extra) == (young, young)


def test_the_nowcast_is_the_incidence_at_that_age() -> None:
    """One of three that were watched for five days was won then; the fourth was not watched so long."""
    deals = [deal("2026-06-20T10:00", "2026-06-25T10:00"), deal("2026-06-20T10:00", "2026-06-26T10:00", "LOSE")]
    deals += [deal("2026-06-20T10:00"), deal("2026-06-28T00:00")]
    found = value("funnel_conversion", [*SEASONED, *deals], "2026-07-02T00:00")
    assert found.value == 0.25
    assert found.extra["nowcast"] == pytest.approx(1 / 3)


def test_what_is_expected_ever_looks_as_far_as_the_oldest_was_watched() -> None:
    """Of two deals watched longer than a cycle one was won after eleven days, when the third was out of sight."""
    deals = [deal("2026-06-02T00:00", "2026-06-13T00:00"), deal("2026-06-02T00:00"), deal("2026-06-25T00:00")]
    found = value("funnel_conversion", [*SEASONED * 5, *deals], "2026-07-02T00:00")
    assert (found.extra["nowcast"], found.extra["eventual"]) == (0.0, 0.5)


def test_where_nothing_has_ended_yet_every_cohort_is_young() -> None:
    """And nothing can be expected."""
    found = value("funnel_conversion", [deal("2026-06-20T10:00")], "2027-07-02")
    assert "immature" in found.flags
    assert found.extra["nowcast"] is None


def test_the_other_reading_is_never_young() -> None:
    """Throughput of a period does not change afterwards."""
    found = value("funnel_conversion", [*SEASONED, deal("2026-06-20T10:00")], "2026-07-02", mode="flow")
    assert (found.flags, found.extra) == ((), {})


def test_stages_of_a_young_cohort_have_their_own_nowcast() -> None:
    """The first stage was left by all of May's deals, in ten days."""
    with engine([*SEASONED, deal("2026-06-28T10:00", "2026-06-30T10:00", "CALL")], "2026-07-02") as found:
        stages = found.values(Query(find("stage_conversion"), (JUNE,)))
    first = next(each for each in stages if each.by["stage"] == "NEW")
    assert (first.value, first.extra["nowcast"]) == (1.0, 1.0)
    assert "immature" in first.flags


def test_a_slice_without_members_is_not_young() -> None:
    """There is nothing that could still rise."""
    found = value("funnel_conversion", SEASONED, "2026-07-02")
    assert (found.value, found.flags) == (None, ())
