"""A fact is one SQL file: its header is its contract, its statements make and fill its table.

    -- fact: name          the table is fact_<name>
    -- grain: …            what one row is
    -- owner: deal         whose change makes its rows be computed again: a kind of OWNER_KEYS, all (always whole), or
                           none: a view of other facts
    -- key: …              the columns by which the rows of a view are told apart
    -- needs: …            facts that must be fresh before
    -- dimensions: a=b, …  dimension of reports = column
    -- flags: …            columns of 0 and 1 that a report passes on
    -- on demand: …        its last indexes, by which hardly anyone asks: see `on_demand`

Then CREATE TABLE, CREATE INDEX and one INSERT … SELECT that computes the rows of the owners in the temporary table
`owner` (customers: `owner_customer`, parties: `owner_party`). An index by which facts read stands before the INSERT,
one by which only questions do after it. CREATE INDEX IF NOT EXISTS is for an index over another table, by which no fact
before this one reads. Before the INSERT there may be scratch tables, CREATE TEMP TABLE <name>_…, each with the INSERTs
that fill it. A view is one CREATE VIEW fact_<name> (columns) AS …, and nothing else.

The temporary table `day_border` has the days of most moments where facts are made whole, else none: see
`functions.day_borders`; so has `work_day` the working days, see `WorkCalendar.days`. The functions `local_day` and
`work_clock` know all, but take twice or three times as long.

A party is who is talked to: the customer, or the lead or deal while no customer is known.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sqlite_utils.utils import sqlite3

from b24kpi.errors import BadInput

_COLUMN = re.compile(r"\b(\w+) (?:INTEGER|TEXT|REAL|BLOB)\b")
_WHOLE = re.compile(r"\b(\w+) INTEGER\b")
_KEY = re.compile(r"\b(\w+) (?:INTEGER|TEXT) PRIMARY KEY")
_VIEW = re.compile(r"CREATE VIEW \w+ \(([^)]*)\) AS\b")
_KEYS = re.compile(r"PRIMARY KEY \(([^)]*)\)")

OWNER_KEYS = {
    "deal": "deal_id",
    "lead": "lead_id",
    "customer": "customer",
    "activity": "activity_id",
    "worked_deal": "deal_id",
    "party": "party",
    "win": "deal_id",
    "call": "call_id",
    "task": "task_id",
    "deal_block": "block",
    "worked_block": "block",
}
# Kinds of owners that are named by a text; each has a temporary table of its own, `owner_customer`, `owner_party`.
TEXT_OWNERS = ("customer", "party")
VIEW = "none"  # owner of the rows that nobody keeps


@dataclass(frozen=True)
class Fact:
    """A fact's contract and its statements.

    Attributes:
        fill: the INSERT that computes its rows, "" of a view; before it the `steps` fill the `scratch` tables.
        indexes: those by which facts find its rows.
        indexes_before: those of other tables, by which its rows are found.
        indexes_after: those by which only questions find its rows.
        indexes_on_demand: those of them that are made when such a question is first asked.
        view_key: the key of a view.
    """

    name: str
    grain: str
    owner: str
    needs: tuple[str, ...]
    dimensions: Mapping[str, str]
    flags: tuple[str, ...]
    create: str
    indexes: tuple[str, ...]
    fill: str
    indexes_before: tuple[str, ...] = ()
    indexes_after: tuple[str, ...] = ()
    indexes_on_demand: tuple[str, ...] = ()
    scratch: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    view_key: tuple[str, ...] = ()

    @property
    def is_view(self) -> bool:
        """Whether its rows are made when they are read."""
        return self.owner == VIEW

    @property
    def table(self) -> str:
        return f"fact_{self.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its table."""
        view = _VIEW.match(self.create)
        return _names(view[1]) if view else tuple(_COLUMN.findall(self.create))

    @property
    def whole_numbers(self) -> frozenset[str]:
        """The columns that hold nothing but whole numbers; none of a view, which does not tell."""
        is_strict = re.search(r"\) STRICT\b", self.create)
        return frozenset(_WHOLE.findall(self.create)) if is_strict else frozenset()

    @property
    def key(self) -> tuple[str, ...]:
        """The columns by which its rows are told apart; () where it declares none."""
        single, several = _KEY.search(self.create), _KEYS.search(self.create)
        if several:
            return _names(several[1])
        return (single[1],) if single else self.view_key

    @property
    def is_sorted(self) -> bool:
        """Whether its table keeps rows in the order of their key, in whatever order they come."""
        return "WITHOUT ROWID" in self.create or "INTEGER PRIMARY KEY" in self.create

    @property
    def making(self) -> str:
        """All that its rows depend on."""
        return "".join((self.create, *self.scratch, *self.steps, self.fill))

    @property
    def text(self) -> str:
        """The same, and its indexes: all that its table depends on."""
        made = (*self.indexes, *self.indexes_before, *self.indexes_after, *self.indexes_on_demand)
        return "".join((self.making, *made))


