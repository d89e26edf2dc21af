"""Two published histories through the whole pipeline: portal, cache, facts and metrics give the published figures.

The figures are those that others, or plain loops over the raw files, have found in the same data; see `tests.loaders`.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from types import ModuleType
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from b24kpi.app import App, Ask
from b24kpi.cache.store import Store
from b24kpi.facts.refresh import refresh
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine, set_periods
from b24kpi.metrics.model import Measure, Query, Value
from b24kpi.metrics.observed import observations
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.statistics.survival import Observations, cumulative_incidence, nearest_rank
from tests.loaders import bpi2012, maven
from tests.pipeline.places import Clock, Place, opened_place

DAY = 86_400
LOG_END = 1331735637  # the last event of the loan log, 2012-03-14T14:33:57Z


@dataclass(frozen=True)
class History:
    """A synced data set, the application over it, and all its years as one period."""

    app: App
    engine: Engine
    whole: Period

    def values(self, metric: str) -> dict[str, Value]:
        """Values of a metric over the whole, by stage where it has stages."""
        found = self.engine.values(Query(find(metric), (self.whole,)))
        return {value.by.get("stage", ""): value for value in found}

    def value(self, metric: str) -> Value:
        return self.values(metric)[""]


@pytest.fixture(scope="module")
def loans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """BPI Challenge 2012: 13,087 loan applications of a Dutch bank."""
    with ExitStack() as stack:
        yield synced(stack, bpi2012, tmp_path_factory, Period(date(2011, 1, 1), date(2013, 1, 1), Grain.YEAR))


@pytest.fixture(scope="module")
def hardware(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """Maven: 8,800 opportunities of a firm that sells computer hardware."""
    with ExitStack() as stack:
        yield synced(stack, maven, tmp_path_factory, Period(date(2016, 1, 1), date(2018, 1, 1), Grain.YEAR))


def synced(stack: ExitStack, data: ModuleType, folders: pytest.TempPathFactory, whole: Period) -> History:
    place: Place = stack.enter_context(
        opened_place(
            folders.mktemp("history"),
            data.load,
            clock=Clock(data.NOW),
            further=f'time_zone = "{data.TIME_ZONE}"\n',
            time_zone=data.TIME_ZONE,
            base_currency=data.BASE_CURRENCY,
        )
    )
    app = stack.enter_context(place.app())
    assert app.sync().complete
    store = stack.enter_context(Store(place.cache))
    refresh(store, ZoneInfo(data.TIME_ZONE), data.BASE_CURRENCY)
    return History(app, Engine(store, ZoneInfo(data.TIME_ZONE), data.NOW), whole)


def money(value: Value) -> list[Decimal]:
    return [Decimal(str(number)) for number in (value.value, value.numerator)]


# --- loan applications


def test_as_many_applications_reach_each_stage_as_published(loans: History) -> None:
    """13,087 come in, 7,367 are preaccepted, 5,113 accepted, 5,015 finalized, 2,246 won."""
    stages = loans.values("stage_conversion")
    assert [stages[code].denominator for code, _, kind in bpi2012.STAGES if not kind] == [
        13087,
        13087,
        7367,
        5113,
        5015,
    ]
    assert [stages[code].numerator for code, _, kind in bpi2012.STAGES if not kind] == [13087, 7367, 5113, 5015, 2246]


def test_the_whole_funnel_of_the_bank_is_the_published_one(loans: History) -> None:
    """2,246 of 13,087."""
    funnel = loans.value("funnel_conversion")
    assert (funnel.numerator, funnel.denominator) == (2246, 13087)


def test_years_of_the_report_add_up_to_the_published_funnel(loans: History) -> None:
    """Cohorts of 2011 and 2012 share no application."""
    ask = Ask(("funnel_conversion",), Grain.YEAR, loans.whole.start, loans.whole.end)
    values = [entry.value for entry in loans.app.report(ask).entries]
    assert [value.denominator for value in values] == [7455, 5632]
    assert sum(int(value.numerator or 0) for value in values) == 2246


def test_the_bank_grants_what_was_published(loans: History) -> None:
    """35,290,338 for 2,246 loans, 15,712.53 on average."""
    assert money(loans.value("total_sales")) == [Decimal("35290338.00")] * 2
    assert money(loans.value("aov")) == [Decimal("15712.53"), Decimal("35290338.00")]


def test_closed_applications_are_those_of_the_log(loans: History) -> None:
    """2,246 won, 7,635 declined and 2,807 cancelled; 399 are open."""
    rate = loans.value("win_rate")
    assert (rate.numerator, rate.denominator) == (2246, 2246 + 7635 + 2807)
    assert loans.value("sales_cycle").n - rate.n == 399


def test_a_point_of_conversion_is_worth_what_was_published(loans: History) -> None:
    """56.3, 69.4, 98.1 and 44.8 % go on; a point more brings 626.9k at the first, 788.0k at the last (kpi.md 2.2)."""
    stages = loans.values("bottleneck")
    found = [stages[code].extra for code, _, kind in bpi2012.STAGES if not kind][1:]
    assert [round(float(each["conversion"] or 0), 3) for each in found] == [0.563, 0.694, 0.981, 0.448]
    assert [round(float(each["point_worth"] or 0) / 1000, 1) for each in (found[0], found[-1])] == [626.9, 788.0]


def test_the_bottleneck_of_the_bank_is_told_once_its_cases_are_old_enough(loans: History) -> None:
    """While the last ones are young nothing is; a year later the applications of 2011 show where money was left."""
    year = Period(date(2011, 1, 1), date(2012, 1, 1), Grain.YEAR)
    later = Engine(loans.engine.store, loans.engine.zone, loans.engine.as_of + 365 * DAY)
    assert {value.reason for value in loans.values("bottleneck").values()} == {"not_mature"}
    found = {value.by["stage"]: value for value in later.values(Query(find("bottleneck"), (year,)))}
    assert sum(1 for value in found.values() if value.value) >= 1
    assert all(value.low is not None and value.low > 0 for value in found.values() if value.value)


def test_open_stays_count_in_the_time_on_a_stage(loans: History) -> None:
    """A_FINALIZED: median 15.130 days with the 327 that last, 14.561 if one forgot them."""
    stay = loans.values("time_in_stage")["A_FINALIZED"]
    assert (stay.n, round(float(stay.value or 0) / DAY, 3)) == (5015, 15.130)


def test_the_cycle_of_won_loans_is_the_published_one(loans: History) -> None:
    """Median 14.437 days from application to the first mark of a win."""
    assert float(loans.value("sales_cycle").extra["median_of_won"] or 0) / DAY == pytest.approx(14.437, abs=0.005)


def test_the_bank_grants_loans_as_soon_as_published(loans: History) -> None:
    """.0096, .0830, .1619, .1789, .1799 of all within 7, 14, 30, 60 and 90 days, cut off where the log ends."""
    ending = replace(loans, engine=replace(loans.engine, as_of=LOG_END))
    granted = cumulative_incidence(cycles(ending))
    found = [round(granted.at(days * DAY), 4) for days in (7, 14, 30, 60, 90)]
    assert found == [0.0096, 0.0830, 0.1619, 0.1789, 0.1799]


def cycles(history: History) -> Observations:
    """From creation to any close, of all deals."""
    return observed(history, "sales_cycle")


def observed(history: History, metric: str, further: str = "TRUE") -> Observations:
    """What the metric is the median of, where a further condition holds."""
    part = find(metric).durations
    assert part
    set_periods(history.engine.store, [history.whole])
    narrowed = replace(part, where=f"{part.where or 'TRUE'} AND {further}")
    return observations(history.engine, narrowed, ((),), {}, [0])[()][0, ()]


# --- loan applications, as they looked at three earlier moments

# Midnight UTC, as the published cuts are; the stay in A_FINALIZED in days, shares of the applications.
CUTS = {
    "2011-10-22": {"kaplan_meier": 14.86, "finished": 9.54, "created": 0.0589, "closed": 0.0901, "eventual": 0.1655},
    "2011-11-15": {"kaplan_meier": 14.21, "finished": 13.88, "created": 0.1237, "closed": 0.1537, "eventual": 0.1943},
    "2011-12-15": {"kaplan_meier": 14.72, "finished": 15.61, "created": 0.1407, "closed": 0.1579, "eventual": 0.1819},
}


@pytest.mark.parametrize("day", CUTS)
def test_the_bank_as_it_looked_then(loans: History, day: str) -> None:
    """What is later known to be about 14.7 days and 18 % could be told by then, and not from the finished alone."""
    ask = Ask(("time_in_stage", "funnel_conversion", "win_rate"), Grain.YEAR, date(2011, 1, 1), date(2012, 1, 1))
    report = loans.app.report(ask, as_of=datetime.fromisoformat(f"{day}T00:00:00+00:00"))
    found = {(e.value.metric, e.value.by.get("stage", "")): e.value for e in report.entries}
    stay, funnel = found["time_in_stage", "A_FINALIZED"], found["funnel_conversion", ""]
    told = {
        "kaplan_meier": round(float(stay.value or 0) / DAY, 2),
        "finished": round(float(stay.extra["mean_of_finished"] or 0) / DAY, 2),
        "created": round(float(funnel.value or 0), 4),
        "closed": round(float(found["win_rate", ""].value or 0), 4),
        "eventual": round(float(funnel.extra["eventual"] or 0), 4),
    }
    assert told == CUTS[day]
    assert all("reconstructed" in value.flags for value in found.values())


# What was known later of the same applications and stays: median days, and the share that was won in the end.
TRUTHS = {"2011-10-22": (14.91, 0.2065), "2011-11-15": (14.38, 0.1955), "2011-12-15": (14.76, 0.1757)}


@pytest.mark.parametrize("day", TRUTHS)
def test_what_became_of_the_bank_of_then(loans: History, day: str) -> None:
    """The estimates of `CUTS` are to be held to this: those of Kaplan-Meier are nearer than those of the finished."""
    cut = int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())
    funnel = find("funnel_conversion")
    parts = {name: with_condition(part, f"entered_at < {cut}") for name, part in funnel.measures.items()}
    (won,) = loans.engine.values(Query(replace(funnel, measures=parts), (loans.whole,)))
    stays = observed(loans, "time_in_stage", f"stage_id = 'A_FINALIZED' AND entered_at < {cut}")
    assert stays.ended.all()
    assert (round(float(np.median(stays.seconds)) / DAY, 2), round(float(won.value or 0), 4)) == TRUTHS[day]


def with_condition(part: Measure, further: str) -> Measure:
    return replace(part, where=f"{part.where} AND {further}" if part.where else further)


# --- hardware


def test_the_win_rate_of_the_firm_is_the_published_one(hardware: History) -> None:
    """4,238 won and 2,473 lost: 63.15 %, between 61.99 and 64.30."""
    rate = hardware.value("win_rate")
    assert (rate.numerator, rate.denominator) == (4238, 4238 + 2473)
    assert [round(float(number or 0), 4) for number in (rate.value, rate.low, rate.high)] == [0.6315, 0.6199, 0.6430]


def test_the_firm_sells_what_was_published(hardware: History) -> None:
    """10,005,534 in all, 2,360.91 on average."""
    assert money(hardware.value("total_sales")) == [Decimal("10005534.00")] * 2
    assert money(hardware.value("aov")) == [Decimal("2360.91"), Decimal("10005534.00")]


def test_quarters_of_the_report_are_the_published_ones(hardware: History) -> None:
    """Revenue of 2017, by the day of the win."""
    report = hardware.app.report(Ask(("total_sales",), Grain.QUARTER, date(2017, 1, 1), date(2018, 1, 1)))
    assert [(entry.value.period.label, int(entry.value.value or 0)) for entry in report.entries] == [
        ("2017-Q1", 1_134_672),
        ("2017-Q2", 3_086_111),
        ("2017-Q3", 2_982_255),
        ("2017-Q4", 2_802_496),
    ]


def test_open_opportunities_count_in_the_cycle(hardware: History) -> None:
    """Half of them are closed after 69 days; of the closed ones alone, after 45."""
    found = cycles(hardware)
    assert float(hardware.value("sales_cycle").value or 0) / DAY == 69
    assert (nearest_rank(found.seconds[found.ended], 0.5) or 0) / DAY == 45


def test_half_of_the_opportunities_will_be_won(hardware: History) -> None:
    """51.94 %, not 63.15 % as of the closed ones; lifelines, which moves equal days apart by chance, says .5195."""
    eventual = hardware.value("sales_cycle").extra["eventual"]
    assert float(eventual or 0) == pytest.approx(0.519439, abs=1e-6)


def test_the_typical_order_is_smaller_than_the_mean(hardware: History) -> None:
    """Half of the won opportunities brought 1,117 or less."""
    (median,) = hardware.engine.store.query(
        "SELECT money FROM fact_deal WHERE outcome = 'won' ORDER BY money LIMIT 1 OFFSET (4238 - 1) / 2"
    )
    assert median == (111_700,)


def test_opportunities_without_account_are_no_customers(hardware: History) -> None:
    """1,425 opportunities name no account, none of which is won; 85 accounts bought."""
    per_customer = hardware.value("revenue_per_customer")
    assert (money(per_customer)[1], per_customer.denominator) == (Decimal("10005534.00"), 85)


def test_two_of_the_agents_differ_from_their_team(hardware: History) -> None:
    """Of 30 the intervals of two leave out the team's 63.15 % (kpi.md G4); held against the rest of the team by
    Newcombe's, which the report does, it is a third one by a tenth of a point."""
    year = Period(date(2017, 1, 1), date(2018, 1, 1), Grain.YEAR)
    agents = hardware.engine.values(Query(find("win_rate"), (year,), ("manager",)))
    outside = [each for each in agents if not (each.low or 0) <= 4238 / 6711 <= (each.high or 1)]
    differing = [each for each in agents if "no_difference" not in each.flags]
    assert (len(agents), len(outside), len(differing)) == (30, 2, 3)
    assert {each.by["manager"] for each in outside} < {each.by["manager"] for each in differing}


def test_sums_over_agents_and_offices_are_the_totals(hardware: History) -> None:
    """No win is counted twice or lost in a slice."""
    for dimension in ("manager", "department"):
        ask = Ask(("won_deals",), Grain.YEAR, date(2017, 1, 1), date(2018, 1, 1), by=(dimension,))
        assert sum(int(entry.value.value or 0) for entry in hardware.app.report(ask).entries) == 4238
