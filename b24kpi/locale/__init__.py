"""Texts for people in Ukrainian, Russian and English.

One TOML file per language and layer (`uk/portal.toml`, …); the id `portal.no_answer` is the key `no_answer` of
`portal.toml`. A value is a `str.format` template, or, where a number decides the form, a table of CLDR plural
categories chosen by the parameter `count`.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("uk", "ru", "en")


@cache
def _catalogue(language: str, layer: str) -> dict[str, Any]:
    path = files(__name__).joinpath(language, f"{layer}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def text(message_id: str, language: str = "en", **params: Any) -> str:
    """The message in `language`, its parameters filled in.

    >>> text("metrics.unknown", "en", metric="aow", nearest="aov")
    "There is no metric 'aow'; did you mean 'aov'? `b24kpi metrics` lists them all."

    Raises:
        KeyError: no such message; a test holds the three languages equal.
    """
    layer, _, key = message_id.partition(".")
    entry: Any = _catalogue(language, layer)
    for part in key.split("."):
        entry = entry[part]
    if isinstance(entry, dict):
        entry = entry[_plural_category(language, params["count"])]
    return str(entry).format(**params)


def _plural_category(language: str, count: float) -> str:
    from babel import Locale  # 30 ms that most commands never need

    return str(Locale.parse(language).plural_form(count))
