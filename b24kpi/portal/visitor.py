"""A person who looks at our pages: calls with his token run with his rights."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from b24kpi.portal.access import Grant, Lasting
from b24kpi.portal.secret import Secret


@dataclass(frozen=True)
class Visitor(Lasting):
    """Access with the token of one person.

    A new token comes with the next page that the portal opens; the OAuth server has just told where the portal is.

    Attributes:
        endpoint: the portal's, as the OAuth server has told it.
    """

    endpoint: str
    token: Secret
    member_id: str
    local: bool

    @property
    def host(self) -> str:
        """The portal's host, with the port where one is given."""
        return urlsplit(self.endpoint).netloc

    def grant(self) -> Grant:
        """The same for each call."""
        return Grant(Secret(self.endpoint), self.token)
