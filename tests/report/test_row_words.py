"""Rows behind a number in the words of their readers."""

from zoneinfo import ZoneInfo

import pytest

from b24kpi.locale import LANGUAGES
from b24kpi.metrics.catalogue import standard
from b24kpi.metrics.parts import parts_of
from b24kpi.report.row_words import RowWords, known_part, part_name
from b24kpi.report.wording import Wording

NAMES = {"manager": {"5": "Ганна"}, "pipeline": {"0": "Продажі"}}
PARTS = sorted({part for metric in standard().metrics for part in parts_of(metric)})


@pytest.fixture
def words() -> RowWords:
    wording = Wording("uk", "UAH", {"aov": "Середній чек"})
    return RowWords(wording, lambda dimension: NAMES.get(dimension, {}), ZoneInfo("Europe/Kyiv").key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_of_our_kpis_has_a_name(language: str) -> None:
    """Readers never meet the names of the catalogue."""
    assert [part for part in PARTS if not known_part(part, language)] == []


def test_parts_of_other_kpis_are_told_as_far_as_they_are_known(words: RowWords) -> None:
    """Of two sides each by its own; a part that is a KPI by that; one's own stay what they were called."""
    assert part_name("before.won", "en") == "before: won"
    assert words.text("part", "aov") == "Середній чек"
    assert part_name("large", "uk") == "large"


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("manager_id", 5, "Ганна"),
        ("manager_id", 6, "6"),
        ("category_id", 0, "Продажі"),
        ("outcome", "won", "виграна"),
        ("customer", "company:7", "компанія 7"),
        ("customer", "?", "?"),
        ("closed_day", "2026-11-02", "2026-11-02"),
        ("adds", 0, "0"),
        ("deal_id", 12, "12"),
        ("deal_id", None, ""),
    ],
)
def test_cells_are_told_by_their_names(words: RowWords, column: str, value: object, text: str) -> None:
    """Ids that have none stay ids, and nothing stays nothing."""
    assert words.text(column, value) == text


def test_moments_are_told_in_the_portals_zone(words: RowWords) -> None:
    """Facts keep UTC."""
    assert "12:30" in words.text("asked_at", "2026-11-02T10:30:00+00:00")
