"""What is made when a statement first asks for it: the facts that it names, and indexes by which hardly anyone asks.

To sort millions of rows takes seconds, and each change of them is written to all their indexes. An index on demand is
made when a statement looks in its table for what is at or after a value of its first column, `f.entered_day >= …`, or
for the first or last value of all, `SELECT MIN(entered_day) FROM …`. A `+` before the column, which keeps SQLite from
an index (https://www.sqlite.org/optoverview.html), does so here too.
"""

import logging
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from b24kpi.cache.store import Store
from b24kpi.facts.definition import Fact, load_facts
from b24kpi.facts.making import analyse

_log = logging.getLogger(__name__)

_NAMED = re.compile(r"\bfact_(\w+)")
_INDEX = re.compile(r"CREATE INDEX (\w+) ON \w+ \((\w+)")
_PRESENT = "SELECT name FROM sqlite_master WHERE type = 'index'"


@dataclass(frozen=True)
class LateIndex:
    """An index on demand.

    Attributes:
        fact: the fact of whose table it is.
        column: its first column.
        statement: makes it.
    """

    name: str
    fact: Fact
    column: str
    statement: str

    def is_asked_for(self, statement: str) -> bool:
        """Whether a statement would find rows by it, whatever the table is called there."""
        table, column = self.fact.table, self.column
        if re.search(rf"SELECT M(?:IN|AX)\({column}\) FROM {table}\b", statement):
            return True
        names = re.findall(rf"\b{table}\b(?: AS (\w+))?", statement)
        rows = "|".join({f"{name}\\." if name else rf"(?:{table}\.)?" for name in names})
        return bool(names and re.search(rf"(?<![\w.+])(?:{rows}){column}\s*(?:>|BETWEEN\b)", statement))


@cache
def late_indexes() -> Mapping[str, LateIndex]:
    """All indexes on demand by name, which no fact bears."""
    found = {}
    for fact in load_facts().values():
        for statement in fact.indexes_on_demand:
            made = _INDEX.match(statement)
            assert made
            found[made[1]] = LateIndex(made[1], fact, made[2], statement)
    return found


def asked_for(statement: str) -> frozenset[str]:
    """Names of the facts that a statement names, and of the indexes on demand by which it would find rows."""
    facts = load_facts().keys() & {*_NAMED.findall(statement)}
    late = (index for index in late_indexes().values() if index.fact.name in facts)
    return frozenset(facts | {index.name for index in late if index.is_asked_for(statement)})


def facts_of(names: Iterable[str]) -> frozenset[str]:
    """Names of the facts among them, and of those that the indexes among them are of."""
    late = late_indexes()
    return frozenset(late[name].fact.name if name in late else name for name in names)


def missing_indexes(store: Store, names: Collection[str]) -> frozenset[str]:
    """The indexes on demand among the names that are not there."""
    late = late_indexes().keys() & {*names}
    return frozenset(late - {name for (name,) in store.query(_PRESENT)} if late else late)


def make_indexes(store: Store, names: Collection[str]) -> None:
    """Make indexes on demand that are not there, of facts that are."""
    if not names:
        return
    _log.info("making indexes: %s", ", ".join(sorted(names)))
    with store.sorting() as sorter:
        for name in names:
            sorter.execute(late_indexes()[name].statement)
    for name in names:
        analyse(store, name)
