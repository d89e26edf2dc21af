"""The pages over a small cache, as the application would serve them."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import flask
from flask.testing import FlaskClient

from b24kpi.answers import Answers
from b24kpi.cache.journal import COMPLETE, Journal, StreamState
from b24kpi.cache.store import Store
from b24kpi.portal.entities import ENTITIES
from b24kpi.settings import Settings, load
from b24kpi.web.pages.context import PagesContext, RefreshState
from b24kpi.web.pages.memory import Memory
from b24kpi.web.pages.views import blueprint
from b24kpi.web.viewer import Viewer
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.sql_engine import fill

HEAD = Viewer(1, "Олена", "uk", sees_all=True)
OWN = Viewer(2, "Тарас", "uk", sees_all=False)
HOSTILE = '<script>alert("x")</script>'
PERIOD = "2026-06"
DEALS = 80
# The strictest under which the pages work: plotly.js writes a style sheet of its own.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'"
)


class StillClock:
    """Shows the same moment for ever."""

    def __init__(self, moment: float) -> None:
        self.moment = moment

    def now(self) -> float:
        return self.moment

    def monotonic(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += seconds


@dataclass
class Button:
    """Stands for the refresh of the application; counts how often it was pressed."""

    pressed: int = 0
    shown: RefreshState = field(default_factory=lambda: RefreshState(False))

    def start(self) -> None:
        self.pressed += 1

    def state(self, language: str) -> RefreshState:
        return self.shown


@dataclass
class Site:
    """A Flask application with the pages; `viewer` looks at them."""

    context: PagesContext
    button: Button
    viewer: Viewer = HEAD

    @property
    def app(self) -> flask.Flask:
        app = flask.Flask("pages-under-test")
        app.register_blueprint(blueprint(self.context))
        app.before_request(self._look)
        app.after_request(self._guard)
        return app

    def client(self, viewer: Viewer = HEAD) -> FlaskClient:
        self.viewer = viewer
        return self.app.test_client()

    def _look(self) -> None:
        language = flask.request.cookies.get("language", self.viewer.language)
        flask.g.viewer = Viewer(self.viewer.user_id, self.viewer.name, language, self.viewer.sees_all)

    def _guard(self, response: flask.Response) -> flask.Response:
        """The policy that the application sends with each page."""
        response.headers["Content-Security-Policy"] = POLICY
        return response


def site_over(settings: Settings, *, patience: float = 60, late: float = 60) -> Site:
    """The pages over the cache of the settings, so many seconds after its last moment."""

    def opened(language: str) -> closing[Answers]:
        return closing(Answers(settings, language=language))

    button = Button()
    memory, clock = Memory(patience=patience), StillClock(AS_OF + late)
    context = PagesContext(
        settings, opened, portal=lambda: "https://demo.bitrix24.ua", refresh=button, clock=clock, memory=memory
    )
    return Site(context, button)


def filled(folder: Path, further: str = "", change: Callable[[Store], None] = lambda store: None) -> Settings:
    """Settings of a cache of random rows, in which a manager, a source and a pipeline have names."""
    path = folder / "settings.toml"
    head = '[portal]\ncurrency = "UAH"\n[cache]\npath = "cache.sqlite"\n'
    path.write_text(head + further, encoding="utf-8")
    with Store(folder / "cache.sqlite") as store, store.transaction():
        fill(store, random_tables(1, DEALS), REPORT_CURRENCY)
        for entity in ENTITIES:
            Journal(store).save(StreamState(entity.name, COMPLETE, complete_until=AS_OF))
        Journal(store).set_meta({"portal": "demo.bitrix24.ua", "time_zone": TIME_ZONE})
        store.db.execute("UPDATE user SET name = ?, last_name = 'Гук' WHERE id = 1", [HOSTILE])
        store.db.execute("UPDATE user SET name = 'Тарас', last_name = 'Ніс' WHERE id = 2")
        store.db.execute(
            "INSERT INTO status (id, entity_id, status_id, name, sort) VALUES (9001, 'SOURCE', 'WEB', 'Сайт', 10)"
        )
        change(store)
    return load(path, {})
