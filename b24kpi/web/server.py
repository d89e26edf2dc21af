"""The web server of the local application."""

import logging
from collections.abc import Sequence
from socket import socket
from typing import Any

from flask import Blueprint, Flask, g, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from b24kpi import locale
from b24kpi.errors import B24KpiError, PortalError, RetryLater
from b24kpi.web.bi_source import bi_source
from b24kpi.web.denied import Denied
from b24kpi.web.doors import doors
from b24kpi.web.protection import protect
from b24kpi.web.site import Site, keep, the_site

_log = logging.getLogger(__name__)

# What Bitrix24 posts has a few hundred bytes; forms of pages have little more.
LARGEST_BODY = 256 * 1024
THREADS = 8


def create_app(site: Site, pages: Sequence[Blueprint] = ()) -> Flask:
    """The application as WSGI; `pages` are shown to viewers who were let in."""
    app = Flask("b24kpi", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    with app.app_context():
        keep(site)
    protect(app)
    for blueprint in (doors, bi_source, *pages):
        app.register_blueprint(blueprint)
    app.context_processor(lambda: {"say": _say})
    app.register_error_handler(Denied, _denied)
    app.register_error_handler(B24KpiError, _failed)
    app.register_error_handler(Exception, _crashed)
    return app


def serve(app: Flask, host: str, port: int) -> None:
    """Answer requests until the process is told to stop.

    Raises:
        OSError: the port cannot be had.
    """
    _serve(app, host=host, port=port)


def serve_on(app: Flask, listening: socket) -> None:
    """The same on a socket whose address had to be known before."""
    _serve(app, sockets=[listening])


def _serve(app: Flask, **where: Any) -> None:
    import waitress

    waitress.serve(app, **where, threads=THREADS, ident="", max_request_body_size=LARGEST_BODY)


def _say(message_id: str, **params: object) -> str:
    return locale.text(message_id, _language(), **params)


def _language() -> str:
    if "viewer" in g:
        return str(g.viewer.language)
    return str(g.get("language") or the_site().language)


def _denied(error: Denied) -> tuple[str, int]:
    _log.info("denied path=%s status=%d reason=%s", request.path, error.status, error.message_id)
    return _page(error.text(_language()), error.status)


def _failed(error: B24KpiError) -> tuple[str, int]:
    _log.warning("failed path=%s error=%s", request.path, error)
    is_portal = isinstance(error, (PortalError, RetryLater))
    return _page(error.text(_language()), 503 if is_portal else 500 if error.exit_code == 1 else 400)


def _crashed(error: Exception) -> AnyResponse | tuple[str, int]:
    if isinstance(error, HTTPException):
        return error.get_response()
    _log.error("crashed path=%s", request.path, exc_info=error)
    return _page(_say("entry.crashed"), 500)


def _page(message: str, status: int) -> tuple[str, int]:
    return render_template("denied.html", language=_language(), message=message), status
