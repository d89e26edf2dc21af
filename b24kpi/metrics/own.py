"""The user's own KPIs: TOML files of a folder, read like ours, tried out on an empty cache before any is used."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from b24kpi.errors import BadInput
from b24kpi.metrics.catalogue import load, metric_of, tables_of
from b24kpi.metrics.definition_faults import faults
from b24kpi.metrics.dimensions import FieldDimension, sliced
from b24kpi.metrics.meaning_faults import meaning_faults
from b24kpi.metrics.model import Metric
from b24kpi.problems import Problem, Problems

Place = str  # name of a file


def read_own(folder: Path, dimensions: Sequence[FieldDimension] = ()) -> tuple[Metric, ...]:
    """Every KPI of the folder's *.toml files, in the order of their names.

    Args:
        dimensions: the user's own, which definitions may name; each KPI has those that its facts lead to anyway.

    Raises:
        Problems: every fault of every file.
        BadInput: there is no such folder.
    """
    reader = _Reader(tuple(dimensions))
    for path in _files(folder):
        reader.read(path)
    reader.try_out()
    if reader.problems:
        raise Problems("metrics.own_problems", reader.problems, folder=folder)
    return tuple(metric for _, metric in reader.metrics)


def own_ids(folder: Path) -> list[str]:
    """The ids of a folder's KPIs, whatever else is wrong with them; none where there is no folder."""
    ids: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            ids += tables_of(_text(path), path.name)
        except BadInput:
            continue
    return ids


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise BadInput("metrics.no_folder", folder=folder)
    return sorted(folder.glob("*.toml"))


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("metrics.not_utf8", place=path.name) from None
    except OSError as error:
        raise BadInput("metrics.unreadable", place=path.name, problem=error.strerror or "?") from None


class _Reader:
    """Gathers KPIs and faults over several files."""

    def __init__(self, dimensions: tuple[FieldDimension, ...]) -> None:
        self.problems: list[Problem] = []
        self.metrics: list[tuple[Place, Metric]] = []
        self._places: dict[str, Place] = {}
        self._dimensions = dimensions
        self._ours = {metric.id for metric in load()}

    def read(self, path: Path) -> None:
        """Take the KPIs of a file that have no fault, and note the faults of the others."""
        try:
            tables = tables_of(_text(path), path.name)
        except BadInput as error:
            self.problems.append(Problem(error.message_id, error.params))
            return
        for metric_id, table in tables.items():
            found = [*self._collisions(metric_id), *self._faults(metric_id, table, path.name)]
            self.problems += [_problem(path.name, fault) for fault in found]
            self._places.setdefault(metric_id, path.name)

    def try_out(self) -> None:
        """Ask SQLite about those that have no fault yet."""
        from b24kpi.metrics.trial import trial_faults

        for place in dict.fromkeys(place for place, _ in self.metrics):
            mine = [metric for where, metric in self.metrics if where == place]
            self.problems += [_problem(place, fault) for fault in trial_faults(mine, self._dimensions)]

    def _collisions(self, metric_id: str) -> Iterator[str]:
        if metric_id in self._ours:
            yield f"{metric_id}: b24kpi has a KPI with this id already, choose another"
        elif metric_id in self._places:
            yield f"{metric_id}: {self._places[metric_id]} has a KPI with this id already, choose another"

    def _faults(self, metric_id: str, table: Any, place: Place) -> list[str]:
        plain, further = self._without_own_dimensions(table)
        if found := list(faults(metric_id, plain)):
            return found
        metric = metric_of(metric_id, plain)
        reached = sliced(metric, self._dimensions)
        found = [
            f"{metric_id}: its facts do not lead to {name!r}" for name in further if name not in reached.dimensions
        ]
        found += meaning_faults(metric)
        if not found:
            self.metrics.append((place, metric))
        return found

    def _without_own_dimensions(self, table: Any) -> tuple[Any, list[str]]:
        """The table, and which of the user's dimensions it names."""
        names = {each.name for each in self._dimensions}
        listed = table.get("dimensions") if isinstance(table, Mapping) else None
        if not isinstance(listed, list):
            return table, []
        plain = [name for name in listed if not (isinstance(name, str) and name in names)]
        return {**table, "dimensions": plain}, [name for name in listed if name not in plain]


def _problem(place: Place, fault: str) -> Problem:
    return Problem("metrics.bad_definition", {"place": place, "faults": fault})
