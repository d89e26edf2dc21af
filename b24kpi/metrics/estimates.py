"""Sums that are estimated, as money."""

from decimal import Decimal
from fractions import Fraction

from b24kpi.metrics.ratios import as_money


def money(hundredths: float) -> Decimal:
    """Hundredths that an estimate has come to → currency units; a thousandth of one is noise of its arithmetic."""
    return as_money(Fraction(round(hundredths * 1000), 1000))
