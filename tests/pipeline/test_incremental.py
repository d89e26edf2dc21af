"""An incremental sync leaves the cache that a fresh full one would: table by table, fact by fact."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pipeline.cache_tables import (
    ORIGINS,
    REMEMBERED,
    deleted_ids,
    everything,
    fact_rows,
    forget_facts,
    live_rows,
    make_all_facts,
    query,
)
from tests.pipeline.conftest import OpenPlace, company
from tests.pipeline.places import Place, opened_place
from tests.pipeline.random_life import RandomLife

SEEDS = range(6)
DEEDS = 100
ROUNDS = 2


@dataclass(frozen=True)
class Changed:
    """A portal with a cache that followed it, and one that was filled at the end."""

    place: Place
    followed: Path
    fresh: Path

    def copy(self, name: str) -> Path:
        """Another file with the cache that followed."""
        return Path(shutil.copy(self.followed, self.place.folder / name))


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed{seed}")
def changed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changed]:
    """A company of which the cache knows an earlier state, and then the changes of a few busy days."""
    with opened_place(tmp_path_factory.mktemp("changed"), company(150, request.param)) as place:
        life = RandomLife(place.state, place.clock, request.param)
        with place.app() as app:
            assert app.sync().complete
            make_all_facts(app)
            life.new_stages()
            for _ in range(ROUNDS):
                life.go_on(DEEDS)
                assert app.sync().complete
                make_all_facts(app)  # other stages make other facts: what there was is gone
        yield Changed(place, place.cache, fresh(place))


def fresh(place: Place) -> Path:
    """Another cache of the same portal, filled from nothing."""
    with place.app("fresh.sqlite") as app:
        assert app.sync().complete
        make_all_facts(app)
    return place.folder / "fresh.sqlite"


def test_the_cache_is_that_of_a_full_sync(changed: Changed) -> None:
    """Hundreds of changes of all kinds, read as changes: every stream's table is as if read whole."""
    assert live_rows(changed.followed) == live_rows(changed.fresh)


def test_facts_are_those_of_a_full_sync(changed: Changed) -> None:
    """Besides what only the older cache can know: earlier responsibles and the rates of earlier days."""
    assert fact_rows(changed.followed, REMEMBERED) == fact_rows(changed.fresh, REMEMBERED)


def test_facts_are_those_of_a_rebuild(changed: Changed) -> None:
    """What was computed for the touched owners alone equals what all rows give."""
    rebuilt = changed.copy("rebuilt.sqlite")
    forget_facts(rebuilt)
    with changed.place.app(rebuilt.name) as app:
        make_all_facts(app)
    assert fact_rows(changed.followed) == fact_rows(rebuilt)


def test_a_second_sync_finds_nothing_to_change(changed: Changed) -> None:
    """Rows of the overlap come again and change nothing, not even the moment at which they were seen."""
    again = changed.copy("again.sqlite")
    with changed.place.app(again.name) as app:
        result = app.sync()
    assert (result.complete, result.changed) == (True, 0)
    assert everything(changed.followed) == everything(again)


def test_a_few_changes_cost_a_few_requests(opened: OpenPlace) -> None:
    """What is new and what has changed comes with the first request for all streams."""
    place = opened(company(400))
    with place.app() as app:
        app.sync()
        RandomLife(place.state, place.clock, 1).go_on(10)
        assert app.sync().requests <= 15


def test_vanished_rows_are_kept_with_a_mark(opened: OpenPlace) -> None:
    """A full sync marks them; facts are those of a cache that never saw them."""
    place = opened(company(200))
    with place.app() as app:
        app.sync()
        make_all_facts(app)
        place.clock.sleep(86_400)
        gone = delete_some(place)
        result = app.sync(full=True)
    assert (result.complete, {table: deleted_ids(place.cache, table) for table in gone}) == (True, gone)
    anew = fresh(place)
    assert live_rows(place.cache, ORIGINS) == live_rows(anew, ORIGINS)
    assert fact_rows(place.cache, ORIGINS) == fact_rows(anew, ORIGINS)


def delete_some(place: Place) -> dict[str, set[int]]:
    """Delete a few rows of each kind; ids by table."""
    gone = {
        table: {row["ID"] for row in place.state.rows(table)[3:60:9]}
        for table in ("lead", "deal", "contact", "company")
    }
    for table, ids in gone.items():
        for number in sorted(ids):
            place.state.delete(table, number)
    return gone


