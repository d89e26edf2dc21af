"""The bonus sheet: parts by hand, closed months frozen with the day of their closing."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from b24kpi.cache.published import CLOSED, Publication, publish, slice_of
from b24kpi.facts.motivation_figures import Motivation
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Reason, Unit
from b24kpi.metrics.period import Period
from b24kpi.report.bonus import BonusMonth, bonus_sheet
from tests.report.small import JUNE, engine_over

SCHEME = [
    {
        "from": date(2026, 5, 1),
        "weights": {"total_sales": 3, "win_rate": 1},
        "targets": {"total_sales": 1000, "win_rate": 0.5},
        "cap": 1.2,
    }
]
WON, LOST = [["2026-06-01", "NEW"], ["2026-06-05", "WON"]], [["2026-06-01", "NEW"], ["2026-06-06", "LOSE"]]
DEALS = [
    {"amount": 600, "steps": WON},
    {"amount": 100, "steps": LOST},
    {"amount": 900, "steps": LOST},
    {"amount": 900, "steps": LOST},
    {"amount": 4000, "steps": WON, "assigned_by_id": 6},
]


def engine() -> Engine:
    return engine_over({"deal": DEALS}, scheme=SCHEME)


def june(found: Engine, **where: str) -> BonusMonth:
    (month,) = bonus_sheet(found, JUNE, where, language="en").months
    return month


def test_a_sheet_by_hand() -> None:
    """600 of 1000 by three quarters and a half of the half by one; what is above the cap counts as the cap."""
    fifth, sixth = june(engine()).people
    sales, rate = fifth.parts
    assert (sales.metric, sales.weight, sales.unit, sales.counted) == ("total_sales", 0.75, Unit.MONEY, 0.6)
    assert (sales.actual, sales.target) == (Decimal(600), Decimal(1000))
    assert (rate.actual, rate.target, rate.counted) == (0.25, 0.5, 0.5)
    assert fifth.value.value == pytest.approx(0.75 * 0.6 + 0.25 * 0.5)
    assert sixth.value.value == pytest.approx(1.2)
    assert not fifth.is_frozen
    assert fifth.recomputed is None


def test_a_closed_month_keeps_what_it_was_and_says_what_it_would_be() -> None:
    """With the day of the closing; what has not changed since is not told twice."""
    found, by = engine(), [slice_of({"manager": manager}) for manager in ("5", "6")]
    kept = Publication(CLOSED, "motivation_base", "2026-06", by[0], "", "0.9", 1, 1, 1_783_500_000)
    publish(found.store, [kept, replace(kept, slice=by[1], value="1.2")])
    month = june(found)
    fifth, sixth = month.people
    assert month.closed_at == 1_783_500_000
    assert (fifth.is_frozen, fifth.value.value, fifth.recomputed) == (True, 0.9, pytest.approx(0.575))
    assert (sixth.is_frozen, sixth.value.value, sixth.recomputed) == (True, 1.2, None)


def test_a_quarter_has_its_months_up_to_now() -> None:
    """The latest first; those from before the scheme are not told, nor those to come."""
    sheet = bonus_sheet(engine(), Period.parse("2026"), {}, language="en")
    assert [month.period.label for month in sheet.months] == ["2026-09", "2026-08", "2026-07", "2026-06", "2026-05"]
    assert [
        month.period.label for month in bonus_sheet(engine(), Period.parse("2026-W24"), {}, language="en").months
    ] == ["2026-06"]


def test_one_sees_himself_alone_where_cut_so() -> None:
    """Nobody else's bonus."""
    assert [person.manager for person in june(engine(), manager="6").people] == ["6"]


def test_without_a_scheme_it_says_what_is_missing() -> None:
    """Instead of an empty sheet."""
    bare = engine_over({"deal": DEALS})
    assert bare.figures.motivation == Motivation()
    assert bonus_sheet(bare, JUNE, {}, language="en").reason is Reason.NOT_CONFIGURED
