"""User fields of the portal as dimensions: read because the settings ask for them, and right in every slice."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from b24kpi.app import App, Ask
from b24kpi.cache.user_fields import kinds
from b24kpi.demo.state import PortalState
from b24kpi.errors import BadInput, CacheError, Interrupted
from b24kpi.metrics.catalogue import load
from b24kpi.metrics.period import Grain, Period
from b24kpi.portal.entities import Kind
from tests.pipeline.cache_tables import query
from tests.pipeline.conftest import OpenPlace, company
from tests.pipeline.mapped import SERVICE
from tests.pipeline.places import NOW, Place, opened_place, write_settings
from tests.pipeline.portal_tables import portal_tables

START, END = date(2026, 3, 1), date(2026, 12, 1)
SIZES, TAGS = ("Small", "Large"), ("Gift", "Urgent", "Export")
DIMENSIONS = """[dimensions]
region = "UF_CRM_REGION"
tags = "UF_CRM_TAGS"
size = "company.UF_CRM_SIZE"
trade = "lead.UF_CRM_CHANNEL"
urgent = "UF_CRM_URGENT"
curator = "UF_CRM_CURATOR"
branch = "company.UF_CRM_BRANCH"
"""
Ids = dict[str, list[int]]


def furnish(state: PortalState) -> Ids:
    """The demo company with a list on companies, a multiple list on deals, a text on leads; ids of the items."""
    company(300)(state)
    sizes = state.add_user_field("CRM_COMPANY", "UF_CRM_SIZE", "enumeration", label="Розмір", items=SIZES)
    tags = state.add_user_field("CRM_DEAL", "UF_CRM_TAGS", "enumeration", label="Мітки", items=TAGS, multiple="Y")
    state.add_user_field("CRM_LEAD", "UF_CRM_CHANNEL", "string", label="Канал")
    state.add_user_field("CRM_DEAL", "UF_CRM_URGENT", "boolean", label="Терміново")
    state.add_user_field("CRM_DEAL", "UF_CRM_CURATOR", "employee", label="Куратор")
    state.add_user_field("CRM_COMPANY", "UF_CRM_BRANCH", "crm_status", label="Тип", directory="COMPANY_TYPE")
    state.execute("UPDATE deal SET UF_CRM_URGENT = CASE ID % 3 WHEN 0 THEN 1 WHEN 1 THEN 0 END, UF_CRM_CURATOR = 2")
    state.execute("UPDATE company SET UF_CRM_BRANCH = 'CUSTOMER'")
    state.add_user_field("CRM_DEAL", "UF_CRM_SCAN", "string", label="Скан")
    state.execute("UPDATE user_field SET userTypeId = 'file' WHERE fieldName = 'UF_CRM_SCAN'")
    state.execute(f"UPDATE company SET UF_CRM_SIZE = CASE ID % 3 WHEN 0 THEN {sizes[0]} WHEN 1 THEN {sizes[1]} END")
    state.execute("UPDATE lead SET UF_CRM_CHANNEL = CASE ID % 2 WHEN 0 THEN 'Fair' ELSE 'Radio' END")
    state.execute(
        f"UPDATE deal SET UF_CRM_TAGS = CASE ID % 3 WHEN 0 THEN '[{tags[2]},{tags[0]}]' WHEN 1 THEN '[{tags[1]}]' END"
    )
    return {"size": sizes, "tags": tags}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened_place(tmp_path_factory.mktemp("fields"), furnish, further=DIMENSIONS + SERVICE) as opened:
        yield opened


@pytest.fixture(scope="module")
def app(place: Place) -> Iterator[App]:
    with place.app() as opened:
        assert opened.sync().complete
        yield opened


def sliced(app: App, metric: str, *by: str, **where: str) -> dict[tuple[str, ...], Any]:
    """Values of the whole time by the values of the dimensions."""
    ask = Ask((metric,), Grain.YEAR, date(2024, 1, 1), date(2027, 1, 1), by=by, where=where)
    found: dict[tuple[str, ...], Any] = {}
    for entry in app.report(ask).entries:
        key = tuple(entry.value.by[name] for name in by)
        found[key] = found.get(key, 0) + (entry.value.value or 0)
    return found


def test_columns_have_the_type_of_the_field(app: App, place: Place) -> None:
    """A list is a number, a multiple one a text, and what the deal says is what the column holds."""
    assert kinds(app._store) == {
        ("company", "UF_CRM_BRANCH"): Kind.TEXT,
        ("deal", "UF_CRM_CURATOR"): Kind.INTEGER,
        ("deal", "UF_CRM_REGION"): Kind.TEXT,
        ("deal", "UF_CRM_URGENT"): Kind.BOOLEAN,
        ("deal", "UF_CRM_TAGS"): Kind.SEVERAL,
        ("company", "UF_CRM_SIZE"): Kind.INTEGER,
        ("lead", "UF_CRM_CHANNEL"): Kind.TEXT,
    }
    portal = place.state.select("SELECT ID, UF_CRM_REGION FROM deal WHERE IS_RECURRING = 'N' ORDER BY ID")
    assert query(place.cache, "SELECT id, uf_crm_region FROM deal WHERE deleted_at IS NULL ORDER BY id") == portal
    types = dict(query(place.cache, "SELECT name, type FROM pragma_table_info('deal') WHERE name LIKE 'uf_%'"))
    assert types == {
        "uf_crm_region": "TEXT", "uf_crm_tags": "TEXT", "uf_crm_urgent": "INTEGER", "uf_crm_curator": "INTEGER",
    }  # fmt: skip


def test_sales_by_region_are_those_of_the_portal(app: App, place: Place) -> None:
    """Counted by hand out of the portal's rows; and together they are the whole."""
    expected: dict[tuple[str, ...], int] = {}
    regions = dict(place.state.select("SELECT ID, UF_CRM_REGION FROM deal"))
    won = [row for row in portal_tables(place.state, ())["deal"] if row["stage_semantic_id"] == "S"]
    for row in won:
        if row["is_recurring"] != "Y":
            expected[(regions[row["id"]] or "",)] = expected.get((regions[row["id"]] or "",), 0) + 1
    assert sliced(app, "won_deals", "region") == expected
    assert len(expected) > 3


