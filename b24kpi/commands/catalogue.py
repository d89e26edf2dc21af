"""The KPIs that a command may show, without a cache; settings are read only where they add something to ours."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from b24kpi.commands.face import Face

if TYPE_CHECKING:
    from b24kpi.metrics.catalogue import Catalogue

_SECTIONS = ("metrics", "dimensions")


def catalogue_of(face: Face) -> "Catalogue":
    """Ours, and with settings that name some, the user's own KPIs and dimensions.

    Raises:
        BadInput: the settings or the definitions are wrong.
    """
    from b24kpi.metrics.catalogue import standard

    if not _adds_something(face):
        return standard()
    from b24kpi import installed
    from b24kpi.commands.session import read_settings

    settings = read_settings(face)
    return installed.catalogue(settings).sliced_by(installed.dimensions(settings))


def _adds_something(face: Face) -> bool:
    """Looks without checking, which would take half a second; what cannot be looked at is left to the full reading."""
    if any(name.upper().startswith(f"B24KPI_{section.upper()}") for name in face.environ for section in _SECTIONS):
        return True
    named = face.environ.get("B24KPI_SETTINGS", "")
    path = face.settings or (usual if (usual := Path("settings.toml")).is_file() else Path(named) if named else None)
    if path is None:
        return False
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return True
    return any(data.get(section) for section in _SECTIONS)
