"""The scheme of bonuses: read as it is meant, and every fault told with its version."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from b24kpi.errors import BadInput
from b24kpi.facts.motivation_figures import Motivation
from b24kpi.motivation_file import read_scheme

GOOD = """
[[version]]
from = 2026-03-01
weights = { won_deals = 1 }
targets = { won_deals = 10 }

[[version]]
from = 2026-01-01
floor = 0.5
cap = 1.2
weights = { total_sales = 0.7, sales_cycle = 0.3 }
targets = { total_sales = 1000.50, sales_cycle = 20 }
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "scheme.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_versions_are_read_in_the_units_of_the_engine(tmp_path: Path) -> None:
    """Oldest first; money in hundredths, days in seconds, weights exact."""
    first, second = read_scheme(written(tmp_path, GOOD))
    assert (first.start, second.start) == (date(2026, 1, 1), date(2026, 3, 1))
    assert first.weights == {"total_sales": Fraction(7, 10), "sales_cycle": Fraction(3, 10)}
    assert first.targets == {"total_sales": 100_050, "sales_cycle": 20 * 86_400}
    assert (first.floor, first.cap) == (Fraction(1, 2), Fraction(6, 5))
    assert (second.floor, second.cap) == (0, Fraction(3, 2))


def test_a_period_goes_by_the_version_of_its_first_day(tmp_path: Path) -> None:
    """None before the first one."""
    motivation = Motivation(read_scheme(written(tmp_path, GOOD)))
    starts = [version and version.start for version in map(motivation.of, (date(2025, 12, 31), date(2026, 2, 28)))]
    assert starts == [None, date(2026, 1, 1)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("from = 2026-01-01", "version 1: weights must name KPIs"),
        ("weights = { aov = 1 }", "version 1: from must be a day"),
        ("from = 2026-01-01T10:00:00\nweights = { aov = 1 }", "version 1: from must be a day"),
        ("from = 2026-01-01\nweights = { aow = 1 }", "there is no KPI 'aow'; perhaps 'aov'?"),
        ("from = 2026-01-01\nweights = { stage_conversion = 1 }", "stage_conversion is not one number per manager"),
        ("from = 2026-01-01\nweights = { motivation_base = 1 }", "motivation_base is not one number per manager"),
        ("from = 2026-01-01\nweights = { aov = 0 }", "the weight of aov must be a number above 0"),
        ("from = 2026-01-01\nweights = { aov = true }", "the weight of aov must be a number above 0"),
        ("from = 2026-01-01\nweights = { aov = nan }", "the weight of aov must be a number above 0"),
        (
            "from = 2026-01-01\nweights = { aov = 1 }\ntargets = { aov = -1 }",
            "the target of aov must be a number above 0",
        ),
        ("from = 2026-01-01\nweights = { aov = 1 }\ntargets = 5", "targets must name KPIs"),
        (
            "from = 2026-01-01\nweights = { aov = 1 }\ntargets = { won_deals = 1 }",
            "won_deals has a target but no weight",
        ),
        ("from = 2026-01-01\nfloor = 2\nweights = { aov = 1 }", "floor and cap must be shares"),
        ("from = 2026-01-01\nceiling = 2\nweights = { aov = 1 }", "there is no key 'ceiling'"),
    ],
)
def test_a_fault_is_told_with_its_version(tmp_path: Path, text: str, fault: str) -> None:
    """And how to mend it."""
    with pytest.raises(BadInput) as caught:
        read_scheme(written(tmp_path, f"[[version]]\n{text}\n"))
    assert fault in caught.value.text("en")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Of all versions, and of those that begin on one day."""
    text = (
        "[[version]]\nfrom = 2026-01-01\nweights = { aov = 0 }\n[[version]]\nfrom = 2026-01-01\nweights = { aow = 1 }\n"
    )
    with pytest.raises(BadInput) as caught:
        read_scheme(written(tmp_path, text))
    told = caught.value.text("en")
    assert "3 faults" in told
    assert "two versions begin on 2026-01-01" in told


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "has no version"), (b"[", "is not TOML"), (b"\xff", "UTF-8"), (b"version = 1", "has no version")],
)
def test_a_file_that_is_no_scheme_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """With the file's name."""
    path = tmp_path / "scheme.toml"
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_scheme(path)
    assert message in caught.value.text("en")
    assert "scheme.toml" in caught.value.text("en")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """With the setting that names it."""
    with pytest.raises(BadInput) as caught:
        read_scheme(tmp_path / "none.toml")
    assert "[motivation] scheme" in caught.value.text("en")