@pytest.mark.parametrize("dimension", ["region", "tags", "size", "trade"])
@pytest.mark.parametrize("metric", ["total_sales", "won_deals", "new_customers", "stage_conversion"])
def test_slices_add_up_to_the_whole(app: App, metric: str, dimension: str) -> None:
    """Each deal is in one slice only, with a multiple field too: its combination of values is the slice."""
    if metric == "stage_conversion":
        whole = numerators(app, metric)
        assert whole == numerators(app, metric, dimension)
        return
    assert sum(sliced(app, metric, dimension).values()) == sum(sliced(app, metric).values())


def numerators(app: App, metric: str, *by: str) -> tuple[Decimal, Decimal]:
    entries = app.report(Ask((metric,), Grain.MONTH, START, END, by=by)).entries
    values = [entry.value for entry in entries]
    above, below = (Decimal(str(v.numerator)) for v in values), (Decimal(str(v.denominator or 0)) for v in values)
    return sum(above, Decimal(0)), sum(below, Decimal(0))


def test_leads_are_sliced_by_their_own_fields(app: App, place: Place) -> None:
    """And not by those of deals, of which a lead may have several."""
    counted = place.state.select("SELECT UF_CRM_CHANNEL, COUNT(*) FROM lead GROUP BY 1")
    assert sliced(app, "new_leads", "trade") == {(name,): count for name, count in counted}
    with pytest.raises(BadInput, match="region"):
        sliced(app, "new_leads", "region")


def test_a_deal_has_the_field_of_its_company_and_of_its_lead(app: App, place: Place) -> None:
    """By the links that the portal has."""
    rows = place.state.select(
        "SELECT COALESCE(CAST(c.UF_CRM_SIZE AS TEXT), ''), COALESCE(l.UF_CRM_CHANNEL, ''), COUNT(*) FROM deal AS d "
        "LEFT JOIN company AS c ON c.ID = d.COMPANY_ID LEFT JOIN lead AS l ON l.ID = d.LEAD_ID "
        "WHERE d.STAGE_SEMANTIC_ID = 'S' AND d.IS_RECURRING = 'N' GROUP BY 1, 2"
    )
    assert sliced(app, "won_deals", "size", "trade") == {(size, channel): count for size, channel, count in rows}


