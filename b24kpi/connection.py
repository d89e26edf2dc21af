"""How the settings reach the portal: by a webhook, or as a local application."""

from b24kpi.errors import BadInput
from b24kpi.portal.access import Access
from b24kpi.portal.application import Application
from b24kpi.portal.auth import Webhook
from b24kpi.portal.oauth import Keys, OAuth
from b24kpi.portal.secret import Secret
from b24kpi.portal.tokens import TokenFile
from b24kpi.settings import Settings, require_portal


def access_of(settings: Settings) -> Access:
    """Who we are to the portal.

    Raises:
        BadInput: neither a webhook nor the keys of an application, or a wrong address.
    """
    require_portal(settings)
    if settings.portal.client_id:
        return application_of(settings)
    return Webhook.parse(settings.portal.webhook_url.get_secret_value())


def application_of(settings: Settings) -> Application:
    """The local application of the settings, installed or not.

    Raises:
        BadInput: its keys are not set.
    """
    portal = settings.portal
    if not portal.client_id:
        raise BadInput("settings.no_application")
    keys = Keys(portal.client_id, Secret(portal.client_secret.get_secret_value()))
    return Application(keys, TokenFile.beside(settings.cache.path), OAuth.of(settings.application.oauth_server))
