"""Sums that are estimated, as money."""

from decimal import Decimal


def money(hundredths: float) -> Decimal:
    """Hundredths that an estimate has come to → currency units; a thousandth of one is noise of its arithmetic."""
    whole, rest = divmod(round(hundredths * 1000), 1000)
    return Decimal(whole + (rest > 500 or (rest == 500 and whole % 2))).scaleb(-2)  # half to even