@cache
def load_facts() -> Mapping[str, Fact]:
    """All facts by name, each after those it needs."""
    found = {}
    for path in files(__package__).iterdir():
        if path.name.endswith(".sql"):
            fact = parse_fact(path.read_text(encoding="utf-8"), path.name)
            found[fact.name] = fact
    ordered: dict[str, Fact] = {}
    for name in sorted(found):
        _place(found[name], found, ordered)
    return ordered


def with_needs(names: Iterable[str]) -> frozenset[str]:
    """These facts, and those that they are made of."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += load_facts()[name].needs
    return frozenset(found)


def parse_fact(text: str, place: str) -> Fact:
    """Read a fact file.

    Raises:
        BadInput: a header line or statement is missing, or an index that a header line names.
    """
    header = _header(text)
    statements = _statements(text)
    is_view = header.get("owner") == VIEW
    create = [s for s in statements if s.startswith("CREATE VIEW" if is_view else "CREATE TABLE")]
    *steps, fill = [s for s in statements if s.startswith("INSERT INTO")] or [""]
    indexes = [s for s in statements if s.startswith("CREATE INDEX")]
    before = tuple(s for s in indexes if s.startswith("CREATE INDEX IF NOT EXISTS"))
    after = tuple(s for s in indexes if fill and statements.index(s) > statements.index(fill))
    late = _names(header.get("on demand", ""))
    on_demand = tuple(s for s in after if s.split()[2] in late)
    target = f"fact_{header.get('fact')}"
    made = create[0] if is_view and len(statements) == 1 else fill
    has_all = {"grain", "owner"} <= header.keys() and len(on_demand) == len(late)
    if len(create) != 1 or target not in made.split()[:3] or not has_all:
        raise BadInput("metrics.bad_fact", place=place)
    return Fact(
        name=header["fact"],
        grain=header["grain"],
        owner=header["owner"],
        needs=_names(header.get("needs", "")),
        dimensions=dict(_pair(item) for item in _names(header.get("dimensions", ""))),
        flags=_names(header.get("flags", "")),
        create=create[0],
        indexes=tuple(s for s in indexes if s not in (*before, *after)),
        indexes_before=before,
        indexes_after=tuple(s for s in after if s not in on_demand),
        indexes_on_demand=on_demand,
        fill=fill,
        scratch=tuple(s for s in statements if s.startswith("CREATE TEMP TABLE")),
        steps=tuple(steps),
        view_key=_names(header.get("key", "")),
    )


def _place(fact: Fact, found: Mapping[str, Fact], ordered: dict[str, Fact]) -> None:
    for name in fact.needs:
        if name not in ordered:
            _place(found[name], found, ordered)
    ordered[fact.name] = fact


def _header(text: str) -> dict[str, str]:
    pairs = (line.removeprefix("--").partition(":") for line in text.splitlines() if line.startswith("--"))
    known = {"fact", "grain", "owner", "key", "needs", "dimensions", "flags", "on demand"}
    return {key.strip(): value.strip() for key, _, value in pairs if key.strip() in known}


def _statements(text: str) -> list[str]:
    statements, lines = [], []
    for line in text.splitlines():
        if line.startswith("--") or not line.strip():
            continue
        lines.append(line)
        if sqlite3.complete_statement("\n".join(lines)):
            statements.append("\n".join(lines))
            lines = []
    return statements


def _names(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def _pair(item: str) -> tuple[str, str]:
    dimension, _, column = item.partition("=")
    return dimension.strip(), column.strip()
