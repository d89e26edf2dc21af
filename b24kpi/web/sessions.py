"""Sessions of viewers: a signed cookie that lives for an hour after it was last used, and for a working day at most."""

from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, Self

from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response

from b24kpi.portal.secret import Secret
from b24kpi.web.viewer import Viewer

COOKIE = "b24kpi_session"
IDLE, LONGEST = 3_600, 8 * 3_600
# A cookie is signed anew when it is used after so many seconds.
FRESH = 300


@dataclass(frozen=True)
class Session:
    """Who looks, since when, and what proves that a form is his.

    Attributes:
        began, used: epoch seconds.
        csrf: what every form and every call of a script carries besides the cookie.
        portal: member_id of the portal that let him in.
    """

    viewer: Viewer
    portal: str
    began: int
    used: int
    csrf: str

    @classmethod
    def begin(cls, viewer: Viewer, portal: str, now: float) -> Self:
        """A session that begins now."""
        return cls(viewer, portal, int(now), int(now), token_urlsafe(18))

    def is_over(self, now: float) -> bool:
        """Whether it counts no more."""
        return not (self.used <= now + FRESH and now < self.used + IDLE and now < self.began + LONGEST)


def sealed(session: Session, key: Secret) -> str:
    """The session as the value of a cookie."""
    viewer = session.viewer
    values = [viewer.user_id, viewer.name, viewer.language, viewer.sees_all]
    return _signer(key).dumps([*values, session.portal, session.began, session.used, session.csrf])


def opened(value: str, key: Secret) -> Session | None:
    """The session of a cookie; None where it was not signed with this key."""
    try:
        user_id, name, language, sees_all, *rest = _signer(key).loads(value)
        return Session(Viewer(user_id, name, language, sees_all), *rest)
    except (BadData, ValueError, TypeError):
        return None


def set_cookie(response: Response, session: Session, key: Secret) -> None:
    """Give the session to the browser: for pages in a frame of another site, and for that site alone."""
    options: dict[str, Any] = {"httponly": True, "secure": True, "samesite": "None", "partitioned": True}
    response.set_cookie(COOKIE, sealed(session, key), max_age=IDLE, path="/", **options)


def _signer(key: Secret) -> URLSafeSerializer:
    return URLSafeSerializer(key.reveal(), salt="b24kpi session", signer_kwargs={"digest_method": sha256})
