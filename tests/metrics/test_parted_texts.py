"""Many texts in one come apart as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.metrics.parted_texts import SEPARATOR, told_apart

TEXTS = st.text(st.characters(exclude_characters=SEPARATOR, exclude_categories=("Cs",)), max_size=40)


@given(st.lists(st.one_of(TEXTS, st.sampled_from(["", "WEB", "CALL", "SOURCE10", "SOURCE1", "Реклама"])), min_size=1))
def test_parts_are_those_that_were_joined(parts: list[str]) -> None:
    """In their order, each different one once."""
    codes, texts = told_apart(SEPARATOR.join(parts))
    assert [texts[code] for code in codes.tolist()] == parts
    assert len({*texts}) == len(texts)


@pytest.mark.parametrize("count", [1, 300, 20_000])
def test_however_many_are_different(count: int) -> None:
    """Where two of them get in each other's way too."""
    parts = [f"campaign {number % count}" for number in range(20_000)]
    codes, texts = told_apart(SEPARATOR.join(parts))
    assert [texts[code] for code in codes.tolist()] == parts
    assert len(texts) == count


def test_zeros_at_the_end_are_part_of_a_text() -> None:
    """No text is another one with nothing after it."""
    parts = ["a", "a\0", "", "\0", "12345678", "12345678\0"]
    codes, texts = told_apart(SEPARATOR.join(parts))
    assert [texts[code] for code in codes.tolist()] == parts
