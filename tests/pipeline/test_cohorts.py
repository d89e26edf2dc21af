"""The command cohorts over a synced portal: the same cells in every form, in three languages."""

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from b24kpi.locale import LANGUAGES, text
from tests.pipeline.conftest import company
from tests.pipeline.places import Place, opened_place

KINDS = ("retention", "ltv", "conversion")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened_place(tmp_path_factory.mktemp("cohorts"), company(400)) as found, found.app() as app:
        app.sync()
        yield found


def answer(place: Place, *arguments: str) -> Any:
    result = place.run("cohorts", "--format", "json", *arguments)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("kind", KINDS)
def test_csv_has_the_cells_of_json(place: Place, kind: str) -> None:
    """A row for each, with the same value."""
    cohorts = answer(place, "--kind", kind)["cohorts"]
    cells = [(cohort["cohort"], cell) for cohort in cohorts for cell in cohort["cells"]]
    rows = list(csv.DictReader(place.run("cohorts", "--kind", kind, "--format", "csv").stdout.splitlines()))
    assert [(row["cohort"], Decimal(row["value"])) for row in rows] == [
        (label, Decimal(str(cell["value"]))) for label, cell in cells
    ]


def test_customers_come_back_in_time_or_later(place: Place) -> None:
    """The share with a second purchase grows with the days; where nobody was watched so long there is none."""
    cohorts = answer(place, "--count", "18")["cohorts"]
    assert any(cohort["repeat_365"] is not None for cohort in cohorts)
    assert cohorts[-1]["repeat_365"] is None
    for cohort in cohorts:
        known = [each for each in (cohort[f"repeat_{days}"] for days in (90, 180, 365)) if each is not None]
        assert known == sorted(known)


def test_leads_have_what_is_expected_only_while_they_are_young(place: Place) -> None:
    """Of those that are old enough the last cell is the answer."""
    cohorts = answer(place, "--kind", "conversion")["cohorts"]
    assert cohorts[-1]["immature"]
    assert all((cohort["nowcast"] is not None) == cohort["immature"] for cohort in cohorts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_is_in_the_readers_language(place: Place, kind: str, language: str) -> None:
    """A row for each cohort, and one for all."""
    result = place.run("cohorts", "--kind", kind, "--period", "quarter", "--count", "4", language=language)
    assert result.exit_code == 0
    assert text(f"cohorts.title.{kind}", language) in result.stdout
    assert text("cohorts.together", language) in result.stdout
    assert result.stdout.count("2026-Q") == 4
