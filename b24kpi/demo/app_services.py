"""What the portal keeps for applications: who they are, and where they and the portal are found."""

from dataclasses import dataclass, field

from b24kpi.demo.apps import Addresses, Applications


@dataclass(frozen=True)
class AppServices:
    """The registry of applications and the addresses of the portal and of the OAuth server."""

    registry: Applications = field(default_factory=Applications)
    addresses: Addresses = field(default_factory=Addresses)