def test_values_of_lists_are_shown_by_their_texts(app: App, place: Place) -> None:
    """Those of a multiple list as a combination, whatever the order in which they were ticked."""
    ids: Ids = place.filled
    entries = app.report(Ask(("won_deals",), Grain.YEAR, by=("tags", "size"))).entries
    labels = {(entry.value.by["tags"], entry.labels.get("tags")) for entry in entries if entry.value.by["tags"]}
    gift, urgent, export = ids["tags"]
    assert labels == {(f"{gift},{export}", "Gift, Export"), (str(urgent), "Urgent")}
    assert {entry.labels.get("size") for entry in entries} == {*SIZES, None}


@pytest.mark.parametrize(
    ("dimension", "names"),
    [("urgent", {"yes", "no"}), ("curator", {"Олена Дем'яненко"}), ("branch", {"Клієнт"})],
)
def test_values_that_stand_for_something_are_shown_by_its_name(app: App, dimension: str, names: set[str]) -> None:
    """Yes and no, employees, entries of the portal's directories."""
    entries = app.report(Ask(("won_deals",), Grain.YEAR, by=(dimension,))).entries
    assert {entry.labels[dimension] for entry in entries if entry.labels} == names
    assert all(entry.labels for entry in entries if entry.value.by[dimension])


def test_a_slice_can_be_chosen_and_explained(app: App) -> None:
    """`--where` gives the same number as the slice, and `explain` its rows, near misses included."""
    by_region = sliced(app, "won_deals", "region")
    (region, *_), count = max(by_region.items(), key=lambda item: item[1])
    assert sliced(app, "won_deals", region=region) == {(): count}
    for metric in ("won_deals", "revenue_per_customer"):
        found = app.explain(metric, Period.parse("2026"), {"region": region})
        assert len(found.included) >= 1


def test_rows_are_read_again_for_a_new_field_and_forgotten_with_an_old_one(opened: OpenPlace) -> None:
    """Nothing of unknown age stays: a field that comes back is read anew, rows unchanged since included."""
    place = opened(furnish)
    with place.app() as app:
        app.sync()
    write_settings(place.settings, place.portal.url, further='[dimensions]\nregion = "UF_CRM_REGION"\n')
    with place.app() as app:
        with pytest.raises(CacheError, match="b24kpi sync"):
            sliced(app, "won_deals", "region")
        app.sync()
        assert len(sliced(app, "won_deals", "region")) > 3
    write_settings(place.settings, place.portal.url)
    with place.app() as app:
        app.sync()
        assert "uf_crm_region" not in app._store.db.table("deal").columns_dict
        assert kinds(app._store) == {}


def test_a_field_is_no_dimension_before_every_row_has_been_read_with_it(opened: OpenPlace) -> None:
    """Rows without it would all seem not to be filled in: after a sync of other streams, or one that was cut off."""
    place = opened(furnish)
    with place.app() as app:
        app.sync()
    write_settings(place.settings, place.portal.url, further='[dimensions]\nregion = "UF_CRM_REGION"\n')
    with place.app() as app:
        app.sync(only=("lead",))
        with pytest.raises(CacheError, match="b24kpi sync"):
            sliced(app, "won_deals", "region")
    pages = iter((False, False, True))
    with place.app(stop=lambda: next(pages, True)) as app, pytest.raises(Interrupted):
        app.sync()
    with place.app() as app:
        with pytest.raises(CacheError, match="b24kpi sync"):
            sliced(app, "won_deals", "region")
        app.sync()
        assert len(sliced(app, "won_deals", "region")) > 3


@pytest.mark.parametrize(
    "metric", [metric.id for metric in load() if metric.numerator and not (metric.analysis or metric.fixed)]
)
def test_both_sides_of_every_sum_add_up_over_the_regions(app: App, metric: str) -> None:
    """Customers too, whose slice is that of their first purchase where they are counted by it."""
    found = app.catalogue.find(metric)
    if "region" not in found.dimensions or any(measure.distinct for measure in found.measures.values()):
        pytest.skip("not sliced by fields of deals, or counted by different values")
    assert numerators(app, metric, "region") == numerators(app, metric)


@pytest.mark.parametrize("metric", [metric.id for metric in load() if metric.durations and not metric.fixed])
def test_every_observation_of_a_median_is_in_one_region(app: App, metric: str) -> None:
    """So the numbers of observations add up."""
    if "region" not in app.catalogue.find(metric).dimensions:
        pytest.skip("not sliced by fields of deals")

    def observed(*by: str) -> int:
        return sum(entry.value.n for entry in app.report(Ask((metric,), Grain.YEAR, START, END, by=by)).entries)

    assert observed("region") == observed() > 0


