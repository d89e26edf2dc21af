"""What is wrong with the settings, in words for people: the file, the key, the problem, the remedy."""

import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from b24kpi.errors import BadInput
from b24kpi.problems import Problem, Problems, nearest
from b24kpi.settings_checks import DIMENSIONS, PREFIX, slice_names

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_OURS = (
    "unknown_value", "bad_time_zone", "bad_currency", "bad_cron", "bad_report_name", "no_file_name", "same_report_name",
    "bad_dimension_name", "bad_user_field", "bad_touch", "metrics_or_preset",
    "bad_work_time", "rating_date_elsewhere", "rating_without_date",
    "half_an_application", "two_ways_in", "bad_address", "bad_oauth_server",
    "digest_for_nobody",
)  # fmt: skip
_EXPECTED = {
    "string": "expected_text", "int": "expected_whole", "decimal": "expected_number", "tuple": "expected_list",
    "model": "expected_section", "dict": "expected_section", "path": "expected_text", "too": "expected_entry",
    "date": "expected_date",
}  # fmt: skip
_BOUNDS = {"greater_than_equal": ("at_least", "ge"), "less_than_equal": ("at_most", "le")}


@dataclass(frozen=True)
class Vocabulary:
    """Names that `[[report]]` may use."""

    metrics: Collection[str]
    sinks: Collection[str]
    presets: Collection[str] = ()


def read_toml(path: Path) -> dict[str, Any]:
    """The file's content.

    Raises:
        BadInput: no such file, not UTF-8, or not TOML; the last with line and column.
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadInput("settings.not_utf8", file=path) from None
    except OSError as error:
        raise BadInput("settings.unreadable", file=path, problem=error.strerror or "?") from None
    except tomllib.TOMLDecodeError as error:
        raise _bad_toml(path, str(error)) from None


@contextmanager
def explain(
    path: Path | None, data: Mapping[str, Any], environ: Mapping[str, str], model: type[BaseModel]
) -> Iterator[list[Problem]]:
    """Collects problems; raises them with those of pydantic, worded, as one error at the end."""
    problems: list[Problem] = []
    words = _Words(data, environ, model)
    try:
        yield problems
    except ValidationError as error:
        problems += [words.problem(details) for details in error.errors(include_url=False)]
    except SettingsError as error:
        problems.append(_not_json(str(error)))
    if problems:
        raise Problems("settings.problems", problems, file=path or f"{PREFIX}*")


def unknown_variables(environ: Mapping[str, str], model: type[BaseModel]) -> list[Problem]:
    """Variables of ours whose section does not exist; wrong keys within a section are pydantic's to find."""
    known = [f"{PREFIX}{section.upper()}" for section in model.model_fields]
    ours = [name for name in environ if name.upper().startswith(PREFIX) and name.upper() != f"{PREFIX}SETTINGS"]
    return [
        Problem("settings.unknown_key", {"key": name, "nearest": f"{nearest(section, known)}__…"})
        for name in sorted(ours)
        if (section := name.upper().partition("__")[0]) not in known
    ]


def unknown_names(
    data: Mapping[str, Any], environ: Mapping[str, str], folder: Path, vocabulary: Vocabulary | None
) -> list[Problem]:
    """Metrics, sinks and dimensions of the reports that do not exist; wrong shapes are left to pydantic."""
    places = _reports(data, environ)
    if not places:
        return []
    known = vocabulary or _installed(data, environ, folder)
    dimensions = (*DIMENSIONS, *_section(data, environ, "dimensions"))
    found = []
    for key, report in places:
        named = {"metrics": (_texts(report, "metrics"), known.metrics), "sinks": (_texts(report, "sinks"), known.sinks)}
        named["preset"] = (_texts(report, "preset"), known.presets)
        named["by"] = ([name for text in _texts(report, "by") for name in slice_names(text)], dimensions)
        for field, (names, there) in named.items():
            found += [_unknown_name(f"{key} {field}", name, there) for name in names if name not in there]
    return found


def _reports(data: Mapping[str, Any], environ: Mapping[str, str]) -> list[tuple[str, Any]]:
    """(place, report) of the environment if it has any, else of the file."""
    variables = {name.upper(): (name, text) for name, text in environ.items()}
    if (variable := variables.get(f"{PREFIX}REPORT")) is not None:
        reports = _json(variable[1])
        return [(variable[0], report) for report in reports] if isinstance(reports, list) else []
    reports = data.get("report")
    return (
        [(_key("report", index), report) for index, report in enumerate(reports)] if isinstance(reports, list) else []
    )


