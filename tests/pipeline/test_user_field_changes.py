"""User fields that come, go and change, in the settings and on the portal."""

import pytest

from b24kpi.cache.user_fields import kinds
from b24kpi.errors import CacheError, Interrupted
from tests.pipeline.cache_tables import query
from tests.pipeline.conftest import OpenPlace
from tests.pipeline.places import NOW, write_settings
from tests.pipeline.user_fields import furnish, sliced


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
