"""A forecast as tables for people."""

from collections.abc import Iterator

from b24kpi.metrics.estimates import money
from b24kpi.metrics.model import Number, Unit
from b24kpi.report.forecast import Forecast, Line, actual_of
from b24kpi.report.forecast_words import sentences
from b24kpi.report.grounds import reach
from b24kpi.report.table import Column, Pages, Table
from b24kpi.report.wording import DASH, Wording

PARTS = ("won_so_far", "open_deals", "new_business")


def lay_out(forecast: Forecast, wording: Wording) -> Pages:
    """Sentences above tables above notes."""
    title = "\n".join([*sentences(forecast, wording), ""])
    tables = [_ahead(forecast, title, wording)]
    if forecast.stages:
        tables.append(_stages(forecast, wording))
    if forecast.tested:
        tables.append(_tested(forecast, wording))
    return Pages(tuple(tables), tuple(_notes(forecast, wording)))


def _ahead(forecast: Forecast, title: str, wording: Wording) -> Table:
    is_planned = any(line.plan is not None for line in forecast.lines)
    names = ("forecast", "range", *PARTS, *(("plan", "chance") if is_planned else ()))
    heads = [_head("period", wording), *(Column(wording.known("dimension", name)) for name in forecast.ask.by)]
    heads += [_head(name, wording, numeric=True) for name in names]
    rows = (_row(line, forecast, wording, is_planned=is_planned) for line in forecast.lines)
    return Table(title, tuple(heads), tuple(rows))


def _row(line: Line, forecast: Forecast, wording: Wording, *, is_planned: bool) -> tuple[str, ...]:
    value = line.value
    extra = value.extra
    cells = [value.period.label]
    cells += [line.labels.get(name) or value.by[name] or wording.say("report.empty") for name in forecast.ask.by]
    cells += [wording.number(value.value, Unit.MONEY), _range(extra.get("low80"), extra.get("high80"), wording)]
    cells += [wording.number(extra.get(name), Unit.MONEY) for name in PARTS]
    if is_planned:
        planned = None if line.plan is None else money(line.plan)
        cells += [wording.number(planned, Unit.MONEY), wording.number(line.chance, Unit.RATIO)]
    return tuple(cells)


def _stages(forecast: Forecast, wording: Wording) -> Table:
    texts, numbers = ("pipeline", "stage"), ("deals", "amount", "share", "expected")
    heads = [Column(wording.known("dimension", name)) for name in texts]
    heads += [_head(name, wording, numeric=True) for name in numbers]
    rows = (
        (
            each.labels.get("pipeline") or each.pipeline,
            each.labels.get("stage") or each.stage,
            wording.number(each.deals, Unit.COUNT),
            wording.number(money(each.amount), Unit.MONEY),
            wording.number(each.expected / each.amount if each.amount > 0 else None, Unit.RATIO),
            wording.number(money(each.expected), Unit.MONEY),
        )
        for each in forecast.stages
    )
    period = forecast.whole.period.label
    return Table(wording.say("forecast.stages", period=period), tuple(heads), tuple(rows))


def _tested(forecast: Forecast, wording: Wording) -> Table:
    heads = [_head("period", wording)]
    heads += [_head(name, wording, numeric=True) for name in ("forecast", "range", "actual", "missed")]
    rows = []
    for value in forecast.tested:
        actual, expected = actual_of(value), float(value.value or 0)
        missed = _signed_share((expected - actual) / abs(actual), wording) if actual else DASH
        rows.append(
            (
                value.period.label,
                wording.number(value.value, Unit.MONEY),
                _range(value.extra["low80"], value.extra["high80"], wording),
                wording.number(value.extra["actual"], Unit.MONEY),
                missed,
            )
        )
    return Table(wording.say("forecast.tested"), tuple(heads), tuple(rows))


def _range(low: Number | None, high: Number | None, wording: Wording) -> str:
    if low is None or high is None:
        return DASH
    return f"{wording.number(low, Unit.MONEY)} … {wording.number(high, Unit.MONEY)}"


def _signed_share(share: float, wording: Wording) -> str:
    sign = "+" if share > 0 else "−" if share < 0 else "±"
    return sign + wording.number(abs(share), Unit.RATIO)


def _notes(forecast: Forecast, wording: Wording) -> Iterator[str]:
    yield wording.say("forecast.made_of")
    if forecast.ask.by:
        yield wording.say("forecast.by_itself")
    yield from reach(forecast.grounds, wording)


def _head(name: str, wording: Wording, *, numeric: bool = False) -> Column:
    return Column(wording.say(f"forecast.column.{name}"), numeric)