@pytest.mark.parametrize("seed", range(3))
def test_deletions_amid_other_changes_are_found_by_a_full_sync(opened: OpenPlace, seed: int) -> None:
    """Links to what was deleted are emptied without a trace; the full sync finds them too."""
    place = opened(company(150, seed))
    life = RandomLife(place.state, place.clock, seed)
    with place.app() as app:
        app.sync()
        make_all_facts(app)
        life.go_on(DEEDS)
        gone = delete_some(place)
        app.sync()
        life.go_on(DEEDS)
        assert app.sync(full=True).complete
    anew = fresh(place)
    assert gone["deal"] == deleted_ids(place.cache, "deal")
    assert live_rows(place.cache, ORIGINS) == live_rows(anew, ORIGINS)
    assert fact_rows(place.cache, REMEMBERED | ORIGINS) == fact_rows(anew, REMEMBERED | ORIGINS)


def test_a_restored_deal_comes_back_under_its_new_id(opened: OpenPlace) -> None:
    """Its dates are the old ones, so only its id tells that it is new."""
    place = opened(company(100))
    with place.app() as app:
        app.sync()
        place.clock.sleep(86_400)
        number = place.state.rows("deal")[20]["ID"]
        place.state.delete("deal", number)
        restored = place.state.restore("deal", number)
        app.sync()
        assert query(place.cache, f"SELECT COUNT(*) FROM deal WHERE id = {restored}") == [(1,)]
        app.sync(full=True)
    assert deleted_ids(place.cache, "deal") == {number}
    assert live_rows(place.cache) == live_rows(fresh(place))


def test_results_stay_with_those_who_won_them(opened: OpenPlace) -> None:
    """The portal rewrites the responsible of the past; what the cache has seen stands."""
    place = opened(company(100))
    with place.app() as app:
        app.sync()
        won = next(
            row for row in place.state.rows("deal") if row["STAGE_SEMANTIC_ID"] == "S" and row["ASSIGNED_BY_ID"] != 2
        )
        place.clock.sleep(86_400)
        place.state.update("deal", won["ID"], {"ASSIGNED_BY_ID": 2})
        app.sync()
        make_all_facts(app)
    found = query(place.cache, f"SELECT manager_id FROM fact_deal WHERE deal_id = {won['ID']}")
    assert found == [(won["ASSIGNED_BY_ID"],)]


def test_a_win_is_worth_what_its_day_said(opened: OpenPlace) -> None:
    """A later change of the rate leaves earlier months as they were reported."""
    place = opened(company(150))
    foreign = "SELECT SUM(money) FROM fact_deal WHERE outcome = 'won' AND currency_id = 'USD'"
    with place.app() as app:
        app.sync()
        make_all_facts(app)
        before = query(place.cache, foreign)
        place.clock.sleep(86_400)
        place.state.change_row("currency", "USD", {"AMOUNT": 99.5})
        app.sync()
    assert before == query(place.cache, foreign)
    assert query(place.cache, "SELECT COUNT(*) FROM currency_rate WHERE currency = 'USD'") == [(2,)]


def hide_half_of_the_deals(place: Place) -> None:
    for row in place.state.rows("deal")[::2]:
        place.state.delete("deal", row["ID"])


def test_a_mass_disappearance_is_not_taken_for_deletions(opened: OpenPlace) -> None:
    """It looks like lost rights: nothing is marked, the run is incomplete and says so."""
    place = opened(company(200))
    with place.app() as app:
        app.sync()
        hide_half_of_the_deals(place)
        result = app.sync(full=True)
        assert (result.complete, app.coverage()["deal"]) == (False, "mass_deletion")
    assert deleted_ids(place.cache, "deal") == set()
    assert place.run("sync", "--full").exit_code == 3


def test_a_mass_disappearance_is_not_forgotten_by_the_next_sync(opened: OpenPlace) -> None:
    """An incremental pass cannot see whether the rows are back, so it cannot call the stream complete."""
    place = opened(company(200))
    with place.app() as app:
        app.sync()
        hide_half_of_the_deals(place)
        app.sync(full=True)
        assert not app.sync().complete
