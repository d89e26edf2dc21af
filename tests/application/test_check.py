"""`b24kpi check` as a local application: what Bitrix24 has bound, and what to do about the rest."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from b24kpi.checkup import CheckLine
from b24kpi.demo.apps import PlacementHandler
from b24kpi.sinks import PERMISSIONS
from b24kpi.web.bindings import Bindings
from tests.application.places import AppPlace, Opened

Check = Callable[[], dict[str, CheckLine]]
TAB = "placement.CRM_DEAL_DETAIL_TAB"


@pytest.fixture
def check(opened: Opened, place: AppPlace) -> Check:
    """The findings by their ids."""

    def check() -> dict[str, CheckLine]:
        with place.app() as app:
            return {line.id: line for line in Bindings(app.portal, opened.url, "en").lines()}

    return check


def bound(place: AppPlace, **changes: str) -> list[PlacementHandler]:
    return [
        replace(each, **changes) if each.placement == "CRM_DEAL_DETAIL_TAB" else each
        for each in place.registered.placements
    ]


def test_all_is_well_after_the_installation_and_a_sync(check: Check, place: AppPlace) -> None:
    """Three placements, the removal, the queue that the first sync binds, a token that works."""
    assert (check()["event.queue"].ok, "0 of 15" in check()["event.queue"].text) == (None, True)
    with place.app() as app:
        app.sync()
    found = check()
    assert all(line.ok for line in found.values())
    assert len(found) == 6
    assert "its token works" in found["application"].text


def test_a_missing_placement_is_told_with_its_remedy(check: Check, place: AppPlace) -> None:
    """Somebody has taken it away, or the permission came later."""
    place.registered.placements[:] = [each for each in place.registered.placements if "DEAL" not in each.placement]
    line = check()[TAB]
    assert line.ok is False
    assert "press Reinstall" in line.text


def test_a_placement_of_another_address_is_told(check: Check, place: AppPlace) -> None:
    """As after a new public_url."""
    place.registered.placements[:] = bound(place, handler="https://old.example.com/")
    line = check()[TAB]
    assert line.ok is False
    assert "another address, https://old.example.com/" in line.text


def test_a_placement_that_is_bound_twice_is_told_and_mended_by_an_installation(
    check: Check, opened: Opened, place: AppPlace
) -> None:
    """The remedy works."""
    place.registered.placements += [
        each for each in bound(place, handler="https://old.example.com/") if "DEAL" in each.placement
    ]
    assert "people see it twice" in check()[TAB].text
    opened.install()
    assert check()[TAB].ok is True


def test_an_unfinished_installation_is_told(check: Check, place: AppPlace) -> None:
    """Until its page says so, Bitrix24 shows nothing."""
    place.registered.is_finished = False
    line = check()["application"]
    assert line.ok is False
    assert "has not come to its end" in line.text


def test_a_permission_that_is_gone_is_told(check: Check, place: AppPlace) -> None:
    """In the words of an application."""
    place.portal.scopes.discard("placement")
    line = check()["placements"]
    assert line.ok is False
    assert "the application lacks the permission" in line.text


def test_without_an_address_there_are_no_pages(place: AppPlace) -> None:
    """An application that only reads and pushes has no placements to miss."""
    with place.app() as app:
        found = {line.id: line.ok for line in Bindings(app.portal, "", "en").lines()}
    assert found == {"application": True, "public_url": None, "event.queue": None}


@pytest.mark.parametrize(("sink", "permission"), sorted(PERMISSIONS.items()))
def test_what_a_sink_needs_is_told_where_it_is_lacking(place: AppPlace, sink: str, permission: str) -> None:
    """By the settings that ask for it; without them nobody misses it."""
    path = place.folder / "settings.toml"
    report = f'\n[digest]\nusers = [1]\n[[report]]\nname = "monthly"\npreset = "default"\nsinks = ["{sink}"]\n'
    path.write_text(path.read_text("utf-8") + report, encoding="utf-8")
    place.portal.scopes.difference_update(PERMISSIONS.values())
    with place.app() as app:
        lines = {line.id: line for line in app.check().lines if line.id.startswith("permission.")}
    assert lines.keys() == {f"permission.{permission}"}
    assert sink in lines[f"permission.{permission}"].text
