"""Published figures of a real history of human work come out: BPI Challenge 2012, see kpi.md 4.2.

Its applications are leads, the first work on each is a call to the applicant, and pieces of work are calls. The bank's
people work at all hours, so the working time is round the clock. Fractions of seconds are cut: the portal keeps none.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from b24kpi.cache.store import Store
from b24kpi.facts.figures import Figures
from b24kpi.facts.refresh import refresh
from b24kpi.facts.service_figures import ServiceFigures, WorkTime
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.period import Grain, Period
from tests.loaders.bpi2012 import BASE_CURRENCY, NOW, TIME_ZONE
from tests.loaders.bpi2012_work import Case, read_work
from tests.loaders.common import data_file

LEADS, OFFERS = "W_Afhandelen leads", "W_Nabellen offertes"  # handling leads, calling after offers
HANDLED = {1: LEADS, 2: OFFERS}  # user → his work
ALL = (Period(date(2011, 10, 1), date(2012, 4, 1), Grain.QUARTER),)
FIGURES = Figures(service=ServiceFigures(WorkTime.parse("mon-sun 00:00-24:00")))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    cases = read_work(data_file("bpic2012.xes.gz"))
    zone = ZoneInfo(TIME_ZONE)
    with Store(":memory:") as store:
        for number, stage, semantics in ((1, "NEW", None), (2, "WON", "S")):
            row = {"id": number, "entity_id": "DEAL_STAGE", "status_id": stage, "sort": number, "semantics": semantics}
            insert(store, "status", **row)
        for number, case in enumerate(cases, 1):
            insert_case(store, number, case)
        insert_handling(store, cases)
        refresh(store, zone, BASE_CURRENCY, FIGURES)
        yield Engine(store, zone, NOW, figures=FIGURES)


def insert_case(store: Store, number: int, case: Case) -> None:
    first, created = case.first_work, int(case.created)
    work = first.code if first else None
    insert(store, "lead", id=number, date_create=created, status_semantic_id="P", source_id=work)
    if case.is_won:
        won = {"stage_id": "WON", "stage_semantic_id": "S", "moved_time": int(NOW) - 1, "category_id": 0}
        insert(store, "deal", id=number, lead_id=number, date_create=created, opportunity=1, **won)
    if first:
        of = {"owner_type_id": 1, "owner_id": number, "responsible_id": 1, "completed": 1}
        insert(
            store, "activity", id=number, provider_id="VOXIMPLANT_CALL", direction=2, start_time=int(first.moment), **of
        )


def insert_handling(store: Store, cases: list[Case]) -> None:
    pieces = [(user, *piece) for case in cases for user, code in HANDLED.items() for piece in case.intervals(code)]
    for number, (user, begun, ended) in enumerate(pieces, 1):
        seconds = max(1, round(ended - begun))
        of = {"call_type": 1, "call_failed_code": "200", "call_start_date": int(begun), "portal_user_id": user}
        insert(store, "call", id=number, call_duration=seconds, **of)


def insert(store: Store, table: str, **row: Any) -> None:
    marks = ", ".join("?" * len(row))
    store.db.conn.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def values(
    engine: Engine, metric: str, by: tuple[str, ...] = (), where: Mapping[str, str] | None = None
) -> list[Value]:
    return engine.values(Query(find(metric), ALL, by, where or {}))


def test_first_work(engine: Engine) -> None:
    """Of 13,087 applications 9,657 were taken up, half of these within 68.71 minutes, 90 % within 1082."""
    value = values(engine, "response_time")[0]
    assert value.n == 13_087
    assert (value.extra["median_of_answered"] or 0) / 60 == pytest.approx(68.71, abs=0.02)
    assert (value.extra["p90_of_answered"] or 0) / 60 == pytest.approx(1082.4, abs=0.05)
    assert (
        sum(each.n for each in values(engine, "response_vs_conversion") if each.by["response_bucket"] != "7") == 9_657
    )


def test_who_was_never_answered_counts(engine: Engine) -> None:
    """A quarter was decided without any work: the median of all is later than that of the answered."""
    value = values(engine, "response_time")[0]
    assert isinstance(value.value, float)
    assert value.value > (value.extra["median_of_answered"] or 0)


def test_conversion_by_speed(engine: Engine) -> None:
    """Of leads handled as such: 21.7 % within 5 minutes (830), 7.4 % within 30, 13.2 % of those of 8 to 24 hours."""
    found = {
        each.by["response_bucket"]: each for each in values(engine, "response_vs_conversion", where={"source": LEADS})
    }
    shares = {bucket: round(100 * float(value.value or 0), 1) for bucket, value in found.items()}
    assert found["1"].n == pytest.approx(830, abs=2)
    assert (shares["1"], shares["2"], shares["5"]) == (21.7, 7.4, 13.2)


@pytest.mark.parametrize(("user", "count", "mean", "median"), [(2, 22_405, 9.313, 1.685), (1, 5_897, 16.944, 1.909)])
def test_handle_time(engine: Engine, user: int, count: int, mean: float, median: float) -> None:
    """22,405 calls after offers of 9.313 minutes on average, 1.685 in the middle; 5,897 leads handled in 16.944."""
    value = values(engine, "aht", where={"manager": str(user)})[0]
    assert value.n == count
    assert isinstance(value.value, float)
    assert value.value / 60 == pytest.approx(mean, abs=0.002)
    assert (value.extra["median"] or 0) / 60 == pytest.approx(median, abs=0.009)
