"""What holds for every request: who looks, that forms are his own, and headers that keep strangers out."""

import hmac
from dataclasses import replace
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from b24kpi.portal.tokens import Tokens
from b24kpi.web.denied import Denied
from b24kpi.web.sessions import COOKIE, FRESH, Session, opened, set_cookie
from b24kpi.web.site import the_site

# Endpoints that nobody needs a session for: they verify their calls themselves, or tell nothing.
OPEN = frozenset(
    {
        *("doors.enter", "doors.install", "doors.follow_event", "doors.health", "doors.asset", "doors.home"),
        *("bi_source.check", "bi_source.list_tables", "bi_source.list_columns", "bi_source.send_rows"),
    }
)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_FIELD, CSRF_HEADER = "csrf", "X-CSRF-Token"


def protect(app: Flask) -> None:
    """Put the rules around all views of an application; those beside `OPEN` have `g.viewer` and `g.csrf`."""
    app.before_request(_admit)
    app.after_request(_shield)
    app.context_processor(lambda: {"csrf": g.get("csrf", "")})


def _admit() -> None:
    """
    Raises:
        Denied: no session, one that is over, or a form that is not of this session.
    """
    tokens = the_site().application.installed()
    g.portal = tokens
    if request.endpoint in OPEN or request.endpoint is None:
        return
    session = _session(tokens)
    if request.method not in SAFE:
        _check_form(session)
    g.viewer, g.csrf, g.session = session.viewer, session.csrf, session


def _session(tokens: Tokens | None) -> Session:
    cookie = request.cookies.get(COOKIE, "")
    session = opened(cookie, tokens.session_key) if tokens is not None and cookie else None
    if tokens is None or session is None:
        raise Denied("entry.no_session", 401)
    if session.portal != tokens.member_id or session.is_over(the_site().clock.now()):
        raise Denied("entry.session_over", 401)
    return session


def _check_form(session: Session) -> None:
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise Denied("entry.not_this_form")


def _shield(response: Response) -> Response:
    tokens: Tokens | None = g.get("portal")
    headers = response.headers
    headers["Content-Security-Policy"] = _policy(tokens)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    headers.setdefault("Cache-Control", "no-store")
    session: Session | None = g.get("session")
    now = the_site().clock.now()
    if session is not None and tokens is not None and now - session.used >= FRESH:
        set_cookie(response, replace(session, used=int(now)), tokens.session_key)
    return response


def _policy(tokens: Tokens | None) -> str:
    """Scripts are ours and Bitrix24's own, styles may be inline (plotly writes some), frames are the portal's alone."""
    site = the_site()
    script = urlsplit(site.settings.application.bx24_js)
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' {script.scheme}://{script.netloc}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": portal_origin(tokens) or "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def portal_origin(tokens: Tokens | None) -> str:
    """`https://HOST` of the portal; "" before the installation."""
    if tokens is None:
        return ""
    endpoint = urlsplit(tokens.client_endpoint)
    return f"{endpoint.scheme}://{endpoint.netloc}"
