"""What deals consist of: product rows with their share of the deal's money, and what they cost to buy."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Row = Mapping[str, Any]
UNIT = 10_000  # prices and quantities are counted in ten-thousandths


@dataclass(frozen=True)
class Sold:
    """A row of a deal; money in minor units, `bought` is None where nobody knows what it cost."""

    product: str | None
    quantity: int
    money: int
    bought: int | None


class Goods:
    """Product rows and purchase prices.

    convert -- minor units and currency → minor units of the report, None without a rate.
    """

    def __init__(self, rows: list[Row], products: list[Row], convert: Any) -> None:
        self._rows: dict[int, list[Row]] = {}
        for row in sorted(rows, key=lambda row: row["id"]):
            self._rows.setdefault(row["owner_id"], []).append(row)
        self._prices = {row["id"]: row for row in products if (row["purchasing_price"] or 0) > 0}
        self._convert = convert

    def of_deal(self, deal_id: int, money: int) -> Iterator[Sold]:
        """The rows of a deal with its money split among them; none for a deal without rows."""
        rows = self._rows.get(deal_id, [])
        amounts = [_amount(row["price"], row["quantity"]) for row in rows]
        for row, part in zip(rows, split(money, amounts), strict=True):
            yield Sold(_product(row), row["quantity"] or 0, part, self._bought(row))

    def known(self, deal_id: int, money: int) -> tuple[int, int]:
        """The money of the rows of which it is known what they cost, and what they cost."""
        priced = [(sold.money, sold.bought) for sold in self.of_deal(deal_id, money) if sold.bought is not None]
        return sum(part for part, _ in priced), sum(bought for _, bought in priced)

    def margin(self, deal_id: int, money: int, share: Fraction) -> Fraction:
        """What is left of a deal's money: by purchase prices, and of the rest this share."""
        covered, bought = self.known(deal_id, money)
        return covered - bought + (money - covered) * share

    def rate(self, deals: Iterable[tuple[int, int]], share: Fraction) -> Fraction:
        """The part of these deals' money, (id, money), that is margin; the given share where they brought none."""
        known = list(deals)
        money = sum(each for _, each in known)
        margin = sum((self.margin(number, each, share) for number, each in known), Fraction(0))
        return margin / money if money > 0 else share

    def _bought(self, row: Row) -> int | None:
        price = self._prices.get(row["product_id"])
        if price is None:
            return None
        found = self._convert(_amount(price["purchasing_price"], row["quantity"]), price["purchasing_currency"])
        return None if found is None else int(found)


def split(money: int, amounts: list[int]) -> list[int]:
    """Money in proportion to amounts, whole units towards zero; the first of the largest amounts takes the rest."""
    if not amounts:
        return []
    whole = sum(amounts)
    parts = [int(Fraction(money * amount, whole)) if whole else 0 for amount in amounts]
    parts[amounts.index(max(amounts))] += money - sum(parts)
    return parts


def _amount(price: int | None, quantity: int | None) -> int:
    return round(Fraction((price or 0) * (quantity or 0) * 100, UNIT * UNIT))


def _product(row: Row) -> str:
    return str(row["product_id"]) if (row["product_id"] or 0) > 0 else f"name:{row['product_name'] or ''}"
