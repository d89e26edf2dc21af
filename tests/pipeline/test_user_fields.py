"""User fields of the portal as dimensions: read because the settings ask for them, and right in every slice."""

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from b24kpi.app import App, Ask
from b24kpi.cache.user_fields import kinds
from b24kpi.errors import BadInput
from b24kpi.metrics.catalogue import load
from b24kpi.metrics.period import Grain, Period
from b24kpi.portal.entities import Kind
from tests.pipeline.cache_tables import query
from tests.pipeline.mapped import SERVICE
from tests.pipeline.places import Place, opened_place, write_settings
from tests.pipeline.portal_tables import portal_tables
from tests.pipeline.user_fields import DIMENSIONS, END, SIZES, START, Ids, furnish, sliced


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened_place(tmp_path_factory.mktemp("fields"), furnish, further=DIMENSIONS + SERVICE) as opened:
        yield opened


@pytest.fixture(scope="module")
def app(place: Place) -> Iterator[App]:
    with place.app() as opened:
        assert opened.sync().complete
        yield opened


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
