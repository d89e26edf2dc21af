"""Random product rows, products and plans for the event logs: zero and negative amounts, rows without a product,
purchase prices that are unknown or foreign."""

from random import Random
from typing import Any

Row = dict[str, Any]

NAMES = (None, "", "Доставка", "Монтаж")
CURRENCIES = ("UAH", "UAH", "UAH", "USD", "JPY", "XXX", None)
SCOPES = (("company", ""), ("user", "1"), ("user", "3"), ("category", "0"), ("department", "10"))
MONTHS = tuple(range(1, 12))


def product_tables(rng: Random, deals: int) -> dict[str, list[Row]]:
    """Rows of about two thirds of the deals, for six products and two variations."""
    owners = [owner for owner in range(1, deals + 3) for _ in range(rng.choice([0, 1, 1, 2, 3, 5]))]
    rows = [_row(rng, number, owner) for number, owner in enumerate(owners, 1)]
    return {
        "product_row": rows,
        "product": [_product(rng, number) for number in range(1, 7)],
        "offer": [_product(rng, number) for number in (7, 8)],
    }


def plans(rng: Random) -> list[Row]:
    """Plans of sales by month, one month without; of a rate and of a number of deals by quarter."""
    found = [
        {
            "metric": "total_sales",
            "scope": scope,
            "scope_value": value,
            "amount": rng.choice([0, rng.randint(1, 10**9)]),
        }
        | _days(month, month + 1)
        for scope, value in SCOPES
        for month in MONTHS
        if rng.random() < 0.9
    ]
    for quarter in (1, 4, 7):
        wide = _days(quarter, quarter + 3) | {"scope": "company", "scope_value": ""}
        found += [{"metric": "win_rate", "amount": 4_500, **wide}, {"metric": "won_deals", "amount": 300_000, **wide}]
    return [{"id": number, **row} for number, row in enumerate(found, 1)]


def _days(start: int, end: int) -> Row:
    return {"from_day": 20260001 + 100 * start, "to_day": 20260001 + 100 * end}


def _row(rng: Random, number: int, owner: int) -> Row:
    return {
        "owner_type_id": 2,
        "id": number,
        "owner_id": owner,
        "product_id": rng.choice([0, None, 1, 2, 3, 4, 5, 6, 7, 8, 99]),
        "product_name": rng.choice(NAMES),
        "price": rng.choice([None, 0, 33, -50_000, *(rng.randint(1, 99_999_999) for _ in range(8))]),
        "quantity": rng.choice([None, 0, 3_333, 15_000, 10_000, 10_000, 20_000, 70_000]),
        "deleted_at": 1 if rng.random() < 0.05 else None,
    }


def _product(rng: Random, number: int) -> Row:
    return {
        "id": number,
        "iblock_id": 23,
        "name": f"P{number}",
        "purchasing_price": rng.choice([None, 0, *(rng.randint(1, 9_999_999) for _ in range(5))]),
        "purchasing_currency": rng.choice(CURRENCIES),
        "deleted_at": 1 if rng.random() < 0.1 else None,
    }
