"""Which language to speak before the settings are read."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from b24kpi.locale import LANGUAGES

_VARIABLES = ("B24KPI_UI__LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def asked_language(arguments: Sequence[str]) -> str:
    """The value of `--language` among the arguments, "" without one."""
    for argument, following in pairwise([*arguments, ""]):
        name, equals, value = argument.partition("=")
        if name == "--language":
            return known_language(value if equals else following)
    return ""


def environment_language(environ: Mapping[str, str]) -> str:
    """The language of the first variable that is set, as POSIX ranks them; "" where we do not speak it."""
    found = (environ[name] for name in _VARIABLES if environ.get(name))
    return known_language(next(found, ""))


def known_language(locale: str) -> str:
    """
    >>> known_language("uk_UA.UTF-8"), known_language("C")
    ('uk', '')
    """
    language = locale.replace("-", "_").partition("_")[0].partition(".")[0].lower()
    return language if language in LANGUAGES else ""
