"""Bottlenecks as tables for people: the balance of every stage, then what stages could bring, the most first."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby

from babel.dates import format_date

from b24kpi.metrics.model import Unit
from b24kpi.report.bottlenecks import FATES, Bottlenecks, StageRow
from b24kpi.report.grounds import reach
from b24kpi.report.table import Column, Pages, Table
from b24kpi.report.wording import DASH, Wording


def lay_out(found: Bottlenecks, wording: Wording) -> Pages:
    """Two tables for each pipeline."""
    if found.reason is not None:
        return Pages((), (headline(found, wording), *_notes(found, wording)))
    tables, title = [], headline(found, wording) + "\n\n"
    for _, group in groupby(found.stages, key=lambda row: row.pipeline):
        rows = list(group)
        name = rows[0].labels.get("pipeline") or rows[0].pipeline
        tables.append(_balance(rows, title + wording.say("bottlenecks.funnel", pipeline=name), wording))
        tables.append(_money(rows, wording.say("bottlenecks.worth", pipeline=name), wording))
        title = ""
    return Pages(tuple(tables), tuple(_notes(found, wording)))


def headline(found: Bottlenecks, wording: Wording) -> str:
    """Whose funnel it is: the days on which the deals entered, and the slice."""
    days = (found.period.start, found.period.end - timedelta(days=1))
    start, end = (format_date(day, "medium", locale=wording.language) for day in days)
    slices = (
        f"{wording.known('dimension', name)}: {found.where_labels.get(name) or value or wording.say('report.empty')}"
        for name, value in found.where.items()
    )
    return ", ".join([wording.say("bottlenecks.headline", start=start, end=end), *slices])


def _balance(rows: list[StageRow], title: str, wording: Wording) -> Table:
    heads = [_head("stage", wording), *(_head(name, wording, numeric=True) for name in ("reached", *FATES))]
    heads += [_head("conversion", wording, numeric=True), _head("interval", wording, numeric=True)]
    return Table(title, tuple(heads), tuple(_balance_row(row, wording) for row in rows))


def _balance_row(row: StageRow, wording: Wording) -> tuple[str, ...]:
    counts = (row.value.n, *(row.fates[fate] for fate in FATES))
    low, high = row.interval or (None, None)
    conversion = wording.number(row.value.extra.get("conversion"), Unit.RATIO)
    return (_name(row), *map(str, counts), conversion, wording.interval(low, high, Unit.RATIO))


def _money(rows: list[StageRow], title: str, wording: Wording) -> Table:
    """By gain; stages of which no gain is told in the order of the pipeline behind them."""
    names = ("stage", "gain", "gain_interval", "reference", "point_worth", "time_share", "mark")
    heads = tuple(_head(name, wording, numeric=name not in ("stage", "mark")) for name in names)
    ordered = sorted(rows, key=lambda row: -float(row.value.value or 0))
    return Table(title, heads, tuple(_money_row(row, wording) for row in ordered))


def _money_row(row: StageRow, wording: Wording) -> tuple[str, ...]:
    value = row.value
    further = (
        wording.number(value.extra.get(name), value.unit_of(name))
        for name in ("reference", "point_worth", "time_share")
    )
    marks = [wording.say(f"bottlenecks.mark.{flag}") for flag in value.flags if flag in ("narrowest", "slowest")]
    marks += [wording.say(f"bottlenecks.why_not.{value.reason}")] if value.reason else []
    return (
        _name(row),
        wording.number(value.value, Unit.MONEY),
        wording.interval(value.low, value.high, Unit.MONEY),
        *further,
        "; ".join(marks),
    )


def _notes(found: Bottlenecks, wording: Wording) -> Iterator[str]:
    if found.reason is not None:
        yield wording.known("reason", str(found.reason))
    else:
        yield wording.say("bottlenecks.balance_note" if found.stages else "report.no_rows")
        yield wording.say("bottlenecks.gain_note")
    yield from reach(found.grounds, wording)


def _name(row: StageRow) -> str:
    return row.labels.get("stage") or row.stage or DASH


def _head(name: str, wording: Wording, *, numeric: bool = False) -> Column:
    return Column(wording.say(f"bottlenecks.column.{name}"), numeric)
