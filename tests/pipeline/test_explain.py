"""The rows behind a number add up to it exactly, and those beside it say why they do not count."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from b24kpi.app import App, Ask, Explanation
from b24kpi.cache.store import Store
from b24kpi.metrics import formula
from b24kpi.metrics.catalogue import find, load
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Metric, Query
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.ratios import Found, sums
from b24kpi.metrics.statistics.stratified import Stratum, common_difference
from b24kpi.report.explain import Row
from tests.pipeline.cache_tables import query
from tests.pipeline.conftest import company
from tests.pipeline.mapped import SERVICE
from tests.pipeline.places import Place, opened_place

PERIODS = ("2026-06", "2026-Q2", "2026-W20", "2025", "2026-11-17")
MIDDLES = {"response_time": "inquiries", "work_depth": "touches"}  # medians of what the rows of a measure tell
SUMS = [metric for metric in load() if metric.measures and metric.numerator and metric.id not in MIDDLES]
ANALYSES = [metric for metric in load() if metric.analysis and not metric.numerator and metric.id not in MIDDLES]
# What an analysis computes otherwise out of sums; the rows of a forecast are open deals with their chances, and of
# cohorts of marketing only those count that were won in time.
_OTHER_ROWS = {*MIDDLES, "sales_forecast", "romi_cohort"}
UNSUMMED = [m for m in load() if m.analysis and m.measures and m.id not in _OTHER_ROWS]
ASK = Ask(("won_deals",), Grain.MONTH, date(2026, 6, 1), date(2026, 7, 1))
MEDIANS = [metric for metric in load() if metric.durations]
MARGIN = Fraction(2, 5)
GIVEN = f"""
{SERVICE}[ratings]
nps_field = "deal.UF_CRM_NPS"
[offers]
date_field = "company.UF_CRM_OFFER"
[motivation]
scheme = "motivation.toml"
"""
SCHEME = """
[[version]]
from = 2025-01-01
weights = { total_sales = 3, win_rate = 1 }
targets = { total_sales = 400000, win_rate = 0.45 }
"""
FIXED = {"pipeline": "0", "stage": "PREPARATION", "source": "ADVERTISING", "utm_campaign": "brand-search"}
FIXED |= {"kpi": "won_deals", "response_bucket": "2", "manager": "3", "point": "2", "product": "7"}


@dataclass(frozen=True)
class Explained:
    """A synced company with costs and a margin, and the application over it."""

    place: Place
    app: App


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explained]:
    further = f"[marketing]\nmargin = {float(MARGIN)}\n{GIVEN}"
    folder = tmp_path_factory.mktemp("explain")
    (folder / "motivation.toml").write_text(SCHEME, encoding="utf-8")
    with opened_place(folder, company(400), further=further) as place, place.app() as app:
        reopen_some(place)
        app.sync()
        file = place.folder / "costs.csv"
        place.filled.write_costs_csv(file)
        app.import_costs(file)
        yield Explained(place, app)


def reopen_some(place: Place) -> None:
    """Three deals that were won of late have to be dealt with once more."""
    won = "STAGE_ID = 'WON' AND ID IN (SELECT OWNER_ID FROM deal_history WHERE STAGE_ID = 'WON')"
    for row in place.state.rows("deal", won)[-3:]:
        place.state.update("deal", row["ID"], {"STAGE_ID": "EXECUTING"})


def explained(app: App, metric: Metric, label: str) -> Explanation:
    """A number taken apart; of one stage, source or campaign, where the metric always has them."""
    where = {name: FIXED[name] for name in metric.fixed if name in FIXED}
    return app.explain(metric.id, Period.parse(label), where)


def sum_of(found: Explanation, metric: Metric, part: str) -> Fraction:
    """What the included rows of a part add up to."""
    mine = [row.cells for row in found.included if row.cells["part"] == part]
    if distinct := metric.measures[part].distinct:
        return Fraction(len({cells[distinct] for cells in mine}))
    return sum((Fraction(cells["adds"]) for cells in mine), Fraction(0))


def rounded(amount: Fraction, like: Any) -> Any:
    """As the report shows it: money to the cent."""
    return Decimal(round(amount * 100)) / 100 if isinstance(like, Decimal) else amount


@pytest.mark.parametrize("label", PERIODS)
@pytest.mark.parametrize("metric", SUMS, ids=lambda metric: metric.id)
def test_included_rows_add_up_to_the_number(synced: Explained, metric: Metric, label: str) -> None:
    """Numerator and denominator, exactly."""
    found = explained(synced.app, metric, label)
    sums = {name: sum_of(found, metric, name) for name in metric.measures} | {"margin": MARGIN}
    value = found.value.value
    if value.numerator is None:
        pytest.skip(f"{metric.id} is no sum or ratio of sums")
    assert value.numerator == rounded(formula.evaluate(metric.numerator, sums), value.numerator)
    if metric.denominator:
        assert value.denominator == rounded(formula.evaluate(metric.denominator, sums), value.denominator)


@pytest.mark.parametrize("label", PERIODS)
@pytest.mark.parametrize("metric", ANALYSES, ids=lambda metric: metric.id)
def test_rows_of_an_analysis_add_up_to_the_number(synced: Explained, metric: Metric, label: str) -> None:
    """The sides of the value are among the sums of the parts that the analysis names."""
    found = explained(synced.app, metric, label)
    sums: dict[str, Fraction] = defaultdict(Fraction)
    for row in found.included:
        sums[row.cells["part"]] += Fraction(row.cells["adds"])
    value = found.value.value
    for side in filter(None, (value.numerator, value.denominator)):
        assert Fraction(side) in sums.values()


@pytest.mark.parametrize("label", ["2026-06", "2026-Q2"])
@pytest.mark.parametrize("metric", ["interaction_effectiveness", "motivation_base"])
def test_a_weighted_mean_is_the_sum_of_its_parts(synced: Explained, metric: str, label: str) -> None:
    """Each part adds what it brings to the whole."""
    found = explained(synced.app, find(metric), label)
    assert sum(row.cells["adds"] for row in found.included) == pytest.approx(found.value.value.value)


def test_the_uplift_of_offers_is_that_of_its_rows(synced: Explained) -> None:
    """Every customer compared is there, on each day of offers, under what he did."""
    found = explained(synced.app, find("segment_offer_uplift"), "2026")
    strata: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in found.included:
        strata[row.cells["day"], row.cells["state"]][row.cells["part"]] += 1
    told = [
        Stratum(
            c["offered_again"],
            c["offered_again"] + c["offered_not"],
            c["others_again"],
            c["others_again"] + c["others_not"],
        )
        for c in strata.values()
    ]
    estimate = common_difference(told)
    value = found.value.value
    assert estimate is not None
    assert (value.value, value.low, value.high) == pytest.approx(estimate)
    assert value.n == sum(each.trials for each in told) > 0


@pytest.mark.parametrize("metric", UNSUMMED, ids=lambda metric: metric.id)
def test_rows_are_what_a_number_is_computed_from(synced: Explained, metric: Metric) -> None:
    """Where the value is no ratio of sums: the rows of each part add up to what the analysis is given of it."""
    found, period = explained(synced.app, metric, "2026-Q2"), Period.parse("2026-Q2")
    with Store(synced.place.cache) as store:
        engine = Engine(store, synced.app.zone, synced.app.report(ASK).as_of)
        engine.set_periods(metric, (period,))
        where = {name: FIXED[name] for name in metric.fixed if name in FIXED}
        given = sums(engine, metric.measures, Query(metric, (period,), (), where), ()).get((0, ()), Found())
    for name, part in metric.measures.items():
        scale = 100 if "money" in part.add else 1
        assert sum_of(found, metric, name) * scale == given.sums.get(name, 0)


@pytest.mark.parametrize("label", PERIODS[:2])
@pytest.mark.parametrize("metric", MEDIANS, ids=lambda metric: metric.id)
def test_a_median_is_explained_by_its_observations(synced: Explained, metric: Metric, label: str) -> None:
    """As many rows as the sample has."""
    found = explained(synced.app, metric, label)
    assert len(found.included) == found.value.value.n > 0


@pytest.mark.parametrize(("metric", "part"), MIDDLES.items())
def test_a_middle_is_explained_by_its_rows(synced: Explained, metric: str, part: str) -> None:
    """As many as the value says that it is made of."""
    found = explained(synced.app, find(metric), "2026-06")
    assert found.value.value.n == sum(1 for row in found.included if row.cells["part"] == part) > 0


@pytest.mark.parametrize("metric", load(), ids=lambda metric: metric.id)
def test_near_misses_are_not_in(synced: Explained, metric: Metric) -> None:
    """What counts in any part of the number is no near miss; each row says why."""
    found = explained(synced.app, metric, "2026")
    assert not {identity(row) for row in found.included} & {identity(row) for row in found.near_misses}
    assert all(row.why for row in (*found.included, *found.near_misses))


def identity(row: Row) -> tuple[Any, ...]:
    """What a row is about; a customer's later purchase is another row."""
    names = ("deal_id", "lead_id", "stage_id", "visit_day", "entered_day", "kind", "source", "campaign", "day")
    names += ("origin", "origin_id", "metric")
    ids = ("party", "number", "activity_id", "call_id", "task_id") if not row.cells.get("customer") else ()
    return tuple(row.cells.get(name) for name in (*names, *ids))


