"""The rows every fresh portal has: stages, sources, the default pipeline, the base currency, one administrator.

Codes of stages and reference lists: https://apidocs.bitrix24.com/api-reference/crm/status/index.html
"""

from collections.abc import Sequence

from b24kpi.demo.state import PortalState
from b24kpi.demo.storage import Storage

_PROCESS, _SUCCESS, _FAILURE = "", "S", "F"
LEAD_STAGES = (
    ("NEW", "Не оброблено", _PROCESS),
    ("IN_PROCESS", "В роботі", _PROCESS),
    ("PROCESSED", "Оброблено", _PROCESS),
    ("CONVERTED", "Якісний лід", _SUCCESS),
    ("JUNK", "Неякісний лід", _FAILURE),
)
DEAL_STAGES = (
    ("NEW", "Нова", _PROCESS),
    ("PREPARATION", "Підготовка документів", _PROCESS),
    ("PREPAYMENT_INVOICE", "Рахунок на передоплату", _PROCESS),
    ("EXECUTING", "У роботі", _PROCESS),
    ("FINAL_INVOICE", "Фінальний рахунок", _PROCESS),
    ("WON", "Угода успішна", _SUCCESS),
    ("LOSE", "Угода провалена", _FAILURE),
    ("APOLOGY", "Аналіз причини провалу", _FAILURE),
)
INVOICE_CATEGORY = 11  # apart from those of deals, which a new portal numbers from 1
INVOICE_STAGES = (
    ("N", "Новий", _PROCESS),
    ("S", "Надіслано клієнту", _PROCESS),
    ("P", "Оплачено", _SUCCESS),
    ("D", "Не оплачено", _FAILURE),
)
REFERENCES = {
    "SOURCE": ("CALL", "EMAIL", "WEB", "ADVERTISING", "PARTNER", "RECOMMENDATION", "TRADE_SHOW", "OTHER"),
    "DEAL_TYPE": ("SALE", "COMPLEX", "GOODS", "SERVICES", "SERVICE"),
    "CONTACT_TYPE": ("CLIENT", "SUPPLIER", "PARTNER", "OTHER"),
    "COMPANY_TYPE": ("CUSTOMER", "SUPPLIER", "COMPETITOR", "PARTNER", "OTHER"),
}


def install(state: PortalState) -> None:
    """Gives an empty state the rows of a fresh portal; the administrator is user 1 in department 1."""
    install_stages(state, "STATUS", LEAD_STAGES)
    install_stages(state, "DEAL_STAGE", DEAL_STAGES)
    for entity_id, codes in REFERENCES.items():
        rows = [_status(entity_id, code, code.capitalize(), "", 10 * (place + 1)) for place, code in enumerate(codes)]
        state.insert("status", rows)
    state.insert("category", [{"id": 0, "name": "Загальна", "sort": 300, "isDefault": "Y"}])
    state.insert("currency", [{"CURRENCY": state.base_currency, "BASE": "Y", "FULL_NAME": state.base_currency}])
    state.insert("department", [{"ID": 1, "NAME": "Компанія", "UF_HEAD": 1}])
    state.insert("user", [{"ID": 1, "NAME": "Адміністратор", "UF_DEPARTMENT": "[1]", "ADMIN": "Y"}])


def install_pipeline(state: PortalState, category_id: int, name: str) -> None:
    """One more deal pipeline with the default stages, coded `C{n}:NEW` and so on."""
    state.insert("category", [{"id": category_id, "name": name, "sort": 300 + category_id}])
    stages = [(f"C{category_id}:{code}", title, kind) for code, title, kind in DEAL_STAGES]
    install_stages(state, f"DEAL_STAGE_{category_id}", stages, category_id)


def install_invoices(state: Storage, category_id: int = INVOICE_CATEGORY) -> None:
    """Smart invoices: their one pipeline and its stages, coded `DT31_{n}:N` new, `S` sent, `P` paid, `D` unpaid."""
    category = {"id": category_id, "name": "Рахунки", "sort": 100, "entityTypeId": 31, "isDefault": "Y"}
    state.insert("category", [category])
    stages = [(f"DT31_{category_id}:{code}", title, kind) for code, title, kind in INVOICE_STAGES]
    install_stages(state, f"SMART_INVOICE_STAGE_{category_id}", stages, category_id)


def install_stages(
    state: Storage, entity_id: str, stages: Sequence[tuple[str, str, str]], category_id: int | None = None
) -> None:
    """Stages (code, name, semantic '' | 'S' | 'F') in their order."""
    rows = [
        _status(entity_id, code, title, kind, 10 * (place + 1)) | {"CATEGORY_ID": category_id}
        for place, (code, title, kind) in enumerate(stages)
    ]
    state.insert("status", rows)


def _status(entity_id: str, code: str, name: str, kind: str, sort: int) -> dict[str, object]:
    return {"ENTITY_ID": entity_id, "STATUS_ID": code, "NAME": name, "SORT": sort, "SEMANTICS": kind or None}
