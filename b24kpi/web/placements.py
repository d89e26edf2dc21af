"""Where in Bitrix24 the pages are found: bound at the installation, unbound at the removal.

https://apidocs.bitrix24.com/api-reference/widgets/placement/placement-bind.html
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from b24kpi import locale
from b24kpi.errors import PortalError
from b24kpi.portal.client import Portal
from b24kpi.portal.protocol import Command

_log = logging.getLogger(__name__)

DASHBOARD_MENU, LEFT_MENU, DEAL_TAB = "CRM_ANALYTICS_MENU", "LEFT_MENU", "CRM_DEAL_DETAIL_TAB"
PLACEMENTS = (DASHBOARD_MENU, LEFT_MENU, DEAL_TAB)
# Bitrix24's names of the languages.
_LANGUAGES = {"en": "en", "ru": "ru", "ua": "uk"}


def bind(portal: Portal, handler: str) -> list[str]:
    """Bind what is not bound yet to the handler, and take away what is bound to an address that we had before.

    Returns the codes of placements that the portal refused.

    Raises:
        PortalError: the portal does not answer, or tells nobody what is bound.
    """
    bound = [(str(row.get("placement")), str(row.get("handler"))) for row in portal.call("placement.get").result or ()]
    for code, other in bound:
        if code in PLACEMENTS and other != handler:
            _unbind(portal, other, [code])
    missing = [code for code in PLACEMENTS if (code, handler) not in bound]
    if not missing:
        return []
    answers = portal.batch({code: Command("placement.bind", _binding(code, handler)) for code in missing})
    refused = {code: answer for code, answer in answers.items() if isinstance(answer, PortalError)}
    for code, error in refused.items():
        _log.warning("placement not bound code=%s error=%s", code, error)
    return list(refused)


def unbind(portal: Portal, handler: str) -> None:
    """Take the pages away again.

    Raises:
        PortalError: the portal does not answer.
    """
    _unbind(portal, handler, PLACEMENTS)


def _unbind(portal: Portal, handler: str, codes: Iterable[str]) -> None:
    commands = {code: Command("placement.unbind", {"PLACEMENT": code, "HANDLER": handler}) for code in codes}
    for code, answer in portal.batch(commands).items():
        if isinstance(answer, PortalError):
            _log.info("placement not unbound code=%s error=%s", code, answer)


def _binding(code: str, handler: str) -> dict[str, Any]:
    titles = {name: {"TITLE": _title(code, language)} for name, language in _LANGUAGES.items()}
    return {"PLACEMENT": code, "HANDLER": handler, "TITLE": _title(code, "en"), "LANG_ALL": titles}


def _title(code: str, language: str) -> str:
    names: Mapping[str, str] = {DASHBOARD_MENU: "dashboard", LEFT_MENU: "menu", DEAL_TAB: "deal_tab"}
    return locale.text(f"entry.placement.{names[code]}", language)
