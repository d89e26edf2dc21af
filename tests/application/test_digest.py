"""The digest as an application sends it: with a way to the dashboard, and the next one in its place."""

from tests.application.places import AppPlace

DIGEST = '[digest]\nusers = [1, 5]\ntime = "mon-sun 00:00-24:00"\n[[report]]\nname = "monthly"\npreset = "default"\n'
DAY = 86_400


def with_digest(place: AppPlace) -> None:
    path = place.folder / "settings.toml"
    path.write_text(f'{path.read_text("utf-8")}{DIGEST}sinks = ["digest"]\n', encoding="utf-8")


def messages(place: AppPlace, user_id: int) -> list[str]:
    return [each.message for each in place.portal.apps.notifications.of(user_id)]


def test_it_leads_to_the_dashboard_and_gives_way_to_the_next(place: AppPlace) -> None:
    """One for each person, however many days go by; a lost answer is sent once more, for nothing is doubled."""
    with_digest(place)
    place.portal.faults.add("reply_lost", "im.notify.system.add")
    for _ in range(2):
        with place.app() as app:
            app.sync()
            (result,) = app.push()
        assert (result.created, result.failed) == (2, 0)
        place.clock.sleep(DAY)
    assert [len(messages(place, user_id)) for user_id in (1, 5)] == [1, 1]
    address = f"{place.portal.address}/marketplace/app/{place.registered.id}/"
    assert messages(place, 5)[0].endswith(f"[url={address}]Open the dashboard[/url]")


def test_the_application_is_told_which_permission_is_missing(place: AppPlace) -> None:
    """In its own words, not in those of webhooks."""
    with_digest(place)
    place.portal.scopes.discard("im")
    with place.app() as app:
        app.sync()
        (result,) = app.push()
        (line,) = [line for line in app.check().lines if line.id == "permission.im"]
    assert (line.ok, 'which sinks = ["digest"] needs' in line.text) == (False, True)
    assert (result.created, result.failed) == (0, 2)
    assert "tick the permission im in the application" in result.problems[0]
