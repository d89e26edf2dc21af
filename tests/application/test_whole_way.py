"""From the installation in the demo portal to reports in it, written apart from the same pages, over real HTTP."""

from tests.application.places import AppPlace, Opened


def test_an_administrator_installs_in_the_portal(opened: Opened) -> None:
    """Pages, removal and events are bound; the page tells Bitrix24 that it is done."""
    answer = opened.install()
    assert answer.status_code == 200
    assert "b24kpi встановлено" in answer.text
    one = opened.place.registered
    assert {each.placement for each in one.placements} == {"CRM_ANALYTICS_MENU", "LEFT_MENU", "CRM_DEAL_DETAIL_TAB"}
    assert {each.handler for each in one.placements} == {f"{opened.url}/"}
    assert [each.event for each in one.events] == ["ONAPPUNINSTALL"]
    assert opened.install().status_code == 200
    assert len(one.placements) == 3


def test_a_manager_cannot_install(opened: Opened) -> None:
    """The portal says what he is."""
    assert opened.install(user_id=5).status_code == 403


def test_people_are_let_in(opened: Opened, place: AppPlace) -> None:
    """Each as what the portal says; everywhere to the dashboard, which has no page of deals."""
    assert opened.post("/", 5).headers["Location"] == "/kpi/"
    tab = opened.post("/", 1, placement="CRM_DEAL_DETAIL_TAB", context={"ID": "7"})
    assert tab.headers["Location"] == "/kpi/"
    assert "Partitioned" in tab.headers["Set-Cookie"]


def test_the_main_job_runs_as_the_application(place: AppPlace) -> None:
    """Sync and push; with a token that runs out between."""
    with place.app() as app:
        synced = app.sync()
        assert synced.complete
        place.clock.sleep(4_000)
        (pushed,) = app.push()
        assert (pushed.failed, pushed.created > 0) == (0, True)
    assert place.portal.oauth.exchanges["refresh_token"] == 1


def test_a_portal_that_is_renamed_stays_the_caches_portal(place: AppPlace) -> None:
    """`member_id` says that it is the same; the old host only redirects."""
    with place.app() as app:
        app.sync()
    place.portal.move()
    with place.app() as app:
        assert app.sync().complete
        assert f"http://{app.portal.access.host}" == place.portal.address


def test_a_removal_in_the_portal_reaches_us(opened: Opened, place: AppPlace) -> None:
    """By its event; the tokens are gone."""
    place.portal.apps.registry.remove(place.registered)
    place.portal.deliveries.wait()
    assert opened.site.application.installed() is None
