"""Messages of the portal layer in three languages."""

import string
import tomllib
from importlib.resources import files

import pytest

import b24kpi.locale
from b24kpi.locale import LANGUAGES


def catalogue(language: str) -> dict[str, str]:
    return tomllib.loads(files(b24kpi.locale).joinpath(language, "portal.toml").read_text(encoding="utf-8"))


def parameters(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_messages(language: str) -> None:
    """No message is missing, none is left over, none is empty."""
    assert catalogue("en").keys() == catalogue(language).keys()
    assert all(catalogue(language).values())


@pytest.mark.parametrize("key", catalogue("en"))
def test_a_message_names_the_same_things_in_each_language(key: str) -> None:
    """Translations use the parameters of the original."""
    english = parameters(catalogue("en")[key])
    assert all(parameters(catalogue(language)[key]) == english for language in LANGUAGES)
