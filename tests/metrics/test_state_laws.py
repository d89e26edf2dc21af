"""Laws of the states of customers that hold for any rows."""

from collections import Counter
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from b24kpi.facts.figures import Figures
from b24kpi.facts.refresh import refresh
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.period import Grain, Period, periods
from tests.event_logs import AS_OF, REPORT_CURRENCY, ZONE, Tables, logs
from tests.facts.mutations import filled_store

MONTHS = tuple(periods(date(2026, 1, 1), date(2026, 12, 1), Grain.MONTH))
IN_THE_BASE = ("new", "active", "reactivated", "sleeping")
over_logs = settings(max_examples=6)
windows = st.sampled_from([29, 30, 90, 365])


def answers(tables: Tables, base_days: int, *metrics: str) -> list[list[Value]]:
    """All monthly values of each metric."""
    figures = Figures(base_days=base_days)
    with filled_store(tables) as store:
        refresh(store, ZONE, REPORT_CURRENCY, figures)
        engine = Engine(store, ZONE, AS_OF, figures=figures)
        return [engine.values(Query(find(metric), MONTHS)) for metric in metrics]


def counts(values: list[Value], dimension: str) -> Counter[tuple[Period, str]]:
    """Numerators by period and value of a dimension."""
    found: Counter[tuple[Period, str]] = Counter()
    for value in values:
        found[value.period, value.by.get(dimension, "")] += int(value.numerator or 0)
    return found


@over_logs
@given(logs(60), windows)
def test_states_make_up_all_customers_and_the_base(tables: Tables, base_days: int) -> None:
    """Every customer ever is in one state, and all but the lost are the base."""
    states, bases, repeats = answers(tables, base_days, "base_composition", "base", "rpr")
    number = counts(states, "state")
    for base, ever in zip(bases, repeats, strict=True):
        in_base = sum(number[base.period, state] for state in IN_THE_BASE)
        assert in_base == base.value
        assert in_base + number[base.period, "lost"] == ever.denominator


@over_logs
@given(logs(60), windows)
def test_the_base_changes_by_who_came_came_back_and_left(tables: Tables, base_days: int) -> None:
    """base = base before + new + reactivated - left, and who stayed is active or sleeps."""
    states, bases, strict = answers(tables, base_days, "base_composition", "base", "crr_strict")
    number = counts(states, "state")
    for base, kept in zip(bases, strict, strict=True):
        before, stayed = int(kept.denominator or 0), int(kept.numerator or 0)
        assert stayed == number[base.period, "active"] + number[base.period, "sleeping"]
        came = number[base.period, "new"] + number[base.period, "reactivated"]
        assert base.value == before + came - (before - stayed)


@over_logs
@given(logs(60), windows)
def test_rows_of_the_matrix_add_up_to_one(tables: Tables, base_days: int) -> None:
    """From each state everybody goes somewhere."""
    (moves,) = answers(tables, base_days, "behaviour_change")
    gone, wholes = counts(moves, "state_before"), {(m.period, m.by["state_before"]): m.denominator for m in moves}
    assert all(gone[cell] == whole for cell, whole in wholes.items())


@over_logs
@given(logs(60), windows)
def test_a_month_begins_as_the_month_before_ended(tables: Tables, base_days: int) -> None:
    """Who ends in a state is who is in it when the next period begins."""
    moves, states = answers(tables, base_days, "behaviour_change", "base_composition")
    ended, began = counts(moves, "state"), counts(moves, "state_before")
    composed = counts(states, "state")
    for month in MONTHS[1:]:
        lost = (month.previous, "lost"), (month.previous, "lost_best")
        for state in {state for _, state in (*ended, *began)} - {"none"}:
            assert began[month, state] == ended[month.previous, state]
        assert sum(ended[cell] for cell in lost) == composed[month.previous, "lost"]
