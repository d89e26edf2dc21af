"""Facts as they were at an earlier moment: made anew from the rows as they were known then, in a file of their own."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from b24kpi.cache import before_sync
from b24kpi.cache.as_of import Knowledge, copy_rows
from b24kpi.cache.store import Store
from b24kpi.facts.figures import Figures
from b24kpi.facts.refresh import make_when_named, refresh


@contextmanager
def past_facts(source: Store, known: Knowledge, zone: ZoneInfo, currency: str, figures: Figures) -> Iterator[Store]:
    """A cache with the rows of then, which is gone afterwards; the source is only read.

    Statements find the facts of then that they name. It lies in a file: a large portal would not fit into memory.
    """
    with TemporaryDirectory(prefix="b24kpi-") as folder, Store(Path(folder) / "as_of.sqlite") as copy:
        copy.db.conn.execute("PRAGMA synchronous = OFF")
        copy_rows(source, copy, known, zone)
        if known.cut is not None:
            before_sync.cut(copy, known.cut, zone)

        def make(facts: Collection[str] = ()) -> None:
            refresh(copy, zone, currency, figures, facts)

        make()
        make_when_named(copy, make)
        yield copy
