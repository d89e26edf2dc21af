"""How a stream of rows is declared: its method, its fields and their kinds, and how its list is asked for.

Vendor facts: https://apidocs.bitrix24.com/api-reference/crm/
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Kind(StrEnum):
    """How a REST value is stored."""

    INTEGER = "integer"  # "15", 15, "0", null → INTEGER; an empty link becomes NULL
    TEXT = "text"  # as it is; "" becomes NULL
    MONEY = "money"  # "15000.00", 15000 → INTEGER hundredths
    RATE = "rate"  # "41.5000" → INTEGER ten-thousandths
    DATETIME = "datetime"  # ISO 8601 with offset → INTEGER seconds since the epoch; year 9999 becomes NULL
    DATE = "date"  # shifted midnight → TEXT 'YYYY-MM-DD', its first ten characters
    BOOLEAN = "boolean"  # true, false, "Y", "N", "1", "0" → 1, 0
    FIRST = "first"  # [7, 9] → 7: the first of several ids
    REAL = "real"  # "4.5" → REAL
    SEVERAL = "several"  # ["9", "7"] → TEXT '7,9': all values of a multiple field, so that their order tells nothing


class Style(StrEnum):
    """How a list method spells its filter, order and page start."""

    LEGACY = "legacy"  # filter, order {ID: ASC}, start=-1: result is the array of rows
    CONTROLLER = "controller"  # the same names bound exactly; result is wrapped in a key
    USER = "user"  # FILTER, sort, order, start=-1
    CAPITAL = "capital"  # FILTER, SORT, ORDER, start=-1, in no other spelling; all fields always
    ELEMENT = "element"  # FILTER, SELECT, ELEMENT_ORDER, start=-1: elements of universal lists
    WHOLE = "whole"  # everything in one answer, no keys
    OFFSET = "offset"  # pages of 50 by `start`, for small directories without a key filter
    OWNED = "owned"  # only the rows of owners that are named: see `Owned`


@dataclass(frozen=True)
class Field:
    """A field of a stream; `tracked` ones keep their earlier values in the stream's history table.

    Attributes:
        shown: its name in answers, where that is not the one by which it is asked for.
    """

    name: str
    kind: Kind
    tracked: bool = False
    column: str = ""
    shown: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "column", self.column or self.name.lower())
        object.__setattr__(self, "shown", self.shown or self.name)


@dataclass(frozen=True)
class Owned:
    """Rows that a list shows only for the owners that it is given by their ids.

    Attributes:
        table, column: where the cache has the ids of owners; `key` is the column of a row that names its owner.
        filter: REST name of the filter that takes a list of owners.
        where: constant part of the filter.
        among: filter and directory: one id of that directory has to be given too, each of `among_where` (SQL) in turn.
        days: within how many days an owner is asked about again for which nothing tells of a change.
    """

    table: str
    column: str
    key: str
    filter: str
    where: Mapping[str, object] = field(default_factory=dict)
    among: tuple[str, str] | None = None
    among_where: str = ""
    days: int = 6


@dataclass(frozen=True)
class Entity:
    """One stream of rows.

    Attributes:
        name: the stream's name in journal, coverage and `sync --only`.
        method: REST list method.
        table: table of the cache; two streams may share one (stage history of leads and of deals).
        params: constant parameters of the method.
        constants: columns with a fixed value, part of the primary key where a table is shared.
        key: REST name of the ascending id, or of the natural key of a WHOLE list.
        natural_key: columns that identify a row where the portal gives a known thing a new id.
        wrapper: key of the array inside `result` of a controller method.
        modified: REST name of the moment of the last change, for the second pass of an incremental sync.
        reread: how many of the newest ids each incremental pass reads again (ids given out before commit).
        scope: scope that the method asks for.
        owned: of whom rows are asked for, where the style is OWNED.
        optional: not every portal has it; where the webhook may not read it, all else is as complete as ever.
    """

    name: str
    method: str
    table: str
    fields: tuple[Field, ...]
    params: Mapping[str, object] = field(default_factory=dict)
    constants: Mapping[str, int] = field(default_factory=dict)
    key: str = "ID"
    natural_key: tuple[str, ...] = ()
    wrapper: str = ""
    style: Style = Style.LEGACY
    modified: str = ""
    reread: int = 0
    scope: str = "crm"
    owned: Owned | None = None
    optional: bool = False

    @property
    def key_column(self) -> str:
        return next(f.column for f in self.fields if f.name == self.key)

    @property
    def shown_key(self) -> str:
        """The key's name in answers."""
        return next(f.shown for f in self.fields if f.name == self.key)

    @property
    def primary_key(self) -> tuple[str, ...]:
        return self.natural_key or (*self.constants, self.key_column)

    @property
    def tracked(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if f.tracked)

    def with_fields(self, fields: Iterable[Field]) -> "Entity":
        """The same stream with further fields."""
        return replace(self, fields=(*self.fields, *fields))

    @property
    def by_key(self) -> bool:
        """Whether the stream is walked by ascending ids, so that it can be resumed and read in part."""
        return self.style not in (Style.WHOLE, Style.OFFSET, Style.OWNED)


def fields_of(kind: Kind, names: str, *, tracked: bool = False) -> tuple[Field, ...]:
    """Fields of one kind; the names are parted by blanks."""
    return tuple(Field(name, kind, tracked) for name in names.split())