def _section(data: Mapping[str, Any], environ: Mapping[str, str], name: str) -> dict[str, Any]:
    """A section's keys as file and environment have them, the latter first."""
    file = data.get(name)
    found = dict(file) if isinstance(file, dict) else {}
    for variable, text in environ.items():
        section, _, key = variable.upper().removeprefix(PREFIX).partition("__")
        if variable.upper().startswith(PREFIX) and section == name.upper():
            given = {key.lower(): text} if key else _json(text)
            found |= given if isinstance(given, dict) else {}
    return found


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _unknown_name(key: str, name: str, known: Collection[str]) -> Problem:
    return Problem("settings.unknown_name", {"key": key, "name": name, "nearest": nearest(name, known)})


class _Words:
    """Knows where a value came from, to name the place where it is to be mended."""

    def __init__(self, data: Mapping[str, Any], environ: Mapping[str, str], model: type[BaseModel]) -> None:
        self._data = data
        self._variables = {name.upper(): name for name in environ}
        self._model = model

    def problem(self, details: ErrorDetails) -> Problem:
        kind, context = details["type"], details.get("ctx", {})
        key = self._place(details["loc"])
        if kind == "extra_forbidden":
            return Problem("settings.unknown_key", {"key": key, "nearest": self._nearest_key(details["loc"])})
        if kind == "missing":
            return Problem("settings.missing_key", {"key": key})
        if kind == "bad_cron" and context["field"]:
            return Problem("settings.bad_cron_field", {"key": key, **context})
        if kind in _OURS:
            return Problem(f"settings.{kind}", {"key": key, **context})
        if kind in _BOUNDS:
            message, name = _BOUNDS[kind]
            return Problem(f"settings.{message}", {"key": key, "limit": context[name]})
        return Problem(f"settings.{_EXPECTED.get(kind.split('_')[0], 'expected_other')}", {"key": key})

    def _place(self, location: tuple[int | str, ...]) -> str:
        for length in range(len(location), 0, -1):
            variable = PREFIX + "__".join(str(part).upper() for part in location[:length])
            if variable in self._variables:
                return self._variables[variable]
        return _key(*(part for part in location if part != "[key]"))  # where pydantic means the key itself

    def _nearest_key(self, location: tuple[int | str, ...]) -> str:
        *parents, name = location
        return nearest(str(name), _fields_at(self._model, parents))


def _fields_at(model: type[BaseModel], parents: list[int | str]) -> list[str]:
    for part in parents:
        if isinstance(part, str):
            model = _model_in(model.model_fields[part].annotation)
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel]:
    """The section behind a field's type: itself, or the element of a tuple."""
    element = next(iter(get_args(annotation)), annotation)
    return element if isinstance(element, type) and issubclass(element, BaseModel) else BaseModel


def _key(*location: int | str) -> str:
    """A key as people find it in the file.

    >>> _key("portal", "plan"), _key("report", 0, "metrics")
    ('[portal] plan', '[[report]] #1 metrics')
    """
    section, *rest = location
    names = [f"#{part + 1}" if isinstance(part, int) else part for part in rest]
    head = "[[report]]" if section == "report" else f"[{section}]"
    return " ".join([head, *names])


def _texts(report: Any, field: str) -> list[str]:
    names = report.get(field) if isinstance(report, dict) else None
    if isinstance(names, str):
        return [names] if field == "preset" and names else []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _installed(data: Mapping[str, Any], environ: Mapping[str, str], folder: Path) -> Vocabulary:
    from b24kpi.metrics.catalogue import load
    from b24kpi.metrics.presets import presets
    from b24kpi.sinks import SINKS

    own = _section(data, environ, "metrics").get("folder")
    return Vocabulary(
        [*(metric.id for metric in load()), *_own_ids(own, folder)], list(SINKS), [preset.id for preset in presets()]
    )


def _own_ids(own: Any, folder: Path) -> list[str]:
    """Ids of the user's KPIs; what is wrong with them, is told when they are read."""
    if not isinstance(own, str) or not own:
        return []
    from b24kpi.metrics.own import own_ids

    return own_ids(folder / Path(own).expanduser())


def _bad_toml(path: Path, message: str) -> BadInput:
    found = _PLACE.search(message)
    if found is None:
        return BadInput("settings.bad_toml_end", file=path)
    return BadInput("settings.bad_toml", file=path, line=int(found[1]), column=int(found[2]))


def _not_json(message: str) -> Problem:
    """pydantic-settings names the field whose variable it could not decode, and only that."""
    found = re.search(r'field "(\w+)"', message)
    return Problem("settings.not_json", {"key": PREFIX + (found[1].upper() if found else "*")})
