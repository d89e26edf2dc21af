"""What the portal keeps for applications: who they are, where all are found, queued events, who causes a change."""

from dataclasses import dataclass, field

from b24kpi.demo.apps import Addresses, Applications
from b24kpi.demo.causes import Causes
from b24kpi.demo.offline_queue import OfflineQueue


@dataclass(frozen=True)
class AppServices:
    """The registry of applications, the addresses of the portal and of the OAuth server, the queue, the causes."""

    registry: Applications = field(default_factory=Applications)
    addresses: Addresses = field(default_factory=Addresses)
    queue: OfflineQueue = field(default_factory=OfflineQueue)
    causes: Causes = field(default_factory=Causes)
