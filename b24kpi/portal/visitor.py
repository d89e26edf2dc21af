"""A person who looks at our pages: calls with his token run with his rights. Nothing is renewed or followed."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from b24kpi.errors import PortalError
from b24kpi.portal.access import Grant
from b24kpi.portal.secret import Secret


@dataclass(frozen=True)
class Visitor:
    """Access with the token of one person.

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

    def renew(self, refused: Grant) -> bool:
        """Never: a new token comes with the next page that the portal opens."""
        return False

    def follow(self, host: str) -> bool:
        """Never: the OAuth server has just told where the portal is."""
        return False

    def reworded(self, error: PortalError) -> PortalError:
        """The same."""
        return error
