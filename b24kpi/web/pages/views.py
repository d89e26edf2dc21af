"""The Flask blueprint of the dashboard: addresses → screens, downloads, the manual refresh."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from b24kpi.errors import B24KpiError, BadInput
from b24kpi.web.pages import leak_action
from b24kpi.web.pages.assets import asset
from b24kpi.web.pages.attribution import NAME as ATTRIBUTION
from b24kpi.web.pages.context import PagesContext
from b24kpi.web.pages.directory import Directory, wording_of
from b24kpi.web.pages.downloads import sheet, workbook
from b24kpi.web.pages.filters import Filters
from b24kpi.web.pages.frame import Frame
from b24kpi.web.pages.model import Screen
from b24kpi.web.pages.registry import FURTHER, OF_ALL, SCREENS
from b24kpi.web.pages.screens import deal, rows
from b24kpi.web.pages.view import View
from b24kpi.web.viewer import Viewer

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FOREVER = "private, max-age=31536000, immutable"
PACKED = ("text/html", "application/json")
LEAST_PACKED = 1000
# Facts that nobody has asked for before are not made while a sync is at work.
NOT_YET = ("cache.busy", "cache.busy_with")
LARGEST_ID = 2**63 - 1
# Errors that have a page of their own → its state, and the status of the answer.
STATES = {
    "cache.empty": ("empty", 200),
    "web.own_only": ("forbidden", 403),
    "web.not_your_deal": ("not_your_deal", 403),
    "web.no_deal": ("no_deal", 404),
}


def blueprint(context: PagesContext, *, prefix: str = "/kpi") -> Blueprint:
    """The pages, to be registered by an application that sets `flask.g.viewer` before each request.

    Forms (POST) are refresh and the task of a leak; their hidden field `csrf` holds `context.form_token()`: the
    application checks it.
    """
    found = Blueprint("pages", __name__, url_prefix=prefix, template_folder="../templates")
    pages = _Pages(context, prefix)
    found.add_url_rule("/", "home", pages.home)
    found.add_url_rule("/<name>", "screen", pages.screen)
    found.add_url_rule("/rows/<metric>", "rows", pages.rows)
    found.add_url_rule(f"/deal/<int(max={LARGEST_ID}):number>", "deal", pages.deal)
    found.add_url_rule("/refresh", "refresh", pages.start_refresh, methods=["POST"])
    found.add_url_rule(f"/{leak_action.PATH}", "create_task", pages.create_task, methods=["POST"])
    found.add_url_rule("/refresh/state", "refresh_state", pages.refresh_state)
    found.add_url_rule("/assets/<digest>/<name>", "asset", pages.asset)
    found.register_error_handler(B24KpiError, pages.failed)
    found.after_request(_packed)
    return found


@dataclass(frozen=True)
class _Pages:
    """The views; `prefix` is where they lie."""

    context: PagesContext
    prefix: str

    def home(self) -> AnyResponse:
        """The first screen, with the choice kept."""
        query = request.query_string.decode()
        return redirect(f"{self._base}/morning" + (f"?{query}" if query else ""))

    def screen(self, name: str) -> AnyResponse:
        """A screen of the registry."""
        build = SCREENS.get(name) or FURTHER.get(name)
        if build is None:
            abort(404)
        if name in OF_ALL and not _viewer().sees_all:
            raise BadInput("web.own_only")
        return self._answer(name, build)

    def rows(self, metric: str) -> AnyResponse:
        """The rows behind a number; every further argument is a slice."""

        def build(view: View) -> Screen:
            found = view.answers.catalogue.find(metric)
            slices = given | ({"manager": view.filters.own} if view.filters.own else {})
            rows.check(view, found, slices)
            return rows.build(view, found, slices)

        given = {key: value for key, value in _asked() if key not in ("period", ATTRIBUTION)}
        return self._answer(f"rows/{metric}", build)

    def deal(self, number: int) -> AnyResponse:
        """One deal; whoever sees only his own is not told whether another one exists."""
        return self._answer(f"deal/{number}", lambda view: deal.build(view, number))

    def start_refresh(self) -> AnyResponse:
        """Begin a refresh and go back to where it was asked for."""
        if self.context.refresh is None:
            abort(404)
        if not _viewer().sees_all:
            abort(403)
        self.context.refresh.start()
        return redirect(self._back("morning"), 303)

    def create_task(self) -> AnyResponse | str:
        """Give a leak to who is responsible for it; a script is told in JSON: `text`, `href`, `path`."""
        if self.context.tasks is None:
            abort(404)
        viewer, leak = _viewer(), leak_action.asked_leak(request.form)
        with self.context.open_answers(viewer.language) as answers:
            words = wording_of(answers)
            wanted = leak_action.wanted_task(answers, words, leak, viewer)
        told = leak_action.told(self.context.tasks.create(wanted), words, self._back("leaks"))
        frame = Frame.bare(self.context, self._base, viewer, "task", told.text)
        if request.accept_mimetypes.best == "application/json":
            return jsonify(text=told.title, href=told.path and frame.portal + told.path, path=told.path)
        return render_template("pages/task.html", frame=frame, told=told)

    def _back(self, name: str) -> str:
        """Where a form was sent from; a screen where it does not say."""
        back = request.form.get("back", "")
        return back if back.startswith(f"{self._base}/") else f"{self._base}/{name}"

    def refresh_state(self) -> AnyResponse:
        """How the refresh goes: `running`, `text`, `failed`."""
        if self.context.refresh is None:
            abort(404)
        state = self.context.refresh.state(_viewer().language)
        response = jsonify(running=state.is_running, text=state.text, failed=state.failed)
        response.headers["Cache-Control"] = "no-store"
        return response

    def asset(self, digest: str, name: str) -> AnyResponse:
        """A file that never changes under its address."""
        try:
            found = asset(name)
        except (KeyError, FileNotFoundError):
            abort(404)
        if digest != found.digest:
            abort(404)
        is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
        response = Response(found.packed if is_packed else found.plain, mimetype=found.kind)
        response.headers["Cache-Control"] = FOREVER
        response.headers["Vary"] = "Accept-Encoding"
        if is_packed:
            response.headers["Content-Encoding"] = "gzip"
        return response

    def failed(self, error: Exception) -> AnyResponse | tuple[str, int]:
        """A failure in the reader's words, in the frame of a page; what is only not yet possible is asked for again."""
        assert isinstance(error, B24KpiError)
        if error.message_id in NOT_YET:
            return self._loading(_viewer(), "")
        usual = ("failed", 400 if isinstance(error, BadInput) else 503)
        kind, status = STATES.get(error.message_id, usual)
        frame = Frame.bare(self.context, self._base, _viewer(), kind, error.text(_viewer().language))
        return render_template("pages/state.html", frame=frame), status

    @property
    def _base(self) -> str:
        return request.script_root + self.prefix

    def _answer(self, name: str, build: Callable[[View], Screen]) -> AnyResponse:
        """The screen as a page or a file; a word that it is being counted, where that takes longer."""
        viewer, wanted = _viewer(), request.args.get("format", "")
        directory = self._directory(viewer, wait=bool(wanted))
        if directory is None:
            return self._loading(viewer, name)
        filters = Filters.parse(request.args, viewer, directory.today)
        screen = self._screen(name, filters, viewer, build, wait=bool(wanted))
        if screen is None:
            return self._loading(viewer, name, directory, filters)
        if wanted:
            return _download(screen, name, filters, directory, wanted, self.context.portal().rstrip("/"))
        frame = Frame.of(self.context, self._base, viewer, name, directory, filters, dict(_asked()))
        return _page(render_template("pages/screen.html", frame=frame, screen=screen))

    def _directory(self, viewer: Viewer, *, wait: bool) -> Directory | None:
        def read() -> Directory:
            with self.context.open_answers(viewer.language) as answers:
                return Directory.of(answers)

        found: Directory | None = self._recall(("directory", viewer.language), read, wait=wait)
        return found

    def _screen(
        self, name: str, filters: Filters, viewer: Viewer, build: Callable[[View], Screen], *, wait: bool
    ) -> Screen | None:
        base, arguments, acts = self._base, dict(_asked()), self.context.tasks is not None

        def make() -> Screen:
            with self.context.open_answers(viewer.language) as answers:
                return build(View(answers, filters, wording_of(answers), base, arguments, acts))

        key = (name, viewer.language, filters.own, filters.today, base, _asked())
        found: Screen | None = self._recall(key, make, wait=wait)
        return found

    def _recall(self, key: Any, make: Callable[[], Any], *, wait: bool) -> Any:
        return self.context.memory.recall(key, self.context.settings.cache.path, make, wait=wait)

    def _loading(
        self, viewer: Viewer, name: str, directory: Directory | None = None, filters: Filters | None = None
    ) -> AnyResponse:
        """The frame of the page, which asks again by itself."""
        if directory is None or filters is None:
            frame = Frame.bare(self.context, self._base, viewer, "loading", "")
        else:
            given = (viewer, name, directory, filters, dict(_asked()))
            frame = Frame.of(self.context, self._base, *given, state="loading")
        response = Response(render_template("pages/state.html", frame=frame), status=202)
        response.headers["Refresh"] = "1"
        response.headers["Cache-Control"] = "no-store"
        return response


