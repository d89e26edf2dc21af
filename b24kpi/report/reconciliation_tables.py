"""Bitrix24's own number beside ours as tables for people: the way from one to the other, then the deals."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from b24kpi.report.grounds import reach
from b24kpi.report.reconciliation import Difference, Reconciliation, Side
from b24kpi.report.table import Column, Pages, Table
from b24kpi.report.wording import DASH, Wording


def lay_out(found: Reconciliation, wording: Wording, limit: int) -> Pages:
    """Two tables, or one where nothing differs; at most `limit` deals, 0 stands for all."""
    shown = found.differences[: limit or None]
    tables = [_bridge(found, wording)]
    if shown:
        tables.append(_deals(shown, wording))
    return Pages(tuple(tables), tuple(_notes(found, len(shown), wording)))


def _bridge(found: Reconciliation, wording: Wording) -> Table:
    """From Bitrix24's number by each cause to ours."""
    heads = (Column(""), _head("deals", wording, numeric=True), _head("money", wording, numeric=True))
    causes = tuple((_cause(cause, wording), *_numbers(found.of(cause), wording, signed=True)) for cause in found.causes)
    ends = (("Bitrix24", found.bitrix), ("b24kpi", found.ours))
    first, last = ((name, *_numbers(side, wording)) for name, side in ends)
    return Table(_title(found, wording), heads, (first, *causes, last))


def _title(found: Reconciliation, wording: Wording) -> str:
    slices = (
        f"{wording.known('dimension', name)}: {found.where_labels.get(name) or value or wording.say('report.empty')}"
        for name, value in found.where.items()
    )
    return wording.say("reconciliation.title", period=", ".join([found.period.label, *slices]))


def _deals(shown: tuple[Difference, ...], wording: Wording) -> Table:
    names = ("deal", "why", "closed_on", "won_on", "in_bitrix", "in_ours", "change")
    heads = tuple(_head(name, wording, numeric=name in names[4:]) for name in names)
    return Table(wording.say("reconciliation.differing"), heads, tuple(_row(each, wording) for each in shown))


def _row(each: Difference, wording: Wording) -> tuple[str, ...]:
    sides = (_money(side, wording) if side.deals else DASH for side in (each.bitrix, each.ours))
    days = (_day(day) for day in (each.closed_on, each.won_on))
    return str(each.deal_id), _cause(each.cause, wording), *days, *sides, _money(each.change, wording, signed=True)


def _notes(found: Reconciliation, shown: int, wording: Wording) -> Iterator[str]:
    if not found.differences:
        yield wording.say("reconciliation.same")
    if (more := len(found.differences) - shown) > 0:
        yield wording.say("reconciliation.more", count=more)
    yield wording.say("reconciliation.note")
    yield from reach(found.grounds, wording)


def _numbers(side: Side, wording: Wording, *, signed: bool = False) -> tuple[str, str]:
    return _sign(side.deals, signed=signed) + str(abs(side.deals)), _money(side, wording, signed=signed)


def _money(side: Side, wording: Wording, *, signed: bool = False) -> str:
    """To the cent: the sums are to be followed."""
    return _sign(side.money, signed=signed) + wording.money(abs(side.money), whole=False)


def _sign(number: int | Decimal, *, signed: bool) -> str:
    return "−" if number < 0 else "+" if signed and number > 0 else ""


def _cause(cause: str, wording: Wording) -> str:
    return wording.say(f"reconciliation.cause.{cause}")


def _day(day: date | None) -> str:
    return DASH if day is None else day.isoformat()


def _head(name: str, wording: Wording, *, numeric: bool = False) -> Column:
    return Column(wording.say(f"reconciliation.{name}"), numeric)
