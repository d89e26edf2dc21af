"""The reference engine computes what was worked out by hand for every case of fixtures/metrics."""

from collections import Counter

import pytest

from tests.cases import Case, load_cases, mismatches
from tests.reference.engine import METRICS, Reference

CASES = load_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.metric}/{case.name}")
def test_reference_agrees_with_the_values_worked_out_by_hand(case: Case) -> None:
    """Every stated field of every expected value comes out; a combination without a result is an empty one."""
    engine = Reference(
        case.tables,
        time_zone=case.time_zone,
        as_of=case.as_of,
        report_currency=case.report_currency,
        margin=case.margin,
        base_days=case.base_days,
        hourly_rate=case.hourly_rate,
        junk=case.junk,
        crm=case.crm,
        point=case.point,
        mapped=case.mapped,
        scheme=case.scheme,
        owner_at=case.owner_at,
    )
    query = case.query
    found = engine.values(case.metric, **vars(query))
    empty = engine.empty(case.metric, query.mode)
    differences = {
        (each.period, each.key): list(mismatches(each, found.get((each.period, each.key), empty)))
        for each in case.expect
    }
    assert not {place: lines for place, lines in differences.items() if lines}, case.rule


def test_every_metric_has_three_cases_or_more() -> None:
    """A metric without cases would be held by nothing but its own formula."""
    counted = Counter(case.metric for case in CASES)
    assert not [metric for metric in METRICS if counted[metric] < 3]


def test_every_case_belongs_to_a_metric_of_the_engine() -> None:
    """A folder with a misspelt name would never be noticed."""
    assert {case.metric for case in CASES} <= set(METRICS)
