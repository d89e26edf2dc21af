"""Leaks as tables for people: what each is worth, then the deals and leads to act on, the most money first."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from b24kpi.metrics.model import Unit
from b24kpi.metrics.ratios import as_money
from b24kpi.report.grounds import reach
from b24kpi.report.leaks import RECENT_DAYS, Item, Leak, Leaks
from b24kpi.report.table import Column, Pages, Table
from b24kpi.report.wording import DASH, Wording

# What tells the items of a leak apart.
SLICES = {"stuck_deals": ("pipeline", "stage", "manager"), "lost_requests": ("source", "channel", "manager")}
NUMERIC = frozenset({"age", "money", "recoverable", "count", "checked"})


def lay_out(found: Leaks, wording: Wording, limit: int) -> Pages:
    """At most so many items of each leak; 0 shows all."""
    tables = [_summary(found, wording)]
    tables += [_items(leak, wording, limit) for leak in found.leaks if leak.items]
    return Pages(tuple(tables), tuple(_notes(found, wording, limit)))


def _summary(found: Leaks, wording: Wording) -> Table:
    names = ("leak", "count", "checked", "recoverable")
    rows = tuple(
        (
            wording.name(leak.metric),
            str(len(leak.items)) if leak.reason is None else DASH,
            str(leak.checked) if leak.reason is None else DASH,
            _money(leak.recoverable, wording) if leak.reason is None else DASH,
        )
        for leak in found.leaks
    )
    return Table(wording.say("leaks.title"), tuple(_head(name, wording) for name in names), rows)


def _items(leak: Leak, wording: Wording, limit: int) -> Table:
    shown = leak.items[:limit] if limit else leak.items
    slices = SLICES[leak.metric]
    heads = tuple(_head(name, wording) for name in ("item", *slices, "age", "why", "money", "recoverable"))
    return Table(wording.name(leak.metric), heads, tuple(_row(item, slices, wording) for item in shown))


def _row(item: Item, names: Sequence[str], wording: Wording) -> tuple[str, ...]:
    slices = (item.labels.get(name) or item.by[name] or DASH for name in names)
    return (
        wording.say(f"leaks.kind.{item.kind}", number=item.number),
        *slices,
        wording.number(item.age, Unit.DURATION),
        "; ".join(wording.say(cause) for cause in item.causes),
        DASH if item.money is None else _money(Fraction(item.money), wording),
        _money(item.recoverable, wording),
    )


def _notes(found: Leaks, wording: Wording, limit: int) -> Iterator[str]:
    for leak in found.leaks:
        if leak.reason is not None:
            yield f"{wording.name(leak.metric)}: {wording.known('reason', str(leak.reason))}"
        if limit and len(leak.items) > limit:
            yield wording.say("leaks.more", name=wording.name(leak.metric), count=len(leak.items) - limit)
    yield from (wording.say(f"leaks.note.{leak.metric}", days=RECENT_DAYS) for leak in found.leaks if leak.items)
    yield from (wording.say("leaks.left_out", name=wording.name(name)) for name in found.left_out)
    flags = dict.fromkeys(flag for leak in found.leaks for flag in leak.flags)
    yield from (wording.known("flag", flag) for flag in flags)
    yield from reach(found.grounds, wording)


def _head(name: str, wording: Wording) -> Column:
    return Column(wording.say(f"leaks.column.{name}"), name in NUMERIC)


def _money(hundredths: Fraction, wording: Wording) -> str:
    return wording.number(as_money(hundredths), Unit.MONEY)
