"""The portal's own rows in the form that the reference engine reads: no REST, no cache in between."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from b24kpi.demo.company_costs import CostRow
from b24kpi.demo.state import PortalState

Rows = list[dict[str, Any]]
END_OF_CALENDAR = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
TABLES = ("lead", "contact", "company", "category", "currency", "task")


def portal_tables(state: PortalState, costs: Iterable[CostRow] = ()) -> dict[str, Rows]:
    """Tables for `tests.reference.engine.Reference`: money in minor units, costs in the base currency."""
    tables = {name: [lowered(row) for row in state.rows(name)] for name in TABLES}
    tables["status"] = [lowered(row) for row in state.rows("status")]
    tables["deal"] = [in_minor_units(lowered(row)) for row in state.rows("deal")]
    tables["user"] = [
        {"id": row["ID"], "department": first_department(row), "active": row["ACTIVE"] in ("Y", 1)}
        for row in state.rows("user")
    ]
    tables["stage_step"] = [lowered(row) | {"entity_type_id": 2} for row in state.rows("deal_history")]
    tables["activity"] = [activity_row(row) for row in state.rows("activity")]
    tables["call"] = [call_row(row) for row in state.rows("telephony_call")]
    tables["product_row"] = [row | {"owner_type_id": 2} for row in scaled(state, "product_row", "price", "quantity")]
    tables["product_row"] = [row for row in tables["product_row"] if row["owner_type"] == "D"]
    tables["product"] = scaled(state, "catalog_product", "purchasing_price")
    tables["cost"] = [cost_row(cost, prices(state)) for cost in costs]
    return tables


def lowered(row: Mapping[str, Any]) -> dict[str, Any]:
    """Names as in the cache; empty texts are nothing."""
    return {name.lower(): None if value == "" else value for name, value in row.items()}


def activity_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A deadline at the end of the calendar is none."""
    found = lowered(row)
    has_deadline = found["deadline"] is not None and found["deadline"] < END_OF_CALENDAR
    return found | {"completed": int(row["COMPLETED"] == "Y"), "deadline": found["deadline"] if has_deadline else None}


def call_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return lowered(row) | {"call_type": int(row["CALL_TYPE"])}


def in_minor_units(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"opportunity": None if row["opportunity"] is None else minor_units(row["opportunity"])}


def minor_units(amount: float) -> int:
    return round(Fraction(str(amount)) * 100)


def scaled(state: PortalState, table: str, *names: str) -> Rows:
    """Rows with these columns in ten-thousandths."""
    found = [lowered(row) for row in state.rows(table)]
    return [
        row | {name: None if row[name] is None else round(Fraction(str(row[name])) * 10_000) for name in names}
        for row in found
    ]


def ten_thousandths(number: float | None) -> int | None:
    return None if number is None else round(Fraction(str(number)) * 10_000)


def first_department(user: Mapping[str, Any]) -> int | None:
    return next(iter(json.loads(user["UF_DEPARTMENT"])), None)


def prices(state: PortalState) -> dict[str, Fraction]:
    """What a unit of each currency costs in the base currency."""
    return {
        row["CURRENCY"]: Fraction(str(row["AMOUNT"])) / Fraction(str(row["AMOUNT_CNT"]))
        for row in state.rows("currency")
    }


def plan_tables(rows: Iterable[tuple[str, str, str, str, str]]) -> Rows:
    """Plans of months as the cache keeps them."""
    found = []
    for metric, month, scope, value, amount in rows:
        year, number = map(int, month.split("-"))
        until = 10_000 * (year + number // 12) + 100 * (number % 12 + 1) + 1
        scaled = Fraction(amount.rstrip("%")) * 100
        days = {"from_day": 10_000 * year + 100 * number + 1, "to_day": until}
        found.append({"metric": metric, "scope": scope, "scope_value": value, "amount": int(scaled)} | days)
    return found


def cost_row(cost: CostRow, prices: Mapping[str, Fraction]) -> dict[str, Any]:
    amount = round(minor_units(cost.amount) * prices[cost.currency])
    day = int(cost.date.replace("-", ""))
    return {"day": day, "source": cost.source, "campaign": cost.campaign, "amount": amount, "kind": cost.kind}
