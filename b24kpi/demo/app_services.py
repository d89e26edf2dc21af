"""What the portal keeps for applications and of them, apart from rows."""

from dataclasses import dataclass, field

from b24kpi.demo.apps import Addresses, Applications
from b24kpi.demo.bi_builder import BiBuilder
from b24kpi.demo.causes import Causes
from b24kpi.demo.notifications import Notifications
from b24kpi.demo.offline_queue import OfflineQueue
from b24kpi.demo.universal_lists import UniversalLists


@dataclass(frozen=True)
class AppServices:
    """The registry of applications, addresses of the portal and the OAuth server, the queue of events, causes of
    changes, people's notifications, the external sources of BI Builder, and universal lists.
    """

    registry: Applications = field(default_factory=Applications)
    addresses: Addresses = field(default_factory=Addresses)
    queue: OfflineQueue = field(default_factory=OfflineQueue)
    causes: Causes = field(default_factory=Causes)
    notifications: Notifications = field(default_factory=Notifications)
    bi_builder: BiBuilder = field(default_factory=BiBuilder)
    lists: UniversalLists = field(default_factory=UniversalLists)