def test_a_field_that_was_made_anew_with_another_type_is_read_anew(opened: OpenPlace) -> None:
    """Its column follows, its values come again."""
    place = opened(furnish, further='[dimensions]\ntrade = "lead.UF_CRM_CHANNEL"\n')
    with place.app() as app:
        app.sync()
        place.state.drop_field("lead", "UF_CRM_CHANNEL")
        place.state.execute("DELETE FROM user_field WHERE fieldName = 'UF_CRM_CHANNEL'")
        place.state.add_user_field("CRM_LEAD", "UF_CRM_CHANNEL", "integer", label="Канал")
        place.state.execute("UPDATE lead SET UF_CRM_CHANNEL = 7")
        app.sync()
        assert set(sliced(app, "new_leads", "trade")) == {("7",)}


def test_changes_of_a_field_come_with_the_next_sync(opened: OpenPlace) -> None:
    """As any other change of the deal does, without reading everything."""
    place = opened(furnish, further='[dimensions]\nregion = "UF_CRM_REGION"\n')
    with place.app() as app:
        app.sync()
        place.clock.sleep(3600)
        deal = place.state.select("SELECT MAX(ID) FROM deal WHERE STAGE_SEMANTIC_ID = 'S' AND IS_RECURRING = 'N'")[0][0]
        place.state.update("deal", deal, {"UF_CRM_REGION": "Марс"}, at=NOW + 1800)
        (deals,) = (stream for stream in app.sync().streams if stream.name == "deal")
        assert deals.rows < 10
        assert sliced(app, "won_deals", "region")[("Марс",)] == 1


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ("UF_CRM_REGIN", "the nearest one is UF_CRM_REGION"),
        ("contact.UF_CRM_REGION", "nor any other user field there"),
        ("UF_CRM_SCAN", "a field of the type file"),
    ],
)
def test_a_field_that_the_portal_has_not_is_refused_before_anything_is_read(
    opened: OpenPlace, field: str, named: str
) -> None:
    """With the key of the settings and the nearest field."""
    place = opened(furnish, further=f'[dimensions]\nregion = "{field}"\nother = "UF_CRM_NONE"\n')
    result = place.run("sync")
    assert result.exit_code == 2
    assert named in result.stderr
    assert "[dimensions] region" in result.stderr
    assert "[dimensions] other" in result.stderr
    assert query(place.cache, "SELECT COUNT(*) FROM deal") == [(0,)]


def test_check_names_the_fields_that_the_settings_ask_for(place: Place) -> None:
    """By their names for people, where the portal has them."""
    result = place.run("check", language="uk")
    assert "✓  [dimensions] size: company.UF_CRM_SIZE, «Розмір»." in result.stdout
    assert "[dimensions] region: deal.UF_CRM_REGION, «Регіон»." in result.stdout
    write_settings(place.settings, place.portal.url, further='[dimensions]\nregion = "UF_CRM_REGIN"\n')
    result = place.run("check")
    write_settings(place.settings, place.portal.url, further=DIMENSIONS)
    assert result.exit_code == 1
    assert "✗  [dimensions] region: this portal has no field UF_CRM_REGIN in deal" in result.stdout


def test_the_heading_is_the_name_that_the_portal_gives(app: App, place: Place) -> None:
    """Not the name of the settings, which is for commands."""
    found = place.run("report", "won_deals", "--by", "size", "--period", "year", language="uk")
    assert "Розмір" in found.stdout
    assert "Small" in found.stdout


def test_pushed_entries_carry_the_slice(tmp_path: Path) -> None:
    """A report by region goes to the portal, and the second push writes nothing."""
    report = '[[report]]\nname = "r"\nmetrics = ["won_deals"]\nperiods = 2\nby = ["region"]\n'
    with ExitStack() as stack:
        place = stack.enter_context(opened_place(tmp_path, furnish, further=DIMENSIONS + report))
        app = stack.enter_context(place.app())
        app.sync()
        first, second = app.push()[0], app.push()[0]
        assert first.created > 3
        assert (second.created, second.updated, second.unchanged) == (0, 0, first.created)
