"""Part of Trust: Bitrix24's own number of won deals beside ours, and each deal that makes the difference."""

from collections.abc import Iterator
from datetime import date

from b24kpi.metrics.model import Unit
from b24kpi.report.reconciliation import Difference, Reconciliation, Side
from b24kpi.web.pages.model import Block, Cell, Grid, Head
from b24kpi.web.pages.view import View

SHOWN = 10


def reconciled(view: View) -> Iterator[Block]:
    """Both numbers of the chosen period with what lies between them; then the deals, if any differ."""
    found = view.answers.reconcile(view.filters.period, view.filters.chosen)
    yield _bridge(view, found)
    if found.differences:
        yield _deals(view, found)


def _bridge(view: View, found: Reconciliation) -> Grid:
    """From Bitrix24's number by each cause to ours."""
    heads = (Head(""), Head(_say(view, "deals"), True), Head(_say(view, "money"), True))
    causes = [(_say(view, f"cause.{each}"), found.of(each)) for each in found.causes]
    rows = [("Bitrix24", found.bitrix), *causes, ("b24kpi", found.ours)]
    cells = tuple(
        (Cell(name), *_numbers(view, side, signed=0 < place < len(rows) - 1)) for place, (name, side) in enumerate(rows)
    )
    title = _say(view, "title", period=view.period)
    return Grid("reconciliation", title, heads, cells, (_say(view, "note"),))


def _deals(view: View, found: Reconciliation) -> Grid:
    names = ("deal", "why", "closed_on", "won_on")
    numbers = ("in_bitrix", "in_ours", "change")
    heads = (*(Head(_say(view, name)) for name in names), *(Head(_say(view, name), True) for name in numbers))
    rows = tuple(_row(view, each) for each in found.differences)
    return Grid("reconciliation_deals", _say(view, "differing"), heads, rows, shown=SHOWN, folded=True)


def _row(view: View, each: Difference) -> tuple[Cell, ...]:
    sides = [_money(view, side) if side.deals else Cell("—", mood="quiet") for side in (each.bitrix, each.ours)]
    return (
        Cell(str(each.deal_id), path=view.deal(each.deal_id), value=each.deal_id),
        Cell(_say(view, f"cause.{each.cause}")),
        Cell(_day(each.closed_on)),
        Cell(_day(each.won_on)),
        *sides,
        _money(view, each.change, signed=True),
    )


def _numbers(view: View, side: Side, *, signed: bool) -> tuple[Cell, Cell]:
    sign = "+" if signed and side.deals > 0 else ""
    count = f"{sign}{side.deals}".replace("-", "−")
    return Cell(count, value=side.deals, unit=Unit.COUNT), _money(view, side, signed=signed)


def _money(view: View, side: Side, *, signed: bool = False) -> Cell:
    """To the cent: the sums are to be followed."""
    sign = "−" if side.money < 0 else "+" if signed and side.money > 0 else ""
    return Cell(sign + view.wording.money(abs(side.money), whole=False), value=side.money, unit=Unit.MONEY)


def _day(day: date | None) -> str:
    return "—" if day is None else day.isoformat()


def _say(view: View, key: str, **params: object) -> str:
    return view.wording.say(f"reconciliation.{key}", **params)
