"""What the arguments of a build decide, and nothing else does."""

from contextlib import closing

import pytest

from b24kpi.demo.company import COMPANIES
from b24kpi.demo.state import PortalState
from tests.demo_company.conftest import NOW, Build, Built

TABLES = ("lead", "deal", "contact", "company", "activity", "lead_history", "deal_history", "status", "user")


def _everything(built: Built) -> list[object]:
    return [built.state.rows(table) for table in TABLES]


def test_same_arguments_give_the_same_rows(build: Build) -> None:
    """A company is a function of its arguments."""
    first, second = build(120), build(120)
    assert _everything(first) == _everything(second)
    assert first.company == second.company


def test_another_seed_gives_another_company(build: Build) -> None:
    """The seed decides."""
    assert _everything(build(120)) != _everything(build(120, seed=2))


@pytest.mark.parametrize("deals", [0, 1, 7, 500])
def test_there_are_exactly_as_many_deals_as_asked_for(build: Build, deals: int) -> None:
    """Few or many, the count is exact."""
    assert build(deals).state.scalar("SELECT count(*) FROM deal") == deals


def test_everything_lies_within_the_years_asked_for(build: Build) -> None:
    """Nothing is older than the company and nothing happens after the present."""
    built = build(200, years=1)
    oldest, newest = NOW - 366 * 86_400, NOW
    for table, column in (("lead", "DATE_CREATE"), ("deal", "DATE_MODIFY"), ("activity", "CREATED")):
        found = built.state.select(f"SELECT min({column}), max({column}) FROM {table}")[0]
        assert oldest <= found[0] <= found[1] <= newest, table


def test_counts_of_the_summary_are_those_of_the_tables(built: Built) -> None:
    """The builder knows what it inserted."""
    for table, count in built.company.counts.items():
        assert built.state.scalar(f"SELECT count(*) FROM {table}") == count


def test_empty_company_is_a_portal_just_opened() -> None:
    """Stages, a currency and an administrator, but nobody's work."""
    filled = {"status", "category", "currency", "user", "department"}
    with closing(PortalState(now=lambda: NOW)) as state:
        COMPANIES["empty"](state, now=NOW)
        assert all(state.rows(table) for table in filled)
        assert not any(state.rows(table) for table in set(TABLES) - filled)
        assert [row["ADMIN"] for row in state.rows("user")] == ["Y"]
