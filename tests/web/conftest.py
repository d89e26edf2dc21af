"""The local application in front of Bitrix24's side, which is played over real HTTP."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from b24kpi.settings import load
from b24kpi.web.server import create_app
from b24kpi.web.site import Site
from tests.portal.far_end import Clock
from tests.portal.oauth_far_end import (
    APPLICATION_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    MEMBER_ID,
    BitrixSide,
    bitrix,
)

PUBLIC = "https://kpi.example.com"


def pages() -> Blueprint:
    """Pages that say who looks, and an action."""
    blueprint = Blueprint("pages", __name__, url_prefix="/kpi")

    @blueprint.get("/")
    def home() -> dict[str, Any]:
        return {**vars(g.viewer), "csrf": g.csrf}

    @blueprint.get("/deal/<int:number>")
    def deal(number: int) -> dict[str, int]:
        return {"deal": number}

    @blueprint.post("/act")
    def act() -> str:
        return "done"

    @blueprint.get("/broken")
    def broken() -> str:
        raise RuntimeError("acc3ss1")

    return blueprint


@dataclass
class Door:
    """The application and those who knock."""

    side: BitrixSide
    app: Flask
    site: Site
    clock: Clock
    folder: Path

    @property
    def token_file(self) -> Path:
        return self.folder / "cache.sqlite.tokens"

    def browser(self) -> FlaskClient:
        return self.app.test_client()

    def form(self, user_id: int = 1, **changes: str) -> dict[str, str]:
        """What Bitrix24 posts for a page that a user opens."""
        access, refresh = self.side.give(user_id=user_id)
        form = {
            "AUTH_ID": access,
            "AUTH_EXPIRES": "3600",
            "REFRESH_ID": refresh,
            "member_id": MEMBER_ID,
            "status": "L",
            "PLACEMENT": "DEFAULT",
            "PLACEMENT_OPTIONS": '{"any":"6/"}',
            "APPLICATION_TOKEN": APPLICATION_TOKEN,
            "SERVER_ENDPOINT": f"http://{self.side.oauth.host}/rest/",
        }
        return {name: value for name, value in {**form, **changes}.items() if value}

    def event(self, name: str = "ONAPPUNINSTALL", **changes: str) -> dict[str, str]:
        """An event as Bitrix24 posts it."""
        fields = {
            "event": name,
            "ts": str(int(self.clock.now())),
            "auth[domain]": self.side.domain,
            "auth[member_id]": MEMBER_ID,
            "auth[application_token]": APPLICATION_TOKEN,
        }
        return {name: value for name, value in {**fields, **changes}.items() if value}

    def post(self, path: str, form: dict[str, str], browser: FlaskClient | None = None, **query: str) -> TestResponse:
        """As the portal's frame does; over https, for cookies are not to go in the clear."""
        where = {"DOMAIN": self.side.domain, "PROTOCOL": "1", "LANG": "en", "APP_SID": "1", **query}
        return (browser or self.browser()).post(path, data=form, query_string=where, base_url=PUBLIC)

    def install(self, **changes: str) -> TestResponse:
        return self.post("/install", self.form(**changes))

    def enter(self, user_id: int = 1, **query: str) -> FlaskClient:
        """A browser whose user has been let in."""
        browser = self.browser()
        assert self.post("/", self.form(user_id), browser, **query).status_code == 303
        return browser

    def calls(self) -> int:
        """How many calls any host has got."""
        return sum(len(site.asked) for site in (self.side.oauth, self.side.portal, self.side.other))


OpenDoor = Callable[..., Door]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenDoor]:
    """Starts an application: `opened(further="…TOML…")`."""
    with ExitStack() as stack:

        def start(further: str = "") -> Door:
            side, clock = stack.enter_context(bitrix()), Clock()
            path = tmp_path / "settings.toml"
            path.write_text(
                f'[portal]\nclient_id = "{CLIENT_ID}"\nclient_secret = "{CLIENT_SECRET}"\npublic_url = "{PUBLIC}"\n'
                f'plan = "self_hosted"\n[cache]\npath = "cache.sqlite"\n'
                f'[application]\noauth_server = "http://{side.oauth.host}"\n{further}',
                encoding="utf-8",
            )
            site = Site.of(load(path, {}), clock, "en")
            site.refresher.stop()  # what is refreshed, is for other tests
            stack.callback(site.close)
            return Door(side, create_app(site, [pages()]), site, clock, tmp_path)

        yield start


@pytest.fixture
def door(opened: OpenDoor) -> Door:
    """An application that is not installed yet."""
    return opened()


@pytest.fixture
def installed(door: Door) -> Door:
    """An application that user 1 has installed."""
    assert door.install().status_code == 200
    for site in (door.side.oauth, door.side.portal):
        site.asked.clear()
    return door
