"""The key under which an entry is found again."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.report.model import Entry
from b24kpi.sinks.base import KEY_LENGTH, entry_key, report_prefix
from tests.sinks.reports import rate

names = st.text(max_size=8)
slices = st.dictionaries(names.filter(bool), names, max_size=3)


def sliced(by: dict[str, str]) -> Entry:
    entry = rate(0.5)
    return replace(entry, value=replace(entry.value, by=by))


def test_a_key_reads_as_the_contract_says() -> None:
    """Report, metric, period, dimensions in the order of their names."""
    entry = rate(0.5, source="CALL", manager="5")
    assert entry_key("monthly", entry) == "b24kpi:monthly:win_rate:2026-06:manager=5:source=CALL"


def test_a_stage_keeps_its_colon_to_itself() -> None:
    """What separates the parts is encoded within them."""
    assert entry_key("m", rate(0.5, stage="C5:NEW")) == "b24kpi:m:win_rate:2026-06:stage=C5%3ANEW"


def test_letters_of_any_alphabet_stay_readable() -> None:
    """Spaces do not: a portal may trim them."""
    assert entry_key("місяць", rate(0.5, source="Осінь 2026 ")).endswith("source=Осінь%202026%20")


def test_the_order_of_dimensions_does_not_matter() -> None:
    """The same slice has the same key."""
    assert entry_key("m", rate(0.5, a="1", b="2")) == entry_key("m", rate(0.5, b="2", a="1"))


@given(slices, slices)
def test_different_slices_have_different_keys(one: dict[str, str], other: dict[str, str]) -> None:
    """Whatever stands in the names and values."""
    same = entry_key("m", sliced(one)) == entry_key("m", sliced(other))
    assert same == (one == other)


@given(st.dictionaries(names.filter(bool), st.text(min_size=60), min_size=1, max_size=3))
def test_a_key_is_never_too_long_for_the_portal(by: dict[str, str]) -> None:
    """And still begins with its report."""
    key = entry_key("monthly", sliced(by))
    assert len(key) <= KEY_LENGTH
    assert key.startswith(report_prefix("monthly"))


def test_long_keys_that_differ_at_their_end_differ() -> None:
    """A digest takes the place of what was cut."""
    long = "x" * 300
    assert entry_key("m", rate(0.5, source=long + "1")) != entry_key("m", rate(0.5, source=long + "2"))


@pytest.mark.parametrize(("one", "other"), [("a", "ab"), ("a", "a:b"), ("a b", "a")])
def test_no_report_owns_the_keys_of_another(one: str, other: str) -> None:
    """Prefixes end where the name does."""
    assert not report_prefix(other).startswith(report_prefix(one))


def test_the_metric_tells_entries_apart() -> None:
    """So does nothing else than report, metric, period and slice."""
    entry = rate(0.5)
    other = replace(entry, value=replace(entry.value, metric="win_rate_v2"))
    assert entry_key("m", entry) != entry_key("m", other)
    assert entry_key("m", entry) == entry_key("m", rate(0.7))
