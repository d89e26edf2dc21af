"""Portals in a file: filled once, opened again and again within a moment."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from sqlite_utils.utils import sqlite3

from b24kpi.demo.state import PortalState

Fill = Callable[[PortalState], object]


class NoPortalError(ValueError):
    """A file that is something else than a portal of ours."""


def open_prebuilt(path: Path, fill: Fill, *, now: Callable[[], float] = time.time) -> PortalState:
    """The portal in the file; where there is none yet, `fill` makes its rows first.

    A file appears under its name only when it is complete: what was interrupted is built anew.

    Raises:
        NoPortalError: there is such a file, and it is something else; it stays as it is.
    """
    if path.exists():
        _check(path)
    else:
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
        unfinished.unlink(missing_ok=True)
        with contextlib.closing(PortalState(path=str(unfinished), now=now)) as state:
            fill(state)
        unfinished.replace(path)
    return PortalState(path=str(path), now=now)


def copy_prebuilt(path: Path, target: Path, *, now: Callable[[], float] = time.time) -> PortalState:
    """A portal of its own with the rows of a file, for a trial that changes them; the file stays as it is.

    Raises:
        FileNotFoundError: there is no such file.
    """
    shutil.copyfile(path, target)
    return PortalState(path=str(target), now=now)


def _check(path: Path) -> None:
    """
    Raises:
        NoPortalError: the file has no deals with the columns of REST.
    """
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        try:
            columns = [row[1] for row in connection.execute("PRAGMA table_info(deal)")]
        except sqlite3.DatabaseError:
            columns = []
    if "STAGE_SEMANTIC_ID" not in columns:
        raise NoPortalError(path)
