"""Cells of plain numbers, as several screens have them."""

from fractions import Fraction

from b24kpi.metrics.model import Unit
from b24kpi.metrics.ratios import as_money
from b24kpi.web.pages.model import Cell
from b24kpi.web.pages.view import View, at_a_glance


def count_cell(count: int) -> Cell:
    """Nothing is told more quietly."""
    return Cell(str(count), mood="" if count else "quiet", value=count, unit=Unit.COUNT)


def share_cell(view: View, share: float | None) -> Cell:
    """A dash where there is none."""
    mood = "quiet" if share is None else ""
    return Cell(view.wording.number(share, Unit.RATIO), mood=mood, value=share, unit=Unit.RATIO)


def money_cell(view: View, hundredths: Fraction | None) -> Cell:
    """An amount in hundredths of the report currency; a dash where there is none."""
    if hundredths is None:
        return Cell("—", mood="quiet")
    amount = as_money(hundredths)
    return Cell(at_a_glance(amount, Unit.MONEY, view.wording), value=amount, unit=Unit.MONEY)
