"""What is asked of a KPI tool and is no number: each is answered by a command."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Capability:
    """A question with the command that answers it.

    Attributes:
        names, helps: language → text; helps are one sentence.
        command: as it is typed.
    """

    id: str
    names: Mapping[str, str]
    helps: Mapping[str, str]
    command: str


@cache
def capabilities() -> tuple[Capability, ...]:
    """All of them, in the order of the file."""
    text = files(__package__).joinpath("capabilities.toml").read_text(encoding="utf-8")
    return tuple(Capability(name, **table) for name, table in tomllib.loads(text).items())


def find_capability(name: str) -> Capability | None:
    """The one with this id; None where it is none."""
    return next((each for each in capabilities() if each.id == name), None)
