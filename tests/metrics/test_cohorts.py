"""Cohorts against plain loops over the same rows, and against the KPIs that they are made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from b24kpi.cache.store import Store
from b24kpi.errors import BadInput
from b24kpi.facts.figures import Figures
from b24kpi.facts.refresh import refresh
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.cohorts import Cell, Cohort, Kind, Sums, cohorts, together
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query
from b24kpi.metrics.period import Grain, Period
from b24kpi.report.cohorts import CohortAsk, CohortTable, follow
from tests.event_logs import AS_OF, REPORT_CURRENCY, ZONE, random_tables
from tests.facts.mutations import filled_store
from tests.reference import cohorts as reference
from tests.reference.world import World

MARGIN = Fraction(2, 5)
START, END = date(2026, 1, 1), date(2026, 12, 2)  # AS_OF is the first moment of December
JANUARY, FEBRUARY, MARCH = (Period.parse(f"2026-{month:02}") for month in (1, 2, 3))


@dataclass(frozen=True)
class Both:
    """One random portal: the engine over its cache, and its rows for the loops."""

    engine: Engine
    world: World

    def follow(self, kind: str, grain: str = "month", **where: str) -> CohortTable:
        ask = CohortAsk(Kind(kind), Grain(grain), 12, where)
        return follow(self.engine, ask, currency=REPORT_CURRENCY, language="en")


@pytest.fixture(scope="module", params=range(4), ids=lambda seed: f"seed{seed}")
def both(request: pytest.FixtureRequest) -> Iterator[Both]:
    tables = random_tables(request.param, 150)
    figures = Figures(margin=MARGIN)
    store: Store
    with filled_store(tables) as store:
        refresh(store, ZONE, REPORT_CURRENCY, figures)
        world = World(
            tables,
            zone=ZONE,
            as_of=AS_OF,
            report_currency=REPORT_CURRENCY,
            margin=MARGIN,
            base_days=365,
            owner_at=None,
        )
        yield Both(Engine(store, ZONE, AS_OF, figures=figures), world)


@pytest.mark.parametrize("grain", ["month", "quarter"])
@pytest.mark.parametrize("kind", list(Kind))
def test_cells_are_those_of_plain_loops(both: Both, kind: Kind, grain: str) -> None:
    """Every cohort of the year, in every period since."""
    expected = getattr(reference, kind)(both.world, grain, START, END)
    found = {each.period.label: each for each in both.follow(kind, grain).cohorts if each.period.start >= START}
    assert {label: cohort.size for label, cohort in found.items()} == {key: n for key, (n, _) in expected.items()}
    for label, cohort in found.items():
        assert [cell.value for cell in cohort.cells] == expected[label][1]
        assert [cell.is_over for cell in cohort.cells] == [True] * (len(cohort.cells) - 1) + [False]


def test_customers_of_cohorts_are_the_new_ones(both: Both) -> None:
    """All of them buy in the period in which they begin."""
    found = both.follow("retention").cohorts
    values = both.engine.values(Query(find("new_customers"), tuple(cohort.period for cohort in found)))
    assert [cohort.size for cohort in found] == [value.value for value in values]
    assert {cohort.cells[0].value for cohort in found} == {1}


def test_what_cohorts_have_brought_is_the_historic_ltv(both: Both) -> None:
    """Weighted by their sizes."""
    found = both.follow("ltv").cohorts
    (value,) = both.engine.values(Query(find("ltv_historic"), (found[-1].period,)))
    brought = sum((cohort.cells[-1].value * cohort.size for cohort in found), Fraction(0))
    assert round(brought) == Fraction(str(value.numerator)) * 100


def test_leads_converted_so_far_are_those_of_the_conversion(both: Both) -> None:
    """With the same marks of youth."""
    found = both.follow("conversion")
    periods = tuple(cohort.period for cohort in found.cohorts)
    values = both.engine.values(Query(find("lead_to_customer_rate"), periods))
    assert [cohort.cells[-1].above for cohort in found.cohorts] == [value.numerator for value in values]
    assert found.immature == {value.period for value in values if "immature" in value.flags}


def test_a_slice_is_that_of_the_first_purchase(both: Both) -> None:
    """Customers of all sources are all customers."""
    whole = sum(cohort.size for cohort in both.follow("retention").cohorts)
    sources = ("", "WEB", "CALL", "ADVERTISING")
    assert sum(cohort.size for s in sources for cohort in both.follow("retention", source=s).cohorts) == whole


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (CohortAsk(grain=Grain.WEEK), "cohorts cannot be made by week"),
        (CohortAsk(where={"colour": "red"}), "cannot be sliced by 'colour'"),
    ],
)
def test_what_cannot_be_followed_is_refused(both: Both, ask: CohortAsk, message: str) -> None:
    """With what can."""
    with pytest.raises(BadInput, match=message):
        follow(both.engine, ask, currency="UAH", language="en")


# --- all together, by hand


def sums(cells: dict[tuple[Period, int], int]) -> Any:
    return Sums({JANUARY: 4, FEBRUARY: 2, MARCH: 10}, {place: Fraction(count) for place, count in cells.items()})


def followed(kind: Kind, found: Sums) -> tuple[tuple[Cohort, ...], tuple[Cell, ...]]:
    made = cohorts(kind, found, (JANUARY, FEBRUARY, MARCH), MARCH)
    return made, together(kind, made, found)


def test_young_cohorts_do_not_thin_the_ltv_of_the_old() -> None:
    """January's four bring 40 and 8, February's two 40, and March is not over: 80 / 6, then 8 / 4 more."""
    found = sums({(JANUARY, 0): 40, (JANUARY, 1): 8, (FEBRUARY, 0): 40, (FEBRUARY, 1): 2, (MARCH, 0): 99})
    made, whole = followed(Kind.LTV, found)
    assert [cell.value for cell in whole] == [Fraction(80, 6), Fraction(80, 6) + Fraction(8, 4)]
    assert [cell.value for cell in made[0].cells] == [10, 12, 12]


def test_shares_of_all_are_those_of_who_has_reached_the_period() -> None:
    """After one period only January's cohort is seen to its end: one of four came back."""
    found = sums({(JANUARY, 0): 4, (JANUARY, 1): 1, (FEBRUARY, 0): 2, (FEBRUARY, 1): 2, (MARCH, 0): 10})
    _, whole = followed(Kind.RETENTION, found)
    assert [(cell.above, cell.below) for cell in whole] == [(6, 6), (1, 4)]


def test_conversions_add_up() -> None:
    """One lead of January's four at once, two more a month later."""
    made, whole = followed(Kind.CONVERSION, sums({(JANUARY, 0): 1, (JANUARY, 1): 2}))
    assert [cell.value for cell in made[0].cells] == [Fraction(1, 4), Fraction(3, 4), Fraction(3, 4)]
    assert [cell.value for cell in whole] == [Fraction(1, 6), Fraction(3, 4)]
