"""The catalogue is checked as a whole: every fault is named, at once, with what was probably meant."""

from typing import Any

import pytest

from b24kpi.errors import BadInput
from b24kpi.metrics.catalogue import find, load, parse
from b24kpi.metrics.trial import try_out

GOOD = """
[won]
names = { en = "Won", uk = "Виграні", ru = "Выигранные" }
helps = { en = "How many.", uk = "Скільки.", ru = "Сколько." }
formulas = { en = "number", uk = "кількість", ru = "количество" }
unit = "count"
better = "up"
dimensions = ["pipeline", "manager"]
inputs = ["deal", "cost"]
numerator = "deals"
measures.deals = { fact = "deal", time = "closed_day", where = "outcome = 'won'" }
"""
# what stands in GOOD, what is put there, the fault
FAULTS = [
    ('unit = "count"', 'unit = "pieces"', "won: unit must be one of money, count, ratio, duration"),
    ('better = "up"', 'better = "left"', "won: better must be one of up, down"),
    ('better = "up"\n', "", "won: better is missing"),
    ('numerator = "deals"\n', "", "won: numerator, durations or analysis is missing"),
    ('numerator = "deals"', 'numerator = "deal"', "won.numerator: unknown measure 'deal'; did you mean 'deals'?"),
    ('numerator = "deals"', 'numerator = "deals / 2"', "won.numerator: 'deals / 2' is not a formula"),
    ('numerator = "deals"', 'numerator = "deals"\nrequired = "costs"', "won.required: unknown measure 'costs'"),
    ('numerator = "deals"', 'numerater = "deals"', "won: unknown key 'numerater'; did you mean 'numerator'?"),
    ('"pipeline", "manager"]', '"pipelines"]', "has no dimension 'pipelines'; did you mean 'pipeline'?"),
    ('["pipeline", "manager"]', '"pipeline"', "won: dimensions must be a list"),
    ('"deal", "cost"', '"deals"', "won: unknown input 'deals'; did you mean 'deal'?"),
    ('fact = "deal"', 'fact = "deels"', "won.measures.deals: unknown fact 'deels'; did you mean 'deal'?"),
    ('fact = "deal", ', "", "won.measures.deals: fact is missing"),
    ('time = "closed_day", ', "", "won.measures.deals: time is missing"),
    ("where =", "were =", "won.measures.deals: unknown key 'were'; did you mean 'where'?"),
    ("\"outcome = 'won'\"", "'outcome = \"won\"'", "won.measures.deals: where holds a \", write ' for text"),
    (', ru = "Выигранные"', "", "won: names.ru is missing"),
    (
        'helps = { en = "How many.", uk = "Скільки.", ru = "Сколько." }',
        'helps = "How many."',
        "won: helps.en is missing",
    ),
    ("measures.deals = {", "measures.deals = 5 # {", "won.measures.deals: must be a table"),
]
UNKNOWN_COLUMNS = [
    ("closed_day", "closd_day", "no such column: f.closd_day; did you mean 'closed_day'?"),
    ("outcome =", "outcom =", "no such column: outcom; did you mean 'outcome'?"),
    ("where =", 'add = "amuont", where =', "no such column: amuont"),
    ("where =", 'distinct = "custmer", where =', "no such column: f.custmer; did you mean 'customer'?"),
    ("where =", 'dimensions = { manager = "manger_id" }, where =', "did you mean 'manager_id'?"),
    ("'won'", "'won' AND", "syntax error"),
    ("'won'", "median(money)", "no such function: median"),
]


def faults_of(text: str, **rest: Any) -> str:
    with pytest.raises(BadInput) as caught:
        try_out(parse(text, "own.toml"), "own.toml")
    assert str(caught.value).startswith("own.toml")
    return str(caught.value)


def test_a_right_definition_is_taken() -> None:
    """As it is written."""
    (metric,) = parse(GOOD, "own.toml")
    try_out([metric], "own.toml")
    assert (metric.id, metric.numerator, metric.measures["deals"].where) == ("won", "deals", "outcome = 'won'")


@pytest.mark.parametrize(("right", "wrong", "fault"), FAULTS)
def test_a_fault_is_named(right: str, wrong: str, fault: str) -> None:
    """Thing, place, and the nearest that is known."""
    assert GOOD.count(right) == 1
    assert fault in faults_of(GOOD.replace(right, wrong))


@pytest.mark.parametrize(("right", "wrong", "fault"), UNKNOWN_COLUMNS)
def test_what_sqlite_does_not_know_is_refused(right: str, wrong: str, fault: str) -> None:
    """Found on an empty cache, before any number is computed."""
    assert GOOD.count(right) == 1
    found = faults_of(GOOD.replace(right, wrong))
    assert fault in found
    assert "won.measures.deals: " in found


def test_all_faults_are_told_at_once() -> None:
    """Of all metrics of the file."""
    text = GOOD.replace('unit = "count"', 'unit = "pieces"').replace('fact = "deal"', 'fact = "deels"')
    found = faults_of(text + text.replace("[won]", "[other]"))
    assert found.count("unit must be") == found.count("unknown fact") == 2
    assert "other.measures.deals" in found


@pytest.mark.parametrize("text", ["[won", "won = 5", "won = []"])
def test_what_is_no_catalogue_is_refused(text: str) -> None:
    """With the file's name."""
    assert "own.toml" in faults_of(text)


def test_an_unknown_metric_is_answered_with_the_nearest() -> None:
    """And where to find all."""
    with pytest.raises(BadInput) as caught:
        find("winrate")
    assert "'win_rate'" in str(caught.value)
    assert find("win_rate") in load()
