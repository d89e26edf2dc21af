"""Choices of KPIs for a business or an occasion."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from b24kpi.errors import BadInput
from b24kpi.metrics.catalogue import standard
from b24kpi.problems import nearest


@dataclass(frozen=True)
class Preset:
    """A named choice.

    Attributes:
        names, helps: language → text; helps are one line.
        metrics: ids, in the order in which they are to be read.
    """

    id: str
    names: Mapping[str, str]
    helps: Mapping[str, str]
    metrics: tuple[str, ...]


@cache
def presets() -> tuple[Preset, ...]:
    """All of them, in the order of the file.

    Raises:
        BadInput: one names a KPI that does not exist.
    """
    text = files(__package__).joinpath("presets.toml").read_text(encoding="utf-8")
    return parse_presets(text)


def parse_presets(text: str) -> tuple[Preset, ...]:
    """Read a file of presets.

    Raises:
        BadInput: one names a KPI that does not exist.
    """
    found = []
    for name, table in tomllib.loads(text).items():
        metrics = tuple(standard().find(metric).id for metric in table["metrics"])
        found.append(Preset(name, table["names"], table["helps"], metrics))
    return tuple(found)


def find_preset(name: str) -> Preset:
    """A preset by its id.

    Raises:
        BadInput: no such preset; the message names the nearest and all.
    """
    known = {preset.id: preset for preset in presets()}
    if name not in known:
        raise BadInput("metrics.unknown_preset", preset=name, nearest=nearest(name, known), known=", ".join(known))
    return known[name]
