"""Choices of KPIs: named in three languages, made of KPIs that exist."""

import pytest

from b24kpi.errors import BadInput
from b24kpi.locale import LANGUAGES
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.presets import Preset, find_preset, parse_presets, presets

every_preset = pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset.id)


@every_preset
def test_a_preset_is_named_in_three_languages(preset: Preset) -> None:
    """Name and help; help is one line that ends."""
    assert {*preset.names} == {*preset.helps} == {*LANGUAGES}
    assert all(text.rstrip().endswith((".", "?")) and "\n" not in text for text in preset.helps.values())


@every_preset
def test_a_preset_is_a_choice(preset: Preset) -> None:
    """Of KPIs that exist, each once."""
    assert preset.metrics
    assert len(set(preset.metrics)) == len(preset.metrics)
    assert [find(name).id for name in preset.metrics] == list(preset.metrics)


def test_names_tell_presets_apart() -> None:
    """In every language."""
    for language in LANGUAGES:
        assert len({preset.names[language] for preset in presets()}) == len(presets())


def test_a_preset_with_an_unknown_kpi_is_refused() -> None:
    """When it is read, so that no report lacks silently what its preset names."""
    with pytest.raises(BadInput, match="did you mean 'win_rate'"):
        parse_presets('[a]\nnames = {}\nhelps = {}\nmetrics = ["aov", "winrate"]')


def test_an_unknown_preset_is_answered_with_the_nearest() -> None:
    """And with all there are."""
    with pytest.raises(BadInput) as caught:
        find_preset("defualt")
    assert "did you mean 'default'?" in str(caught.value)
    assert all(preset.id in str(caught.value) for preset in presets())
