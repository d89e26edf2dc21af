"""Filters of BI Builder against a plain reading of the same rules, row by row in Python."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.cache.report_entries import ReportEntry, keep_entries
from b24kpi.cache.store import Store
from b24kpi.facts.refresh import refresh
from b24kpi.report.data_rows import Asked, Reading, find_data_set
from tests.event_logs import REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.sql_engine import fill

ZONE = ZoneInfo(TIME_ZONE)
COLUMNS = {
    "ID": "int", "MONEY": "double", "CREATED_AT": "datetime", "CREATED_ON": "date", "CLOSED_AT": "datetime",
    "CLOSED_ON": "date", "OUTCOME": "string", "SOURCE_ID": "string", "CURRENCY_ID": "string", "MANAGER_ID": "int",
}  # fmt: skip

Row = dict[str, Any]
Read = Callable[..., list[Row]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """Rows of deals as they are shown, by a filter."""
    with Store(tmp_path_factory.mktemp("bi") / "cache.sqlite") as store:
        with store.transaction():
            fill(store, random_tables(3, 25), REPORT_CURRENCY)
        refresh(store, ZONE, REPORT_CURRENCY)

        def rows(filter_: Mapping[str, Any] | None = None) -> list[Row]:
            asked = Asked(select=tuple(COLUMNS), filter=filter_ or {})
            reading = Reading(store, find_data_set("b24kpi_deals"), asked, ZONE, REPORT_CURRENCY)
            return [dict(zip(reading.header, row, strict=True)) for row in reading.rows()]

        yield rows


# --- the rules, in plain words


def fits(row: Row, filter_: Mapping[str, Any]) -> bool:
    """All conditions hold, or with OR any."""
    found = [
        fits(row, value) if key.isdigit() else holds(row, key, value)
        for key, value in filter_.items()
        if key != "LOGIC"
    ]
    return any(found) if filter_.get("LOGIC") == "OR" else all(found)


def holds(row: Row, key: str, value: Any) -> bool:
    if key.startswith("!"):
        return not holds(row, key[1:], value)
    name = key.lstrip("@=<>%")
    operator, kind, present = key.removesuffix(name), COLUMNS[name], row[name]
    wanted = list(value.values()) if isinstance(value, dict) else [value]
    if operator in ("", "=", "@"):
        return any(equals(kind, present, text) for text in wanted)
    if present is None:
        return False
    if operator == "%":
        return wanted[0].casefold() in present.casefold()
    there, (first, *rest) = typed(kind, present), [typed(kind, text) for text in wanted]
    return {
        ">": lambda: there > first,
        ">=": lambda: there >= first,
        "<": lambda: there < first,
        "<=": lambda: there <= first,
        "><": lambda: first <= there <= rest[0],
    }[operator]()


def equals(kind: str, present: Any, text: str) -> bool:
    if text in ("", "0") and present in (None, ""):
        return True
    if present is None or text == "" or (text == "0" and kind in ("date", "datetime")):
        return False
    return bool(typed(kind, present) == typed(kind, text))


def typed(kind: str, value: Any) -> Any:
    if kind in ("int", "double"):
        return Decimal(str(value))
    if kind == "datetime":
        moment = datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)
    return str(value)


# --- filters at random


@st.composite
def conditions(draw: st.DrawFn, known: list[Row]) -> tuple[str, Any]:
    name = draw(st.sampled_from(sorted(COLUMNS)))
    operators = ["", "=", "@", ">", ">=", "<", "<=", "><", *(["%"] if COLUMNS[name] == "string" else [])]
    operator = draw(st.sampled_from(operators))
    values = st.sampled_from([str(row[name]) for row in known if row[name] is not None] or ["7"])
    if operator in ("", "=", "@"):
        values = values | st.sampled_from(["", "0"])
    count = 2 if operator == "><" else draw(st.integers(1, 3)) if operator == "@" else 1
    texts = [draw(values) for _ in range(count)]
    if operator == "%":
        texts = [texts[0][1:3].swapcase()]
    value = texts[0] if operator not in ("@", "><") else {str(place): text for place, text in enumerate(texts)}
    return draw(st.sampled_from(["", "!"])) + operator + name, value


@st.composite
def filters(draw: st.DrawFn, known: list[Row], depth: int = 2) -> dict[str, Any]:
    found: dict[str, Any] = dict(draw(st.lists(conditions(known), min_size=1, max_size=3)))
    if draw(st.booleans()):
        found["LOGIC"] = draw(st.sampled_from(["AND", "OR"]))
    if depth and draw(st.booleans()):
        found["0"] = draw(filters(known, depth - 1))
    return found


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_filters_mean_what_they_say(read: Read, data: st.DataObject) -> None:
    """Whatever is combined: the rows are those that a plain reading of the rules leaves."""
    every = read()
    asked = data.draw(filters(every))
    assert read(asked) == [row for row in every if fits(row, asked)]


def test_the_rows_have_what_filters_can_go_wrong_with(read: Read) -> None:
    """Won, lost and open deals, empty values, money in several currencies."""
    every = read()
    assert {row["OUTCOME"] for row in every} == {"won", "lost", "open"}
    assert any(row["CLOSED_AT"] is None for row in every)
    assert len({row["CURRENCY_ID"] for row in every}) > 1


@pytest.mark.parametrize(
    "spelling",
    [
        "{:%Y-%m-%d}",
        "{:%Y-%m-%d %H:%M:%S}",
        "{:%Y-%m-%dT%H:%M:%S%:z}",
        "{:%d.%m.%Y %H:%M:%S}",
        "{:%m/%d/%Y %I:%M:%S %p}",
    ],
)
def test_days_and_moments_are_taken_as_portals_write_them(read: Read, spelling: str) -> None:
    """The year first, or the day before points, or the month before strokes; without an offset in our zone."""
    row = next(row for row in read() if row["CLOSED_AT"] is not None)
    moment = datetime.fromisoformat(row["CLOSED_AT"]).astimezone(ZONE)
    written = written_as(moment, spelling)
    assert row in read({"CLOSED_ON": written})
    if "%H" in spelling or "%I" in spelling:
        assert row in read({"=CLOSED_AT": written})
        assert row not in read({">CLOSED_AT": written})
    else:
        assert row in read({">=CLOSED_AT": written})


def written_as(moment: datetime, spelling: str) -> str:
    offset = moment.isoformat()[-6:]
    return spelling.replace("%:z", "").format(moment) + (offset if "%:z" in spelling else "")


def test_a_text_is_searched_in_any_alphabet(tmp_path: Path) -> None:
    """Case does not count, and what stands for anything else in SQL does not here."""
    with Store(tmp_path / "cache.sqlite") as store:
        refresh(store, ZONE, REPORT_CURRENCY)
        keep_entries(store, [named(place, name) for place, name in enumerate(("Звіт 100%", "звіт 1000"))])

        def found(key: str, value: str) -> list[Any]:
            asked = Asked(select=("METRIC_NAME",), filter={key: value})
            return [row[0] for row in Reading(store, find_data_set("b24kpi_values"), asked, ZONE, "UAH").rows()]

        assert found("%METRIC_NAME", "ЗВІТ") == ["Звіт 100%", "звіт 1000"]
        assert found("%METRIC_NAME", "100%") == ["Звіт 100%"]
        assert found("=%METRIC_NAME", "звіт 100%") == ["Звіт 100%", "звіт 1000"]
        assert found("!%METRIC_NAME", "_") == ["Звіт 100%", "звіт 1000"]


def named(place: int, name: str) -> ReportEntry:
    """An entry of which only the name counts."""
    period = ("2026-06", 2026_06_01, 2026_07_01)
    figures = (None, "", *(None,) * 7)
    return ReportEntry("r", place, name, "aov", name, *period, "{}", "", "", *figures, as_of=0)
