"""Money of a deal in the currency of the report, exact to the minor unit."""

from collections.abc import Sequence
from fractions import Fraction

from tests.reference.stages import Row


class Exchange:
    """Rates of the currency table: AMOUNT of the base currency for AMOUNT_CNT units of each currency."""

    def __init__(self, rows: Sequence[Row], report_currency: str = "") -> None:
        self._rates = {row["currency"]: rate for row in rows if (rate := _rate(row)) is not None}
        base = next((row["currency"] for row in rows if row["base"] in ("Y", 1)), "")
        self.report_currency = report_currency or base

    def convert(self, minor_units: int | None, currency: str | None) -> int | None:
        """Minor units of the report currency, rounded half to even; None if a rate is not known."""
        rate, target = self._rates.get(currency or ""), self._rates.get(self.report_currency)
        if rate is None or target is None:
            return None
        return round(Fraction(minor_units or 0) * rate / target)


def _rate(row: Row) -> Fraction | None:
    if not row["amount"] or not row["amount_cnt"]:
        return None
    return Fraction(str(row["amount"])) / Fraction(str(row["amount_cnt"]))