def test_explained_numbers_are_those_of_a_slice(synced: Explained) -> None:
    """With a condition only its rows are there."""
    found = synced.app.explain("total_sales", Period.parse("2026-Q2"), {"manager": "3"})
    sales = [row for row in found.included if row.cells["part"] == "sales"]
    assert {row.cells["manager_id"] for row in sales} == {3}
    assert sum(Decimal(str(row.cells["adds"])) for row in sales) == found.value.value.value


def test_reopened_deals_are_near_misses(synced: Explained) -> None:
    """Won in the year once, and open or lost again: out, with that reason."""
    found = synced.app.explain("won_deals", Period.parse("2026"), {})
    reopened = query(
        synced.place.cache,
        "SELECT DISTINCT s.deal_id FROM fact_stay AS s JOIN fact_deal AS d ON d.deal_id = s.deal_id "
        "WHERE s.semantic = 'S' AND s.entered_day BETWEEN 20260101 AND 20261231 AND d.outcome <> 'won'",
    )
    assert reopened
    misses = {row.cells["deal_id"]: row.why for row in found.near_misses if row.cells["part"] == "reopened"}
    assert {row[0] for row in reopened} <= misses.keys()
    assert not misses.keys() & {row.cells["deal_id"] for row in found.included}


def test_reopened_deals_of_others_are_not_among_the_near_misses(synced: Explained) -> None:
    """With a condition on the manager only his reopened deals nearly counted."""
    for manager in range(2, 10):
        found = synced.app.explain("won_deals", Period.parse("2026"), {"manager": str(manager)})
        assert {row.cells["manager_id"] for row in found.near_misses} <= {manager}


def test_a_deal_without_amount_is_why_an_average_leaves_it_out(synced: Explained) -> None:
    """Won, but worth nothing: a near miss of the average, and counted among the wins."""
    found = synced.app.explain("aov", Period.parse("2026"), {})
    worthless = {
        row.cells["deal_id"] for row in found.near_misses if row.cells["outcome"] == "won" and row.cells["money"] <= 0
    }
    wins = {row.cells["deal_id"] for row in synced.app.explain("won_deals", Period.parse("2026"), {}).included}
    assert worthless
    assert worthless <= wins


@pytest.mark.parametrize("language", ["uk", "ru", "en"])
def test_the_command_shows_both_kinds_of_rows(synced: Explained, language: str) -> None:
    """In the reader's language, ids as they are."""
    result = synced.place.run("explain", "win_rate", "--period", "2026-06", language=language)
    assert result.exit_code == 0
    assert "2026-06" in result.stdout
