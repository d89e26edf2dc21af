"""What the views share: the settings, the application, who may in, and how to refresh."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from flask import current_app

from b24kpi.app import App, open_app
from b24kpi.clock import Clock
from b24kpi.connection import application_of
from b24kpi.errors import BadInput
from b24kpi.portal.application import Application
from b24kpi.portal.client import Portal
from b24kpi.portal.ledger import FileLedger
from b24kpi.settings import Settings
from b24kpi.web.installation import Installation
from b24kpi.web.refreshing import Refresher
from b24kpi.web.verification import Verifier

_KEY = "b24kpi"


@dataclass(frozen=True)
class Site:
    """One local application.

    Attributes:
        language: of those whose Bitrix24 speaks none of ours.
        refresh: begins a refresh; False where one is under way. By default in a thread of its own.
    """

    settings: Settings
    clock: Clock
    language: str
    application: Application
    verifier: Verifier
    installation: Installation
    refresher: Refresher
    ledger: FileLedger

    @classmethod
    def of(cls, settings: Settings, clock: Clock, language: str) -> "Site":
        """The site of the settings.

        Raises:
            BadInput: the keys of the application or its public address are not set.
        """
        application = application_of(settings)
        if not settings.portal.public_url:
            raise BadInput("settings.no_public_url")
        plan = settings.portal.plan
        ledger = FileLedger(Path(f"{settings.cache.path}.budget"), clock)
        asks_departments = bool(settings.application.departments)
        verifier = Verifier(application, clock, plan=plan, ledger=ledger, departments=asks_departments)

        def portal() -> Portal:
            return Portal(application, clock=clock, plan=plan, ledger=ledger, attempts=2)

        def opened(stop: Callable[[], bool]) -> App:
            return open_app(settings, clock=clock, stop=stop, language=language)

        installation = Installation(application, clock, settings.portal.public_url, portal)
        refresher = Refresher(opened, clock)
        return cls(settings, clock, language, application, verifier, installation, refresher, ledger)

    def close(self) -> None:
        """End what runs."""
        self.refresher.stop()
        self.ledger.close()


def keep(site: Site) -> None:
    """Make the site known to the views of the present Flask application."""
    current_app.extensions[_KEY] = site


def the_site() -> Site:
    """The site of the request at hand."""
    return cast(Site, current_app.extensions[_KEY])
