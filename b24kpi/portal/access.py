"""What lets a call into the portal: an address, and for an application the token that goes with it."""

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from b24kpi.errors import PortalError
from b24kpi.portal.secret import Secret


@dataclass(frozen=True)
class Grant:
    """With what one call is made.

    Attributes:
        base: the address before the name of the method.
        token: the access token; None where the address itself is the secret.
    """

    base: Secret
    token: Secret | None = None

    @property
    def host(self) -> str:
        """The portal's host, with the port where one is given; safe to print."""
        return urlsplit(self.base.reveal()).netloc

    def endpoint(self, method: str) -> Secret:
        """The address of a REST method."""
        return Secret(self.base.reveal() + method)

    def address(self, path: str) -> str:
        """The address of something on the portal beside REST; no secret is in it."""
        return f"{urlsplit(self.base.reveal()).scheme}://{self.host}/{path}"

    def parameters(self) -> dict[str, str]:
        """What is sent beside the parameters of the call.

        https://apidocs.bitrix24.com/settings/how-to-call-rest-api/general-principles.html
        """
        return {} if self.token is None else {"auth": self.token.reveal()}


class Lasting:
    """What `Access` says where the grant is the same for each call: nothing is renewed, and no move is followed."""

    def renew(self, refused: Grant) -> bool:
        return False

    def follow(self, host: str) -> bool:
        return False

    def reworded(self, error: PortalError) -> PortalError:
        return error


class Access(Protocol):
    """Who we are to the portal. Thread-safe.

    Attributes:
        host: the portal's host, with the port where one is given; safe to print.
        member_id: what stays of a portal when it is renamed; "" where nobody told.
        local: whether the portal is this machine, where plain http is fine.
    """

    @property
    def host(self) -> str: ...

    @property
    def member_id(self) -> str: ...

    @property
    def local(self) -> bool: ...

    def grant(self) -> Grant:
        """What the next call is made with."""

    def renew(self, refused: Grant) -> bool:
        """Whether there is another grant in place of one whose token the portal did not take."""

    def follow(self, host: str) -> bool:
        """Whether the portal has really moved to this host; calls go there from now on."""

    def reworded(self, error: PortalError) -> PortalError:
        """The error in words that fit this way in."""
