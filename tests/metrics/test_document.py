"""The page of all KPIs is made from the catalogue, and is the one that was made last."""

from pathlib import Path

from b24kpi.facts.definition import load_facts
from b24kpi.metrics.capabilities import capabilities
from b24kpi.metrics.catalogue import load
from b24kpi.metrics.document import document
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
