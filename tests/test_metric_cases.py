"""The SQL engine over the hand-sized cases of fixtures/metrics."""

import pytest

from tests.cases import Case, load_cases, mismatches
from tests.sql_engine import SqlEngine, result_of


@pytest.mark.parametrize("case", load_cases(), ids=lambda case: f"{case.metric}-{case.name}")
def test_value_is_the_one_worked_out_by_hand(case: Case) -> None:
    """Rows in, value out."""
    engine = SqlEngine.over(
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
        owners=case.owners,
    )
    query = case.query
    values = engine.values(case.metric, **vars(query))
    faults = [
        f"{expected.period} {expected.key}: {fault}"
        for expected in case.expect
        for fault in mismatches(expected, result_of(values, case.metric, (expected.period, expected.key)))
    ]
    assert not faults, "; ".join(faults)
