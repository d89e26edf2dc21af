"""How to ask an application's methods for what their samples show; None: not compared, for a reason."""

from typing import Any

HANDLER = "http://app.example/page"
APPLICATION_REQUESTS: dict[str, dict[str, Any] | None] = {
    "app.info": {},
    "placement.bind": {"PLACEMENT": "CRM_ANALYTICS_MENU", "HANDLER": HANDLER},
    "placement.get": {},
    "placement.list": {"SCOPE": "crm"},
    "placement.unbind": {"PLACEMENT": "LEFT_MENU"},
}
# Differences that are meant, by method: each a pattern and why.
MEANT: dict[str, dict[str, str]] = {"placement.get": {"result[].langAll": "by language"}}
