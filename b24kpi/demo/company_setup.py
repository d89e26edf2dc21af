"""The dictionaries of the demo company's portal: stages, sources, pipelines, currencies, departments, people.

Shapes as in https://apidocs.bitrix24.com/api-reference/crm/status/crm-status-list.html,
https://apidocs.bitrix24.com/api-reference/crm/universal/category/crm-category-list.html,
https://apidocs.bitrix24.com/api-reference/crm/currency/crm-currency-list.html and
https://apidocs.bitrix24.com/api-reference/user/user-get.html.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import count

from b24kpi.demo.company_names import load_names
from b24kpi.demo.company_plan import (
    ADMIN_ID,
    BASE_CURRENCY,
    DEPARTMENTS,
    LEAD_STATUSES,
    LEAVER_ID,
    MANAGERS,
    SOURCES,
    TIME_ZONE,
    Currency,
    Pipeline,
    Stage,
)
from b24kpi.demo.company_queue import Row, RowTarget

_EXTRA = {"P": "process", "S": "success", "F": "failure"}
_COLORS = {"P": "#2FC6F6", "S": "#7BD500", "F": "#FF5752"}
_SYSTEM_CODES = ("NEW", "WON", "LOSE", "CONVERTED", "JUNK")
_KINDS = (("DEAL_TYPE", "SALE", "Продаж"), ("CONTACT_TYPE", "CLIENT", "Клієнт"), ("COMPANY_TYPE", "CUSTOMER", "Клієнт"))
_REGION = {
    "entityId": "CRM_DEAL",
    "fieldName": "UF_CRM_REGION",
    "editFormLabel": json.dumps({"uk": "Регіон"}, ensure_ascii=False),
}
_DOMAIN = "demo.example"


def install_dictionaries(target: RowTarget, pipelines: Iterable[Pipeline], currencies: Iterable[Currency]) -> None:
    """Stages, sources, pipelines, currencies and the user field of the deals of a portal."""
    rows = tuple(pipelines)
    numbers = count(1)
    target.insert("category", [_category(pipeline) for pipeline in rows])
    target.insert("status", _stages("STATUS", LEAD_STATUSES, numbers))
    for pipeline in rows:
        target.insert("status", _stages(_stage_entity(pipeline.id), pipeline.stages, numbers))
    sources = tuple((source.code, source.name) for source in SOURCES)
    target.insert("status", [_kind(next(numbers), "SOURCE", code, name) for code, name in sources])
    target.insert("status", [_kind(next(numbers), *kind) for kind in _KINDS])
    target.insert("user_field", [_REGION])
    target.insert("currency", [_currency(place, currency) for place, currency in enumerate(currencies, 1)])


def install_director(target: RowTarget, registered: int) -> None:
    """The root department and the one user every portal has: its administrator, registered at the epoch moment."""
    number, name, _ = DEPARTMENTS[0]
    target.insert("department", [{"ID": number, "NAME": name, "PARENT": None, "UF_HEAD": ADMIN_ID}])
    director = _user(ADMIN_ID, load_names().director, number, registered)
    target.insert("user", [{**director, "ADMIN": "Y"}])


def install_managers(target: RowTarget, registered: int) -> None:
    """The sales departments and their managers; the leaver is dismissed already."""
    heads = {manager.department: manager.id for manager in reversed(MANAGERS)}
    target.insert(
        "department",
        [
            {"ID": number, "NAME": name, "PARENT": parent, "UF_HEAD": heads[number]}
            for number, name, parent in DEPARTMENTS[1:]
        ],
    )
    people = zip(MANAGERS, load_names().managers, strict=True)
    target.insert("user", [_user(manager.id, who, manager.department, registered) for manager, who in people])


def _stage_entity(pipeline: int) -> str:
    return f"DEAL_STAGE_{pipeline}" if pipeline else "DEAL_STAGE"


def _category(pipeline: Pipeline) -> Row:
    return {
        "id": pipeline.id,
        "name": pipeline.name,
        "sort": 200 + 100 * pipeline.id,
        "entityTypeId": 2,
        "isDefault": "N" if pipeline.id else "Y",
    }


def _stages(entity: str, stages: Iterable[Stage], numbers: Iterator[int]) -> list[Row]:
    return [_stage(next(numbers), entity, place, stage) for place, stage in enumerate(stages, 1)]


def _stage(number: int, entity: str, place: int, stage: Stage) -> Row:
    prefix, _, code = stage.code.rpartition(":")
    extra = "apology" if code == "APOLOGY" else _EXTRA[stage.semantics]
    color = _COLORS[stage.semantics]
    return {
        "ID": number,
        "ENTITY_ID": entity,
        "STATUS_ID": stage.code,
        "NAME": stage.name,
        "SORT": 10 * place,
        "SYSTEM": "Y" if code in _SYSTEM_CODES else "N",
        "CATEGORY_ID": int(prefix[1:]) if prefix else None,
        "COLOR": color,
        "SEMANTICS": None if stage.semantics == "P" else stage.semantics,
        "EXTRA": json.dumps({"SEMANTICS": extra, "COLOR": color}),
    }


def _kind(number: int, entity: str, code: str, name: str) -> Row:
    return {"ID": number, "ENTITY_ID": entity, "STATUS_ID": code, "NAME": name, "SORT": 10 * number}


def _currency(place: int, currency: Currency) -> Row:
    return {
        "CURRENCY": currency.code,
        "AMOUNT_CNT": currency.amount_cnt,
        "AMOUNT": currency.amount,
        "SORT": 100 * place,
        "BASE": "Y" if currency.code == BASE_CURRENCY else "N",
        "FULL_NAME": currency.name,
        "FORMAT_STRING": currency.format,
        "DEC_POINT": ",",
        "THOUSANDS_SEP": "&nbsp;",
    }


def _user(number: int, who: tuple[str, str, str], department: int, registered: int) -> Row:
    name, last_name, position = who
    return {
        "ID": number,
        "ACTIVE": int(number != LEAVER_ID),
        "NAME": name,
        "LAST_NAME": last_name,
        "EMAIL": f"user{number}@{_DOMAIN}",
        "DATE_REGISTER": registered,
        "TIME_ZONE": TIME_ZONE,
        "WORK_POSITION": position,
        "UF_DEPARTMENT": json.dumps([department]),
    }
