"""The demo company with user fields of every type, and values sliced by them."""

from datetime import date
from typing import Any

from b24kpi.app import App, Ask
from b24kpi.demo.state import PortalState
from b24kpi.metrics.period import Grain
from tests.pipeline.conftest import company

START, END = date(2026, 3, 1), date(2026, 12, 1)
SIZES, TAGS = ("Small", "Large"), ("Gift", "Urgent", "Export")
DIMENSIONS = """[dimensions]
region = "UF_CRM_REGION"
tags = "UF_CRM_TAGS"
size = "company.UF_CRM_SIZE"
trade = "lead.UF_CRM_CHANNEL"
urgent = "UF_CRM_URGENT"
curator = "UF_CRM_CURATOR"
branch = "company.UF_CRM_BRANCH"
"""

Ids = dict[str, list[int]]


def furnish(state: PortalState) -> Ids:
    """The demo company with a list on companies, a multiple list on deals, a text on leads; ids of the items."""
    company(300)(state)
    sizes = state.add_user_field("CRM_COMPANY", "UF_CRM_SIZE", "enumeration", label="Розмір", items=SIZES)
    tags = state.add_user_field("CRM_DEAL", "UF_CRM_TAGS", "enumeration", label="Мітки", items=TAGS, multiple="Y")
    state.add_user_field("CRM_LEAD", "UF_CRM_CHANNEL", "string", label="Канал")
    state.add_user_field("CRM_DEAL", "UF_CRM_URGENT", "boolean", label="Терміново")
    state.add_user_field("CRM_DEAL", "UF_CRM_CURATOR", "employee", label="Куратор")
    state.add_user_field("CRM_COMPANY", "UF_CRM_BRANCH", "crm_status", label="Тип", directory="COMPANY_TYPE")
    state.execute("UPDATE deal SET UF_CRM_URGENT = CASE ID % 3 WHEN 0 THEN 1 WHEN 1 THEN 0 END, UF_CRM_CURATOR = 2")
    state.execute("UPDATE company SET UF_CRM_BRANCH = 'CUSTOMER'")
    state.add_user_field("CRM_DEAL", "UF_CRM_SCAN", "string", label="Скан")
    state.execute("UPDATE user_field SET userTypeId = 'file' WHERE fieldName = 'UF_CRM_SCAN'")
    state.execute(f"UPDATE company SET UF_CRM_SIZE = CASE ID % 3 WHEN 0 THEN {sizes[0]} WHEN 1 THEN {sizes[1]} END")
    state.execute("UPDATE lead SET UF_CRM_CHANNEL = CASE ID % 2 WHEN 0 THEN 'Fair' ELSE 'Radio' END")
    state.execute(
        f"UPDATE deal SET UF_CRM_TAGS = CASE ID % 3 WHEN 0 THEN '[{tags[2]},{tags[0]}]' WHEN 1 THEN '[{tags[1]}]' END"
    )
    return {"size": sizes, "tags": tags}


def sliced(app: App, metric: str, *by: str, **where: str) -> dict[tuple[str, ...], Any]:
    """Values of the whole time by the values of the dimensions."""
    ask = Ask((metric,), Grain.YEAR, date(2024, 1, 1), date(2027, 1, 1), by=by, where=where)
    found: dict[tuple[str, ...], Any] = {}
    for entry in app.report(ask).entries:
        key = tuple(entry.value.by[name] for name in by)
        found[key] = found.get(key, 0) + (entry.value.value or 0)
    return found
