"""Indexes that wait while facts are made: until a fact searches by them, or there is time to make them meanwhile."""

import re
from collections.abc import Collection, Iterable, Sequence

from b24kpi.facts.definition import Fact, load_facts

_WORD = re.compile(r"\w+")
_OVER = re.compile(r"\bON (\w+) \((\w+)")
_NOBODY = frozenset([""])


def words(facts: Iterable[Fact]) -> frozenset[str]:
    """The tables that facts are made of; other words of their statements, too."""
    return frozenset(word for fact in facts for word in _WORD.findall(fact.making))


class WaitingIndexes:
    """Those that are not there yet.

    Args:
        rows: statements of those over the portal's rows; others, such as drop former ones, nobody waits for.
        facts: those that are to be made; the indexes over their tables come when these are there.
    """

    def __init__(self, rows: Iterable[str], facts: Collection[Fact]) -> None:
        self._left = [(_searched(statement), statement) for statement in rows]  # with who searches by it
        self._later: dict[str, list[tuple[frozenset[str], str]]] = {fact.table: [] for fact in facts}
        for fact in facts:
            for statement in fact.indexes_before:
                table, _ = _over(statement)
                self._later.get(table, self._left).append((frozenset([fact.table]), statement))

    @property
    def longest(self) -> Sequence[str]:
        """The one that has been waiting for longest; none where none is left."""
        return [statement for _, statement in self._left[:1]]

    def before(self, fact: Fact) -> Sequence[str]:
        """Those by which it, or a view that it reads, may search: their table and first column are named there."""
        read = words([fact, *_views(fact)])
        return [statement for searched, statement in self._left if searched <= read]

    def come(self, fact: Fact) -> None:
        """Its table is there now: those over it can be made."""
        self._left += [(_searched(statement), statement) for statement in fact.indexes]
        self._left += self._later.pop(fact.table, [])
        self._left += [(_NOBODY, statement) for statement in fact.indexes_after]

    def made(self, statement: str) -> None:
        """It waits no longer."""
        self._left = [each for each in self._left if each[1] != statement]


def _searched(statement: str) -> frozenset[str]:
    """What stands in every statement that can search by an index."""
    return frozenset(_over(statement))


def _over(statement: str) -> tuple[str, str]:
    """The table and the first column of an index."""
    found = _OVER.search(statement)
    return (found[1], found[2]) if found else ("", "")


def _views(fact: Fact) -> Iterable[Fact]:
    """The views that it reads, and those that these read."""
    for name in fact.needs:
        needed = load_facts()[name]
        if needed.is_view:
            yield from (needed, *_views(needed))
