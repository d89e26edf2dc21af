"""Who was told of a report on which day, so that nobody is told twice, whatever happens in between."""

from collections.abc import Collection
from dataclasses import dataclass

from b24kpi.cache.store import Store


@dataclass(frozen=True)
class Notices:
    """What was sent of one report on one day.

    Attributes:
        day: local day as YYYYMMDD.
    """

    store: Store
    report: str
    day: int

    def sent(self) -> Collection[int]:
        """Ids of the users of whom the portal has confirmed it."""
        return self._users(is_sent=True)

    def in_doubt(self) -> Collection[int]:
        """Ids of the users to whom it was being sent when the run broke off, or whose answer was lost."""
        return self._users(is_sent=False)

    def begin(self, user_id: int) -> None:
        """Note, before anything is sent, that it will be; and forget the days before."""
        with self.store.transaction():
            self._execute("DELETE FROM notice WHERE report = ? AND user_id = ? AND day < ?", user_id)
            self._execute("INSERT OR REPLACE INTO notice (report, user_id, day, is_sent) VALUES (?, ?, ?, 0)", user_id)

    def confirm(self, user_id: int) -> None:
        """It has arrived."""
        self._execute("UPDATE notice SET is_sent = 1 WHERE report = ? AND user_id = ? AND day = ?", user_id)

    def forget(self, user_id: int) -> None:
        """It was refused: nothing was sent."""
        self._execute("DELETE FROM notice WHERE report = ? AND user_id = ? AND day = ?", user_id)

    def _users(self, *, is_sent: bool) -> set[int]:
        statement = "SELECT user_id FROM notice WHERE report = ? AND day = ? AND is_sent = ?"
        return {int(row[0]) for row in self.store.query(statement, (self.report, self.day, int(is_sent)))}

    def _execute(self, statement: str, user_id: int) -> None:
        self.store.db.conn.execute(statement, (self.report, user_id, self.day))
