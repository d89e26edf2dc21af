"""All owners of a fact, some thousands at a time."""

from threading import Lock
from typing import Any

from b24kpi.facts.arrays import BLOCK
from b24kpi.facts.definition import Fact
from b24kpi.facts.owners import SHARE, own, owner_column, owner_table

_BUYERS = "(SELECT DISTINCT customer FROM fact_deal WHERE outcome = 'won' AND customer IS NOT NULL)"

# Rows of customers lie in the order of deals, or days. Small shares would each write nearly every page: there are two.
SHARES = {
    "customer": f"MIN(1000000, (SELECT COUNT(*) / 2 + 1 FROM {_BUYERS}))",
    **dict.fromkeys(("deal_block", "worked_block"), SHARE // BLOCK),
}

# From one block to the next that has a deal: two searches for each, instead of a look at every deal.
_BLOCKS = f"""
    INSERT INTO everyone_block
    WITH RECURSIVE block(id) AS (
        SELECT MIN(id) / {BLOCK} FROM deal
        UNION ALL
        SELECT (SELECT MIN(d.id) / {BLOCK} FROM deal AS d WHERE d.id >= (block.id + 1) * {BLOCK}) FROM block
        WHERE block.id IS NOT NULL
    ) SELECT id FROM block WHERE id IS NOT NULL"""

# kind → its owners' column, and a table or query of all of them.
_EVERYONE = {
    "deal": ("id", "deal"),
    "lead": ("id", "lead"),
    "customer": ("customer", _BUYERS),
    "activity": ("id", "activity"),
    "worked_deal": ("id", "deal"),
    "party": ("party", "everyone_party"),
    "win": ("id", "deal"),
    "call": ("id", "call"),
    "task": ("id", "task"),
    "deal_block": ("id", "everyone_block"),
    "worked_block": ("id", "everyone_block"),
}
# Those of deals and leads, and what contacts are noted at beside these, or where these are gone.
_PARTIES = """
    INSERT INTO everyone_party
    SELECT DISTINCT party FROM fact_lead_card
    UNION SELECT * FROM (SELECT DISTINCT customer FROM fact_deal WHERE customer IS NOT NULL)
    UNION SELECT COALESCE('lead:' || lead_id, 'deal:' || deal_id) FROM fact_deal WHERE customer IS NULL
    UNION SELECT 'contact:' || owner_id FROM activity WHERE owner_type_id = 3 AND owner_id > 0
    UNION SELECT 'company:' || owner_id FROM activity WHERE owner_type_id = 4 AND owner_id > 0
    UNION SELECT 'lead:' || a.owner_id
    FROM (SELECT DISTINCT owner_id FROM activity WHERE owner_type_id = 1 AND owner_id > 0) AS a
    LEFT JOIN fact_lead_card AS l ON l.lead_id = a.owner_id WHERE l.lead_id IS NULL
    UNION SELECT 'deal:' || a.owner_id
    FROM (SELECT DISTINCT owner_id FROM activity WHERE owner_type_id = 2 AND owner_id > 0) AS a
    LEFT JOIN fact_deal AS d ON d.deal_id = a.owner_id WHERE d.deal_id IS NULL"""
_LISTS = {"party": _PARTIES, "deal_block": _BLOCKS, "worked_block": _BLOCKS}


class Everyone:
    """All owners of a fact, handed out share by share to those who fill it: one may begin with the first of them, and
    another one meanwhile with the last.
    """

    def __init__(self, fact: Fact) -> None:
        self._fact = fact
        self._turn = Lock()
        self._is_over = False
        self._after: int | str | None = None
        self._before: int | str | None = None

    def take(self, connection: Any, from_end: bool = False) -> bool:
        """Put the next share into the connection's table of owners; whether there was anybody left.

        All of a fact that is made at once are one share, and that table holds nobody.
        """
        if self._fact.owner == "all":
            is_first, self._is_over = not self._is_over, True
            return is_first
        among = _everyone(connection, self._fact)
        with self._turn:
            self._is_over = self._is_over or not self._take(connection, among, from_end)
            return not self._is_over

    def end(self) -> None:
        """Nobody is handed out any more."""
        self._is_over = True

    def _take(self, connection: Any, among: tuple[str, str], from_end: bool) -> bool:
        column, everyone = among
        limits = {f"{column} > :after": self._after, f"{column} < :before": self._before}
        bounds = " AND ".join(condition for condition, limit in limits.items() if limit is not None)
        order = f"ORDER BY 1 {'DESC' if from_end else 'ASC'} LIMIT {SHARES.get(self._fact.owner, SHARE)}"
        share = f"SELECT {column} FROM {everyone} WHERE {bounds or 'TRUE'} {order}"
        ends = {"after": self._after, "before": self._before}
        own(connection, self._fact, f"SELECT * FROM ({share}) ORDER BY 1", ends)
        both = f"MIN({owner_column(self._fact)}), MAX({owner_column(self._fact)})"
        first, last = connection.execute(f"SELECT {both} FROM {owner_table(self._fact)}").fetchone()
        if last is not None:
            self._after, self._before = (self._after, first) if from_end else (last, self._before)
        return last is not None


def _everyone(connection: Any, fact: Fact) -> tuple[str, str]:
    """The owners' column, and a table or query of all of them."""
    column, everyone = _EVERYONE[fact.owner]
    if fact.owner in _LISTS and not connection.execute(f"SELECT 1 FROM {everyone} LIMIT 1").fetchone():
        connection.execute(_LISTS[fact.owner])
    return column, everyone
