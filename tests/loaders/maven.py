"""Maven CRM Sales Opportunities: 8,800 opportunities of a B2B firm that sells computer hardware.

Agents are users, their managers head departments, accounts are companies, the regional office is UF_CRM_REGION, the
product (as spelt in the pipeline file) opens the title. The data know days only: every moment is noon UTC, so that
durations are whole days. `engage_date` is the creation, on the stage Engaging; `close_date` and `close_value` are the
close. Prospecting rows have no date at all: they are created at noon of the last day, 2017-12-31, and enter no
earlier cohort. Lost opportunities have the amount 0, open ones the product's list price.

Data: the files of the public repository ikebude/CRM-Sales-Analysis; mirrors with fewer rows exist.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any

from b24kpi.demo.state import PortalState
from tests.loaders.common import ADMIN_ID, CREATED, FINISHED, data_file, install_dictionaries

TIME_ZONE = "UTC"
BASE_CURRENCY = "USD"
NOW = datetime(2018, 1, 1, tzinfo=UTC).timestamp()
STAGES = (("NEW", "Prospecting", ""), ("PREPARATION", "Engaging", ""), ("WON", "Won", "S"), ("LOSE", "Lost", "F"))

_LAST_DAY = "2017-12-31"
_CODES = {name: (code, kind or "P") for code, name, kind in STAGES}
_SPELLINGS: dict[str, str] = {"GTXPro": "GTX Pro"}  # the pipeline file's spelling: the price list's

Row = dict[str, Any]


def load(state: PortalState) -> None:
    """Fill a portal's state with the data set. Skips the running test where the data are absent."""
    install_dictionaries(state, "Maven", STAGES)
    teams = _read("sales_teams")
    users = _install_people(state, teams)
    companies = _install_companies(state)
    offices = {row["sales_agent"]: row["regional_office"] for row in teams}
    prices = {row["product"]: float(row["sales_price"]) for row in _read("products")}
    rows = sorted(_read("sales_pipeline"), key=lambda row: row["engage_date"] or _LAST_DAY)
    deals = [_deal(row, prices, users, companies, offices) for row in rows]
    state.insert("deal", ({"ID": number, **deal} for number, deal in enumerate(deals, 1)))
    state.insert("deal_history", _history(deals))


def _read(name: str) -> list[Row]:
    with data_file(f"maven/{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _install_people(state: PortalState, teams: list[Row]) -> dict[str, int]:
    """Managers with their departments, then agents; ids by name."""
    managers = sorted({(row["manager"], row["regional_office"]) for row in teams})
    users = {name: ADMIN_ID + place for place, (name, _) in enumerate(managers, 1)}
    departments = {name: 1 + place for place, (name, _) in enumerate(managers, 1)}
    state.insert("department", [_department(departments[name], users[name], name, office) for name, office in managers])
    state.insert("user", [_user(users[name], name, departments[name]) for name, _ in managers])
    bosses = {row["sales_agent"]: row["manager"] for row in teams}
    agents = {name: ADMIN_ID + len(users) + place for place, name in enumerate(bosses, 1)}
    state.insert("user", (_user(agents[name], name, departments[boss]) for name, boss in bosses.items()))
    return users | agents


def _department(number: int, head: int, manager: str, office: str) -> Row:
    return {"ID": number, "NAME": f"{office}: {manager}", "PARENT": 1, "UF_HEAD": head}


def _user(number: int, name: str, department: int) -> Row:
    first, _, last = name.partition(" ")
    return {"ID": number, "NAME": first, "LAST_NAME": last, "UF_DEPARTMENT": f"[{department}]"}


def _install_companies(state: PortalState) -> dict[str, int]:
    """The accounts, on record since before the first opportunity; ids by name."""
    accounts = _read("accounts")
    since = _noon("2016-10-01")
    companies = {row["account"]: number for number, row in enumerate(accounts, 1)}
    dates = {"DATE_CREATE": since, "DATE_MODIFY": since}
    state.insert("company", [{"ID": number, "TITLE": name, **dates} for name, number in companies.items()])
    return companies


def _deal(
    row: Row, prices: dict[str, float], users: dict[str, int], companies: dict[str, int], offices: dict[str, str]
) -> Row:
    stage, semantics = _CODES[row["deal_stage"]]
    begin = row["engage_date"] or _LAST_DAY
    price = prices[_SPELLINGS.get(row["product"]) or row["product"]]
    moved = _noon(row["close_date"] or begin)
    return {
        "TITLE": f"{row['product']} {row['account']}".strip(),
        "ORIGIN_ID": row["opportunity_id"],
        "CURRENCY_ID": BASE_CURRENCY,
        "OPPORTUNITY": float(row["close_value"]) if row["close_value"] else price,
        "STAGE_ID": stage,
        "STAGE_SEMANTIC_ID": semantics,
        "CLOSED": "N" if semantics == "P" else "Y",
        "BEGINDATE": begin,
        "CLOSEDATE": row["close_date"] or None,
        "DATE_CREATE": _noon(begin),
        "DATE_MODIFY": moved,
        "MOVED_TIME": moved,
        "COMPANY_ID": companies.get(row["account"], 0),
        "ASSIGNED_BY_ID": users[row["sales_agent"]],
        "UF_CRM_REGION": offices[row["sales_agent"]],
    }


def _history(deals: list[Row]) -> Iterator[Row]:
    """Rows of stage history in the order of time; a closed opportunity was engaged before."""
    steps = []
    for owner, deal in enumerate(deals, 1):
        closed = deal["STAGE_SEMANTIC_ID"] != "P"
        steps.append((deal["DATE_CREATE"], owner, CREATED, "P", "PREPARATION" if closed else deal["STAGE_ID"]))
        if closed:
            steps.append((deal["MOVED_TIME"], owner, FINISHED, deal["STAGE_SEMANTIC_ID"], deal["STAGE_ID"]))
    for number, (at, owner, type_id, semantics, stage) in enumerate(sorted(steps), 1):
        yield {
            "ID": number,
            "TYPE_ID": type_id,
            "OWNER_ID": owner,
            "CREATED_TIME": at,
            "CATEGORY_ID": 0,
            "STAGE_SEMANTIC_ID": semantics,
            "STAGE_ID": stage,
        }


def _noon(day: str) -> int:
    return int(datetime.combine(datetime.fromisoformat(day), time(12), UTC).timestamp())
