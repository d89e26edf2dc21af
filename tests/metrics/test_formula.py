"""Formulas are exact sums and products, and nothing else."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.errors import BadInput
from b24kpi.metrics.formula import evaluate, names

NUMBERS = st.fractions()


@given(NUMBERS, NUMBERS, NUMBERS)
def test_operators_bind_as_at_school(a: Fraction, b: Fraction, c: Fraction) -> None:
    """Products before sums, brackets before both, without rounding."""
    known = {"a": a, "b": b, "c": c}
    assert evaluate("a * b - c", known) == a * b - c
    assert evaluate("a * (b - c)", known) == a * (b - c)
    assert evaluate("a + 2 * b - c", known) == a + 2 * b - c
    assert evaluate("a - b - c", known) == a - b - c


def test_decimal_numbers_are_exact() -> None:
    """A tenth is a tenth."""
    assert evaluate("sales * 0.1", {"sales": Fraction(3)}) == Fraction(3, 10)


def test_names_are_those_of_the_measures() -> None:
    """Each once."""
    assert names("sales * margin - cost + sales") == {"sales", "margin", "cost"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a / b",
        "a ** b",
        "a //b",
        "-a",
        "f(a)",
        "a.b",
        "a[0]",
        "a if b else c",
        "a and b",
        "a <",
        "lambda: a",
        "a, b",
        "'a'",
        "a + True",
        "None",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """Ratios are divided last, by the engine; a definition cannot run code."""
    with pytest.raises(BadInput):
        names(text)
