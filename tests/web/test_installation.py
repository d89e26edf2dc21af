"""The application is installed and removed; Bitrix24's side is played over real HTTP."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from b24kpi.errors import Unauthorized
from b24kpi.portal.client import Portal
from tests.portal.oauth_far_end import APPLICATION_TOKEN, MEMBER_ID
from tests.web.conftest import PUBLIC, Door

PLACES = {"CRM_ANALYTICS_MENU", "LEFT_MENU", "CRM_DEAL_DETAIL_TAB"}


def kept(door: Door) -> dict[str, Any]:
    return json.loads(door.token_file.read_text("utf-8"))  # type: ignore[no-any-return]


def bound(door: Door) -> set[str]:
    return {row["placement"] for row in door.side.placements}


def test_an_administrator_installs(door: Door) -> None:
    """His tokens are kept for their owner alone, the pages are bound, and Bitrix24 is told that it is done."""
    answer = door.install()
    assert answer.status_code == 200
    assert (kept(door)["member_id"], kept(door)["application_token"]) == (MEMBER_ID, APPLICATION_TOKEN)
    assert stat.S_IMODE(door.token_file.stat().st_mode) == 0o600
    assert bound(door) == PLACES
    assert {row["handler"] for row in door.side.placements} == {f"{PUBLIC}/"}
    assert "https://api.bitrix24.com/api/v1/" in answer.text
    assert "installFinish" in door.browser().get("/entry/install.js").text


def test_the_menus_are_named_in_three_languages(door: Door) -> None:
    """Bitrix24 calls Ukrainian `ua`."""
    door.install()
    row = next(row for row in door.side.placements if row["placement"] == "LEFT_MENU")
    assert row["lang_all"]["ua"]["TITLE"] == "Показники продажів"
    assert row["lang_all"]["ru"]["TITLE"] == "Показатели продаж"


@pytest.mark.parametrize(("language", "word"), [("ua", "встановлено"), ("ru", "установлено"), ("de", "is installed")])
def test_the_page_speaks_the_language_of_the_portal(door: Door, language: str, word: str) -> None:
    """Or that of the settings, where it is none of ours."""
    assert word in door.post("/install", door.form(), LANG=language).text


def test_installing_again_binds_nothing_twice(installed: Door) -> None:
    """The portal would refuse it."""
    session = kept(installed)["session_key"]
    assert installed.install().status_code == 200
    assert len(installed.side.placements) == len(PLACES)
    assert len(installed.side.events) == 1
    assert kept(installed)["session_key"] != session


def test_installing_at_a_new_address_takes_the_old_one_away(installed: Door) -> None:
    """People would find the pages twice, one of them dead."""
    for row in installed.side.placements:
        row["handler"] = "https://old.example.com/"
    installed.install()
    assert {row["handler"] for row in installed.side.placements} == {f"{PUBLIC}/"}
    assert bound(installed) == PLACES


def test_without_a_page_it_is_installed_by_an_event(door: Door) -> None:
    """Its form has the tokens under `auth`."""
    access, refresh = door.side.give()
    form = door.event("ONAPPINSTALL", **{"auth[access_token]": access, "auth[refresh_token]": refresh})
    assert door.post("/install", form).status_code == 204
    assert kept(door)["access_token"] == access
    assert bound(door) == PLACES


def test_a_placement_that_the_portal_refuses_is_told(door: Door) -> None:
    """The rest is installed."""
    bind = door.side.methods["placement.bind"]
    refusal = {"error": "ERROR_PLACEMENT_MAX_COUNT", "error_description": "max"}
    door.side.methods["placement.bind"] = lambda access, params: (
        refusal if params["PLACEMENT"] == "LEFT_MENU" else bind(access, params)
    )
    assert "has not taken: LEFT_MENU" in door.install().text
    assert bound(door) == PLACES - {"LEFT_MENU"}


def test_a_removal_takes_all_away(installed: Door) -> None:
    """Menus, tokens, sessions; the cache stays."""
    browser = installed.enter()
    assert installed.post("/events", installed.event()).status_code == 204
    assert installed.side.placements == []
    assert not installed.token_file.exists()
    assert browser.get("/kpi/", base_url=PUBLIC).status_code == 401


def test_a_removal_that_the_portal_tells_late_is_carried_out(installed: Door) -> None:
    """By then our tokens are worth nothing, and Bitrix24 has taken the menus away itself."""
    installed.side.access.clear()
    installed.side.refresh.clear()
    assert installed.post("/events", installed.event()).status_code == 204
    assert not installed.token_file.exists()


def test_a_visit_of_an_administrator_brings_tokens_in_place_of_lost_ones(installed: Door) -> None:
    """A run was cut off while it renewed them, so nobody has the new ones; a manager's would have too few rights."""
    installed.side.expire()
    installed.side.refresh.clear()
    with Portal(installed.site.application, plan="self_hosted") as portal:
        with pytest.raises(Unauthorized, match="open b24kpi in Bitrix24 as an administrator"):
            portal.call("profile")
        installed.enter(2)
        with pytest.raises(Unauthorized):
            portal.call("profile")
        installed.enter(1)
        assert portal.call("profile").result["ID"] == "1"
    assert installed.side.refreshes() == 1


def test_a_visit_tells_the_new_address_of_a_portal(installed: Door) -> None:
    """As the OAuth server has it."""
    installed.side.domain = installed.side.other.host
    installed.enter()
    assert kept(installed)["client_endpoint"] == f"http://{installed.side.other.host}/rest/"


def test_an_installation_that_cannot_be_bound_says_so(door: Door) -> None:
    """And can be opened again."""
    del door.side.methods["placement.get"]
    answer = door.install()
    assert answer.status_code == 503
    assert "Open the installation again" in answer.text


def test_nothing_but_tokens_and_their_lock_is_written(door: Door, tmp_path: Path) -> None:
    """An installation reads nothing yet."""
    door.install()
    names = {path.name for path in tmp_path.iterdir() if not path.name.startswith("cache.sqlite.budget")}
    assert names == {"settings.toml", "cache.sqlite.tokens", "cache.sqlite.tokens.lock"}
