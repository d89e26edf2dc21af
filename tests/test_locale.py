"""Texts for people: the same messages in three languages, each of which can be shown."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel import Locale

import b24kpi
from b24kpi.locale import LANGUAGES, text
from b24kpi.portal.application import WORDS

PACKAGE = Path(b24kpi.__file__).parent
LAYERS = sorted(path.stem for path in (PACKAGE / "locale" / "en").glob("*.toml"))
PLURALS = {"zero", "one", "two", "few", "many", "other"}


class Sample(float):
    """Fits wherever a parameter may stand: as a number, and as a text."""


def messages(language: str, layer: str) -> dict[str, Any]:
    path = PACKAGE / "locale" / language / f"{layer}.toml"
    return dict(flat(tomllib.loads(path.read_text(encoding="utf-8")), layer))


def flat(table: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Message id → text, or table of plural forms."""
    for key, value in table.items():
        if isinstance(value, dict) and not value.keys() <= PLURALS:
            yield from flat(value, f"{prefix}.{key}")
        else:
            yield f"{prefix}.{key}", value


def placeholders(message: Any) -> set[str]:
    forms = message.values() if isinstance(message, dict) else [message]
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name}


@pytest.mark.parametrize("layer", LAYERS)
def test_languages_have_the_same_messages(layer: str) -> None:
    """What one language can say, the others can."""
    keys = {language: messages(language, layer).keys() for language in LANGUAGES}
    assert keys["uk"] == keys["en"]
    assert keys["ru"] == keys["en"]


@pytest.mark.parametrize("layer", LAYERS)
def test_translations_have_the_same_parameters(layer: str) -> None:
    """No translation loses a fact or asks for one that is not given."""
    english = {key: placeholders(message) for key, message in messages("en", layer).items()}
    for language in LANGUAGES:
        assert {key: placeholders(message) for key, message in messages(language, layer).items()} == english


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_have_every_form_of_the_language(language: str) -> None:
    """Ukrainian and Russian have four forms, English two."""
    forms = set(Locale.parse(language).plural_form.rules) | {"other"}
    tables = {key: m for layer in LAYERS for key, m in messages(language, layer).items() if isinstance(m, dict)}
    assert {key for key, table in tables.items() if table.keys() != forms} == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("layer", LAYERS)
def test_every_message_can_be_shown(layer: str, language: str) -> None:
    """Each template takes its parameters and leaves no brace behind."""
    for key, message in messages(language, layer).items():
        params = {name: Sample(2) for name in placeholders(message) | {"count"}}
        assert text(key, language, **params)


def test_every_message_that_the_code_names_exists() -> None:
    """A text is never missed only when something has gone wrong."""
    known = {key for layer in LAYERS for key in messages("en", layer)}
    groups = {key.rpartition(".")[0] for key in known}
    pattern = re.compile(rf"({'|'.join(LAYERS)})\.[a-z][a-z_.]*[a-z]")
    named = {found for path in PACKAGE.rglob("*.py") for found in literals(path) if pattern.fullmatch(found)}
    files = {name for name in named if name.rpartition(".")[2] in ("toml", "sqlite", "json", "csv", "html")}
    assert named - known - groups - files == set()


def literals(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


# Messages of the settings that lead to a webhook, and what an application never meets.
OF_WEBHOOKS = {"portal.webhook_address", "portal.webhook_insecure", "portal.webhook_path", "portal.wrong_auth_type"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_application_is_told_nothing_of_webhooks(language: str) -> None:
    """What errors of calls say of webhooks has other words for an application, or names both."""
    word, other = re.compile("webhook|вебхук", re.IGNORECASE), re.compile("application|застосунк|застосунок|приложени")
    layers = ("bindings", "bulk", "cache", "checkup", "digest", "entry", "portal", "report", "sinks", "web")
    told = {key: str(message) for layer in layers for key, message in messages(language, layer).items()}
    lone = {key for key, message in told.items() if word.search(message) and not other.search(message)}
    assert lone - OF_WEBHOOKS - WORDS.keys() == {"digest.no_scope"}  # which has its twin, no_application_scope
    assert not [key for key in WORDS.values() if word.search(told[key])]
