"""The page of all KPIs is made from the catalogue, and is the one that was made last."""

from pathlib import Path

import pytest

from b24kpi.facts.definition import load_facts
from b24kpi.locale import LANGUAGES, text
from b24kpi.metrics.capabilities import capabilities
from b24kpi.metrics.catalogue import find, load
from b24kpi.metrics.document import document
from b24kpi.metrics.needs import needed_figures
from b24kpi.metrics.presets import presets

PAGE = Path(__file__).parent.parent.parent / "docs" / "metrics.md"


def test_the_page_is_up_to_date() -> None:
    """Make it anew by `python -m b24kpi.metrics.document > docs/metrics.md`."""
    assert PAGE.read_text(encoding="utf-8") == document()


def test_the_page_holds_everything() -> None:
    """Each KPI under its own heading with name and formula in three languages; presets; what commands answer."""
    page = document()
    for metric in load():
        assert page.count(f"\n## {metric.id}\n") == 1
        assert all(text.replace("|", "\\|") in page for text in (*metric.names.values(), *metric.formulas.values()))
    for capability in capabilities():
        assert f"| {capability.id} | " in page
    for fact in load_facts().values():
        assert f"| {fact.name} | " in page
    for preset in presets():
        assert f"| {preset.id} | " in page


@pytest.mark.parametrize(
    ("metric", "given"), [("romi", ("margin", "cost")), ("ltv_historic", ("margin",)), ("cac", ("cost",)), ("aov", ())]
)
def test_what_people_have_to_give_is_told(metric: str, given: tuple[str, ...]) -> None:
    """Figures of the settings first, then what no portal has."""
    assert needed_figures(find(metric)) == given


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_have_to_give_is_explained(language: str) -> None:
    """In the reader's language: where it is given."""
    for name in {name for metric in load() for name in needed_figures(metric)}:
        assert text(f"metrics.figure.{name}", language)
