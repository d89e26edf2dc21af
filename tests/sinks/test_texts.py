"""Texts of the sinks in three languages."""

import string
import tomllib
from importlib.resources import files
from typing import Any

import pytest

import b24kpi.locale
from b24kpi import locale
from b24kpi.locale import LANGUAGES
from b24kpi.metrics.model import Reason, Unit
from b24kpi.sinks.item_fields import FIELDS

PLURALS = ("more_failed",)


def catalogue(language: str) -> dict[str, Any]:
    text = files(b24kpi.locale).joinpath(language, "sinks.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def flat(language: str) -> dict[str, str]:
    """Every text by its dotted key, of plurals only the form all languages have."""
    found: dict[str, str] = {}
    for key, entry in catalogue(language).items():
        if key in PLURALS:
            found[key] = entry["other"]
        else:
            found |= (
                {f"{key}.{part}": text for part, text in entry.items()} if isinstance(entry, dict) else {key: entry}
            )
    return found


def parameters(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_texts(language: str) -> None:
    """None is missing, none is left over, none is empty."""
    assert flat("en").keys() == flat(language).keys()
    assert all(flat(language).values())


@pytest.mark.parametrize("key", flat("en"))
def test_a_text_names_the_same_things_in_each_language(key: str) -> None:
    """Translations use the parameters of the original."""
    assert all(parameters(flat(language)[key]) == parameters(flat("en")[key]) for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_unit_and_reason_has_a_word(language: str) -> None:
    """A new one cannot be forgotten."""
    units = [unit for unit in Unit if unit is not Unit.MONEY]
    ids = [f"field.{field.name}" for field in FIELDS] + [f"unit.{unit}" for unit in units]
    ids += [f"reason.{reason}" for reason in Reason]
    assert all(locale.text(f"sinks.{key}", language) for key in ids)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 2, 5, 21, 100])
def test_every_number_has_its_form(language: str, count: int) -> None:
    """Of the words for entries that failed."""
    assert str(count) in locale.text("sinks.more_failed", language, count=count)
