"""A change of sales in words: which causes, in which order, in the forms that each language has."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from b24kpi.metrics.change import Side, effects, segment_effects
from b24kpi.metrics.period import Period
from b24kpi.report.grounds import Grounds
from b24kpi.report.why import Change, Segment, WhyAsk
from b24kpi.report.why_words import by_segment, chance, sentence
from b24kpi.report.wording import Wording

NOTHING = Side()


def side(won: int, lost: int, average: int, *, unpaid: int = 0, returns: int = 0) -> Side:
    """So many deals; money in whole units."""
    sales = (won - unpaid) * average * 100
    squares = float((won - unpaid) * (average * 100) ** 2)
    return Side(won, lost, won - unpaid, sales, squares, sales + returns * 100)


def changed(before: Side, after: Side, segments: Mapping[str, tuple[Side, Side]] | None = None) -> Change:
    """A change that no cache was asked for."""
    parts = tuple(
        Segment({"source": name}, {}, one.sales, other.sales, segment_effects(one, other))
        for name, (one, other) in (segments or {}).items()
    )
    within: dict[str, int] = {}
    for effect in (effect for segment in parts for effect in segment.effects):
        within[effect.factor] = within.get(effect.factor, 0) + effect.money
    return Change(
        ask=WhyAsk("total_sales", Period.parse("2026-06")),
        before=before.sales,
        after=after.sales,
        effects=effects(before, after),
        deals={},
        segments=parts,
        within=within,
        where_labels={},
        flags=(),
        reason=None,
        is_unfinished=False,
        grounds=Grounds(0, "UTC", "UAH", {}),
    )


def said(change: Change, language: str) -> str:
    return sentence(change, Wording(language, "UAH")).replace("\xa0", " ")


@pytest.mark.parametrize(
    ("language", "rose", "causes"),
    [
        (
            "uk",
            "Виручка зросла на 20 000 ₴: більше закритих угод (+24 101 ₴);",
            " водночас нижча частка виграних (−4 101 ₴).",
        ),
        (
            "ru",
            "Выручка выросла на 20 000 ₴: больше закрытых сделок (+24 101 ₴);",
            " в то же время ниже доля выигранных (−4 101 ₴).",
        ),
        (
            "en",
            "Sales rose by 20,000 UAH: more closed deals (+24,101 UAH);",
            " on the other hand a lower win rate (−4,101 UAH).",
        ),
    ],
)
def test_what_goes_against_the_change_is_set_apart(language: str, rose: str, causes: str) -> None:
    """50 of 100 against 70 of 150, 1,000 each: 20,000 / ln 1.4 × ln 1.5, and × ln 14/15."""
    assert said(changed(side(50, 50, 1000), side(70, 80, 1000)), language) == rose + causes


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("uk", "Виручка не змінилася."),
        ("ru", "Выручка не изменилась."),
        ("en", "Sales did not change."),
    ],
)
def test_no_change_has_no_causes(language: str, expected: str) -> None:
    """Nothing against nothing, and the same against the same."""
    assert said(changed(NOTHING, NOTHING), language) == expected
    assert said(changed(side(5, 5, 100), side(5, 5, 100)), language) == expected


def test_causes_that_cancel_out_are_told() -> None:
    """Twice the deals at half the price."""
    found = said(changed(side(5, 5, 200), side(10, 10, 100)), "en")
    assert found.startswith("Sales did not change: more closed deals (+693.15 UAH); on the other hand a smaller")


def test_small_changes_are_told_to_the_cent() -> None:
    """Below 1,000 a whole unit would hide too much."""
    assert "10.00 UAH" in said(changed(side(1, 0, 10), side(2, 0, 10)), "en")


def test_wins_without_amount_and_returns_have_words() -> None:
    """Neither is said of the win rate or of the average."""
    found = said(changed(side(10, 0, 100), side(10, 0, 100, unpaid=4, returns=-50)), "en")
    assert found == "Sales fell by 450.00 UAH: fewer of the wins bring money (−400.00 UAH), more returns (−50.00 UAH)."


@pytest.mark.parametrize(
    ("count", "language", "expected"),
    [
        (1, "uk", "1 новий сегмент"),
        (2, "uk", "2 нові сегменти"),
        (5, "uk", "5 нових сегментів"),
        (1, "ru", "1 новый сегмент"),
        (3, "ru", "3 новых сегмента"),
        (11, "ru", "11 новых сегментов"),
        (1, "en", "1 new segment"),
        (2, "en", "2 new segments"),
    ],
)
def test_new_segments_are_counted_in_the_right_form(count: int, language: str, expected: str) -> None:
    """One, few, many."""
    segments = {str(number): (NOTHING, side(1, 0, 10)) for number in range(count)}
    assert expected in by_segment(changed(NOTHING, side(count, 0, 10), segments), Wording(language, "UAH"))


def test_chance_is_told_of_those_causes_that_may_be_chance() -> None:
    """The rate fell beyond doubt, the number did not."""
    found = changed(side(300, 100, 100), side(220, 190, 100))
    assert chance(found, Wording("en", "UAH")) == "Within noise, so perhaps mere chance: closed deals."


def test_chance_alone_is_told_once() -> None:
    """Where it is all there is, the causes are not listed again."""
    found = changed(side(50, 50, 100), side(49, 50, 100))
    assert chance(found, Wording("en", "UAH")).startswith("Each of these changes by itself is within noise")
    assert chance(replace(found, effects=()), Wording("en", "UAH")) == ""
