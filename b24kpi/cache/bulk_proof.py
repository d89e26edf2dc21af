"""Rows of the BI connector as REST would show them, and whether they are those that it shows. No I/O."""

from collections.abc import Mapping, Sequence
from typing import Any

from b24kpi.cache.rows import Cell, Rows, columns, rows_reader
from b24kpi.errors import UnexpectedAnswer
from b24kpi.portal.bulk_answer import Cells
from b24kpi.portal.bulk_zone import ServerZone
from b24kpi.portal.declaration import Entity, Kind

Row = dict[str, Any]


def moments(entity: Entity) -> list[str]:
    """The names of a stream's fields that are moments."""
    return [each.shown for each in entity.fields if each.kind is Kind.DATETIME]


def dated(entity: Entity, found: Mapping[int, Cells], zone: ServerZone) -> tuple[dict[int, Row], list[int]]:
    """Rows by id with moments as REST shows them; the ids of those that have one which may be another as well.

    Args:
        found: values in the order of the stream's fields, by id.

    Raises:
        UnexpectedAnswer: a moment is none.
    """
    names, moment = [each.shown for each in entity.fields], zone.moment
    places = [place for place, each in enumerate(entity.fields) if each.kind is Kind.DATETIME]
    rows: dict[int, Row] = {}
    doubtful = []
    for identifier, row in found.items():
        cells = list(row)
        try:
            for place in places:
                cells[place] = moment(cells[place]) if cells[place] else ""
        except (TypeError, ValueError):
            raise _bad_moment(entity, identifier) from None
        if None in [cells[place] for place in places]:
            doubtful.append(identifier)
        else:
            rows[identifier] = dict(zip(names, cells, strict=True))
    return rows, doubtful


def compare(entity: Entity, rows: Mapping[int, Row], sample: Rows, moment: int, table: str) -> None:
    """Hold rows against those that REST has shown before, column by column.

    Args:
        moment: when REST has shown them, by the portal's clock; epoch seconds.

    Raises:
        UnexpectedAnswer: one is another, and was not changed since.
    """
    shown = [row for row in sample if int(row[entity.shown_key]) in rows]
    read, names = rows_reader(entity), columns(entity)
    later = read([rows[int(row[entity.shown_key])] for row in shown])
    for new, old in zip(later, read(shown), strict=True):
        differing = [name for name, one, other in zip(names, new, old, strict=True) if one != other]
        if differing and not _changed_since(entity, new, old, moment):
            raise UnexpectedAnswer("bulk.other_values", method=table, field=differing[0])


def _changed_since(entity: Entity, new: Sequence[Cell], old: Sequence[Cell], moment: int) -> bool:
    """Whether a row says that it was changed; clocks that are shifted would move its other moments as well."""
    start = len(entity.constants)
    differing = {
        each.name for each, *cells in zip(entity.fields, old[start:], new[start:], strict=True) if len({*cells}) > 1
    }
    fixed = {each.name for each in entity.fields if each.kind is Kind.DATETIME and not each.tracked} - {entity.modified}
    if entity.modified not in differing or differing & fixed:
        return False
    changed = new[start + [each.name for each in entity.fields].index(entity.modified)]
    return isinstance(changed, int) and changed >= moment


def _bad_moment(entity: Entity, identifier: int) -> UnexpectedAnswer:
    return UnexpectedAnswer("cache.bad_value", method=entity.method, field="DATETIME", row=str(identifier))
