"""A win is divided among the touches that led to it, and whatever the rule, nothing of it is lost."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.errors import BadInput
from b24kpi.metrics.attribution import RULES, attributed
from b24kpi.metrics.catalogue import find, load, standard
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.period import Period
from tests.case_rows import Rows, moment
from tests.event_logs import ZONE
from tests.sql_engine import SqlEngine

JUNE = Period.parse("2026-06")
LINES = {"touches": {"chat:1": "CALL", "chat:2": "EMAIL", "chat:3": "WEB"}}
LATER = st.lists(st.sampled_from(["1", "2", "3"]), max_size=5)
WINS = st.lists(st.tuples(st.integers(-9_999, 999_999), st.sampled_from(["none", "WEB", "ADS"]), LATER), max_size=6)


def engine_over(wins: list[tuple[int, str, list[str]]], as_of: str = "2026-09-01") -> Engine:
    """Deals of 1 June that were won on the 20th, for so many hundredths, with a chat on each day after the first."""
    deals, chats = [], []
    for number, (hundredths, source, lines) in enumerate(wins, 1):
        steps = [["2026-06-01", "NEW"], ["2026-06-20", "WON"]]
        row = {"amount": str(Decimal(hundredths) / 100), "source_id": source, "steps": steps}
        deals.append(row | {"rows": [[1, 1, 3], [2, 1, 4]]})
        chats += [
            {"at": f"2026-06-{day:02}T10:00", "kind": "chat", "deal": number, "provider_type_id": line}
            for day, line in enumerate(lines, 2)
        ]
    costs = [{"day": "2026-06-01", "source": source, "amount": 7} for source in ("WEB", "CALL")]
    rows: dict[str, Any] = {"deal": deals, "activity": chats, "cost": costs, "product": [{"id": 1, "price": "0.4"}]}
    given = {"time_zone": ZONE.key, "as_of": moment(as_of, ZONE), "report_currency": "UAH", "mapped": LINES}
    return SqlEngine.over(Rows(ZONE).tables(rows), **given).engine


def asked(engine: Engine, rule: str, *by: str, metric: str = "romi") -> list[Value]:
    return engine.values(Query(attributed(find(metric), rule), (JUNE,), by))


def money(values: list[Value], name: str) -> Decimal:
    return sum((Decimal(str(value.extra[name])) for value in values), Decimal(0))


@settings(max_examples=15)
@given(WINS)
def test_channels_and_what_has_none_add_up_to_the_whole(wins: list[tuple[int, str, list[str]]]) -> None:
    """Sales and what they cost to buy, by every rule; the whole is the same by all of them."""
    engine = engine_over(wins)
    (whole,) = asked(engine, "first")
    assert whole.extra["revenue"] == Decimal(sum(win[0] for win in wins)) / 100
    for rule in RULES:
        (total,) = asked(engine, rule)
        parts = asked(engine, rule, "source")
        assert (total.value, total.n, total.extra) == (whole.value, whole.n, whole.extra)
        assert money(parts, "revenue") == whole.extra["revenue"]
        assert sum(part.numerator or 0 for part in parts) == whole.numerator


@settings(max_examples=10)
@given(st.lists(st.tuples(st.integers(1, 999_999), st.sampled_from(["none", "WEB", "ADS"]), st.just([])), max_size=6))
def test_of_one_touch_all_rules_say_the_same(wins: list[tuple[int, str, list[str]]]) -> None:
    """Nothing is to be divided then."""
    engine = engine_over(wins)
    found = [[(v.by, v.value, v.n, v.extra) for v in asked(engine, rule, "source")] for rule in RULES]
    assert all(each == found[0] for each in found)


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("first", ["100.01", "0", "0", "0"]),
        ("last", ["0", "0", "0", "100.01"]),
        ("linear", ["25.01", "25", "25", "25"]),
        ("position", ["40.01", "10", "10", "40"]),
    ],
)
def test_a_win_is_divided_by_the_rule(rule: str, parts: list[str]) -> None:
    """To the cent; what cannot be divided goes to the first touch."""
    engine = engine_over([(10_001, "ADS", ["1", "2", "3"])])
    found = {value.by["source"]: value.extra["revenue"] for value in asked(engine, rule, "source")}
    told = [found.get(source, Decimal(0)) for source in ("ADS", "CALL", "EMAIL", "WEB")]
    assert told == [Decimal(part) for part in parts]


def test_channel_effectiveness_tells_the_same_money() -> None:
    """Two KPIs of one rule say the same of a channel."""
    engine = engine_over([(10_001, "ADS", ["1", "2", "3"]), (500, "none", ["3"])])
    for rule in RULES:
        pairs = [
            {value.by["source"]: value.extra["revenue"] for value in asked(engine, rule, "source", metric=metric)}
            for metric in ("romi", "channel_effectiveness")
        ]
        assert {key: each for key, each in pairs[0].items() if each} == {
            k: each for k, each in pairs[1].items() if each
        }


def test_another_rule_than_the_first_touch_is_told() -> None:
    """Whoever reads the number knows what it follows."""
    engine = engine_over([(500, "WEB", [])])
    flags = {rule: asked(engine, rule)[0].flags for rule in RULES}
    assert flags == {rule: () if rule == "first" else (f"attributed_{rule}",) for rule in RULES}


def test_a_young_cohort_is_flagged() -> None:
    """On 30 July journeys of 30 June have had thirty days: until then their wins may still come."""
    flags = [
        asked(engine_over([(500, "WEB", [])], as_of), "first", metric="romi_cohort")[0].flags
        for as_of in ("2026-07-30T12:00", "2026-07-31T12:00")
    ]
    assert flags == [("immature",), ()]


def test_a_catalogue_follows_a_rule_as_a_whole() -> None:
    """KPIs that have nothing to do with it stay as they are; an unknown rule is refused with the nearest."""
    found = standard().attributed("linear")
    changed = {one.id for one, other in zip(found.metrics, load(), strict=True) if one != other}
    assert (
        changed
        == {metric.id for metric in load() if metric.attributed}
        == {"romi", "romi_cohort", "channel_effectiveness"}
    )
    with pytest.raises(BadInput, match="linear"):
        standard().attributed("linnear")
