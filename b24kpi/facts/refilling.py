"""Rows of some owners made anew, of which only those that differ are written.

Most of what hangs on a change comes out as it was. A row that is deleted and inserted again would be written all the
same, and so would be the pages of all the indexes in which it stands.
"""

from typing import Any

from b24kpi.facts.definition import OWNER_KEYS, Fact
from b24kpi.facts.making import fill
from b24kpi.facts.owners import owner_column, owner_table


def refill(connection: Any, fact: Fact) -> None:
    """Bring up to date the rows of the owners that stand in the fact's table of owners; all rows where it has none."""
    connection.execute(made_beside(fact))
    fill(connection, fact)
    for statement in changes(fact):
        connection.execute(statement)
    connection.execute(f"DROP TABLE temp.{fact.table}")


def made_beside(fact: Fact) -> str:
    """The statement that makes a temporary table of the same name, which hides the one that is kept."""
    return fact.create.replace("CREATE TABLE", "CREATE TEMP TABLE", 1)


def changes(fact: Fact) -> tuple[str, str]:
    """Statements by which the table that is kept becomes as the temporary one: rows that go, and rows that come."""
    kept, made = f"main.{fact.table}", f"temp.{fact.table}"
    owners = "TRUE"
    if fact.owner in OWNER_KEYS:
        owners = f"{OWNER_KEYS[fact.owner]} IN (SELECT {owner_column(fact)} FROM {owner_table(fact)})"
    same = " AND ".join(f"new.{name} IS old.{name}" for name in fact.columns)
    return (
        f"DELETE FROM {kept} AS old WHERE {owners} AND NOT EXISTS (SELECT 1 FROM {made} AS new WHERE {same})",
        f"INSERT INTO {kept} SELECT * FROM {made} AS new WHERE NOT EXISTS (SELECT 1 FROM {kept} AS old WHERE {same})",
    )
