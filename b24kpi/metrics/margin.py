"""Which part of sales is margin: at known purchase prices what is left of them, of all others the settings' share.

The one place for this rule (kpi.md G12); formulas of the catalogue write it as `covered - bought + sales * margin -
covered * margin`, and a test holds them to it.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from b24kpi.metrics.model import Query
from b24kpi.metrics.ratios import Found, sums

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

# What facts of sales have for `Sales`, and the names of the measures that add it up.
COLUMNS = "SUM(f.money), SUM(f.covered_money), SUM(f.purchase_money)"
MEASURES = ("sales", "covered", "bought")

Exact = int | Fraction


@dataclass(frozen=True)
class Sales:
    """Sales in hundredths.

    Attributes:
        covered: what of the money came for goods whose purchase price is known; bought: that price.
    """

    money: Exact = 0
    covered: Exact = 0
    bought: Exact = 0

    def margin(self, share: Fraction) -> Fraction:
        """Hundredths; `share` is that of the settings."""
        return self.covered - self.bought + (self.money - self.covered) * share

    def rate(self, share: Fraction) -> Fraction:
        """The part of the money that is margin; where nothing was sold, that of the settings."""
        return self.margin(share) / self.money if self.money > 0 else share


def sales_of(found: Found) -> Sales:
    """What the measures `MEASURES` have found."""
    return Sales(*(found.sums.get(name, 0) for name in MEASURES))


def sales(engine: "Engine", query: Query, by: "Key") -> "dict[Cell, Sales]":
    """The sales by which the query's metric counts its margin; cells without any are absent."""
    parts = {name: query.metric.measures[name] for name in MEASURES}
    return {cell: sales_of(found) for cell, found in sums(engine, parts, query, by).items()}
