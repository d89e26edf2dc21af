"""Answers for tools that fetch whole tables."""

from b24kpi.answers import Answers
from b24kpi.report.data_rows import Asked, Reading
from b24kpi.report.data_sets import DataSet


class Fetching(Answers):
    """What BI tools are given out of the cache of the settings."""

    def rows_of(self, data_set: DataSet, asked: Asked) -> Reading:
        """Rows as they are read, until this is closed.

        Raises:
            CacheError: nothing has been synced yet.
            BadInput: an unknown column, a wrong filter, or too many rows.
        """
        self._require_synced()
        self._facts.catch_up()
        return Reading(self._store, data_set, asked, self.zone, self.currency)
