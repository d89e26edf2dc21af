"""The scheme of bonuses from a TOML file: all faults at once, each with its version and key.

[[version]]
from = 2026-01-01
floor = 0.5
cap = 1.2
weights = { total_sales = 0.7, sales_cycle = 0.3 }
targets = { sales_cycle = 20 }
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from b24kpi.errors import BadInput
from b24kpi.facts.motivation_figures import SchemeVersion
from b24kpi.metrics.catalogue import load
from b24kpi.metrics.model import Metric, Unit
from b24kpi.problems import Problem, Problems, nearest

KEYS = ("from", "weights", "targets", "floor", "cap")
DIMENSION = "manager"  # bonuses are people's, so a KPI has to tell whose it is
# A figure of the file times this is what the engine counts in.
_SCALES = {Unit.MONEY: 100, Unit.DURATION: 86_400}


def read_scheme(path: Path) -> tuple[SchemeVersion, ...]:
    """The versions, the oldest first. Targets are money in the report currency, durations in days, rates as 0.25.

    Raises:
        BadInput: the file cannot be read, or is not TOML.
        Problems: everything else that is wrong with it.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        tables = tomllib.loads(text, parse_float=Decimal).get("version", [])
    except UnicodeDecodeError:
        raise BadInput("motivation.not_utf8", file=path) from None
    except OSError as error:
        raise BadInput("motivation.unreadable", file=path, problem=error.strerror or "?") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput("motivation.bad_toml", file=path, problem=str(error)) from None
    if not isinstance(tables, list) or not tables:
        raise BadInput("motivation.no_versions", file=path)
    if problems := scheme_faults(tables):
        raise Problems("motivation.problems", problems, file=path)
    return versions_of(tables)


def versions_of(tables: list[dict[str, Any]]) -> tuple[SchemeVersion, ...]:
    """Versions without faults as values."""
    return tuple(sorted(map(_version, tables), key=lambda version: version.start))


def scheme_faults(tables: list[Any]) -> list[Problem]:
    """Everything that is wrong with the versions."""
    found = [fault for number, table in enumerate(tables, 1) for fault in _faults(number, table)]
    starts = [table.get("from") for table in tables if isinstance(table, dict)]
    twice = sorted({str(start) for start in starts if start is not None and starts.count(start) > 1})
    return [*found, *(Problem("motivation.twice", {"day": day}) for day in twice)]


def _faults(number: int, table: Any) -> Iterator[Problem]:
    if not isinstance(table, dict):
        yield _fault("no_table", number)
        return
    yield from (_fault("unknown_key", number, key=key, nearest=nearest(key, KEYS)) for key in table if key not in KEYS)
    if not _is_day(table.get("from")):
        yield _fault("no_start", number)
    weights, targets = table.get("weights"), table.get("targets", {})
    if not isinstance(weights, dict) or not weights:
        yield _fault("no_weights", number)
        return
    yield from _kpi_faults(number, weights)
    yield from (
        _fault("bad_weight", number, metric=name) for name, weight in weights.items() if not _is_positive(weight)
    )
    for name, target in targets.items() if isinstance(targets, dict) else ():
        if name not in weights:
            yield _fault("target_without_weight", number, metric=name)
        elif not _is_positive(target):
            yield _fault("bad_target", number, metric=name)
    if not isinstance(targets, dict):
        yield _fault("bad_targets", number)
    yield from _limit_faults(number, table)


def _kpi_faults(number: int, weights: Mapping[str, Any]) -> Iterator[Problem]:
    known = _metrics()
    for name in weights:
        if name not in known:
            yield _fault("unknown_metric", number, metric=name, nearest=nearest(name, known))
        elif DIMENSION not in known[name].dimensions or known[name].fixed or name == "motivation_base":
            yield _fault("not_personal", number, metric=name)


def _limit_faults(number: int, table: Mapping[str, Any]) -> Iterator[Problem]:
    floor, cap = table.get("floor", 0), table.get("cap", Decimal("1.5"))
    if not (_is_number(floor) and _is_number(cap) and 0 <= floor <= cap and cap > 0):
        yield _fault("bad_limits", number)


def _fault(kind: str, number: int, **params: object) -> Problem:
    return Problem(f"motivation.{kind}", {"number": number, **params})


def _metrics() -> dict[str, Metric]:
    return {metric.id: metric for metric in load()}


def _version(table: Mapping[str, Any]) -> SchemeVersion:
    known = _metrics()
    return SchemeVersion(
        start=table["from"],
        weights={name: _exact(weight) for name, weight in table["weights"].items()},
        targets={
            name: _exact(target) * _SCALES.get(known[name].unit, 1) for name, target in table.get("targets", {}).items()
        },
        floor=_exact(table.get("floor", 0)),
        cap=_exact(table.get("cap", Decimal("1.5"))),
    )


def _exact(number: int | float | Decimal) -> Fraction:
    return Fraction(str(number))


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and Decimal(str(value)).is_finite()


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0