def _viewer() -> Viewer:
    viewer: Viewer = g.viewer
    return viewer


def _asked() -> tuple[tuple[str, str], ...]:
    """What the address asks for, but for the form of the answer."""
    return tuple(sorted(item for item in request.args.items() if item[1] and item[0] not in ("format", "table")))


def _page(html: str) -> AnyResponse:
    """Kept by the browser, but asked for again; what is unchanged is not sent twice."""
    response = Response(html)
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag(weak=True)
    return response.make_conditional(request)


def _download(
    screen: Screen, name: str, filters: Filters, directory: Directory, wanted: str, portal: str
) -> AnyResponse:
    table = request.args.get("table", "")
    if wanted == "xlsx":
        content: bytes | None = workbook(screen, directory.wording, portal)
        kind = XLSX
    else:
        content = sheet(screen, table, directory.wording) if wanted == "csv" else None
        kind = "text/csv; charset=utf-8"
    if content is None:
        abort(404)
    parts = [name.replace("/", "-"), *([table] if wanted == "csv" else []), filters.period.label]
    headers: Mapping[str, str] = {
        "Content-Disposition": f'attachment; filename="{"-".join(parts)}.{wanted}"',
        "Cache-Control": "private, no-store",
    }
    return Response(content, content_type=kind, headers=dict(headers))


def _packed(response: AnyResponse) -> AnyResponse:
    """Compressed where the browser takes it and it pays."""
    wanted = "gzip" in request.headers.get("Accept-Encoding", "")
    if not wanted or response.mimetype not in PACKED or "Content-Encoding" in response.headers:
        return response
    body = response.get_data()
    if response.status_code == 304 or len(body) < LEAST_PACKED:
        return response
    response.set_data(gzip.compress(body, 5))
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


__all__ = ["blueprint"]
