"""The interval of NPS, and how the parts of interaction_effectiveness are weighed and measured."""

from dataclasses import replace
from decimal import Decimal

import pytest

from b24kpi.facts.functions import score_of
from b24kpi.facts.interaction_figures import WEIGHTS, InteractionFigures
from b24kpi.metrics.analyses.interaction_effectiveness import parts_of
from b24kpi.metrics.analyses.nps import interval

USUAL = InteractionFigures()
SHARES = {"rating": 0.8, "engagement": 0.5, "sla": None, "fcr": 0.6}


def test_the_interval_is_that_of_kpi_md() -> None:
    """60 promoters, 15 detractors of 100 answers: 45.0 ± 14.5 (kpi.md 2.3, by its formula of the variance)."""
    low, high = interval(0.60, 0.15, 100)
    assert ((low + high) / 2, (high - low) / 2) == pytest.approx((45.0, 14.5), abs=0.05)


def test_the_interval_ends_where_the_score_does() -> None:
    """At -100 and 100."""
    assert interval(0.5, 0.5, 2) == (-100.0, 100.0)


def test_known_parts_share_the_whole_weight() -> None:
    """80 % × 35 + 50 % × 15 + 60 % × 25 of 75."""
    points = {part.name: part.points for part in parts_of(SHARES, USUAL)}
    assert points == pytest.approx({"rating": 28 / 0.75, "engagement": 7.5 / 0.75, "fcr": 15 / 0.75})


def test_a_target_is_all_that_can_be_reached() -> None:
    """At and beyond the target a part brings its whole weight."""
    modest = replace(USUAL, targets={"rating": Decimal("0.8"), "engagement": Decimal("0.4"), "fcr": Decimal("1")})
    points = {part.name: part.points for part in parts_of(SHARES, modest)}
    assert points == pytest.approx({"rating": 35 / 0.75, "engagement": 15 / 0.75, "fcr": 15 / 0.75})


def test_a_part_without_weight_does_not_count() -> None:
    """Whatever it says."""
    without = replace(USUAL, weights={**WEIGHTS, "rating": Decimal(0)})
    assert [part.name for part in parts_of(SHARES, without)] == ["engagement", "fcr"]


@pytest.mark.parametrize(("text", "scale", "score"), [("5", 5, 5), (" 4 ", 5, 4), ("0", 5, None), ("0", 10, 0)])
def test_scales_begin_at_one_but_those_of_ten(text: str, scale: int, score: int | None) -> None:
    """As the votes of the telephony, where 0 is none, and the scale of NPS."""
    assert score_of(text, scale) == score


@pytest.mark.parametrize("text", ["", "9.5", "-1", "11", "nine", "9,0", "1e1", "٩", "100000000000"])
def test_what_is_no_whole_number_of_the_scale_is_none(text: str) -> None:
    """Such answers are rejected."""
    assert score_of(text, 10) is None
