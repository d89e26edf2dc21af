"""How fast pages become rows of the cache, against the least that any program would do with them.

    pytest tests/benchmarks/ingest.py -m benchmark -s -n0

Ours: parse, prove, normalise, store with the guard of versions, journal, in the transactions of a sync. Bare:
json.loads and one executemany upsert a page into a table without types, as the strings came. Both in
the same run, page by page.
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from sqlite_utils.utils import sqlite3

from b24kpi.cache.passes import FullPass
from b24kpi.cache.progress import Silent
from b24kpi.cache.rows import columns
from b24kpi.cache.store import Store
from b24kpi.portal.entities import DEAL
from b24kpi.portal.keys import PAGE, Bounds, KeyRange, proven_page
from b24kpi.portal.protocol import BATCH_SIZE, Answer

ROWS = 50_000
ROUNDS = 5
LEAST_SHARE = 0.6
START = 1_600_000_000

Bodies = Sequence[bytes]


def moment(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+03:00", time.gmtime(START + seconds))


def deal(number: int) -> dict[str, Any]:
    """A deal as `crm.deal.list` shows it, with about as many values filled as usual."""
    texts = {"STAGE_ID": f"C{number % 3}:WON", "STAGE_SEMANTIC_ID": "S", "CURRENCY_ID": "UAH", "SOURCE_ID": "CALL"}
    links = {"ASSIGNED_BY_ID": str(number % 9), "COMPANY_ID": "0", "CONTACT_ID": str(number), "LEAD_ID": None}
    return {
        "ID": str(number),
        "CATEGORY_ID": str(number % 3),
        **texts,
        "OPPORTUNITY": f"{number * 1.37:.2f}",
        "TAX_VALUE": "0.00",
        **dict.fromkeys(("UTM_SOURCE", "UTM_MEDIUM", "UTM_CAMPAIGN")),
        "TYPE_ID": "SALE",
        "IS_RECURRING": "N",
        **links,
        "CREATED_BY_ID": "1",
        "DATE_CREATE": moment(number * 37),
        "DATE_MODIFY": moment(number * 61),
        "MOVED_TIME": moment(number * 61),
        "BEGINDATE": moment(number * 37)[:11] + "03:00:00+03:00",
        "CLOSEDATE": moment(number * 61)[:11] + "03:00:00+03:00",
    }


def bodies() -> Bodies:
    """Batches of pages as they come over the wire."""
    size = BATCH_SIZE * PAGE
    return [
        json.dumps(
            [[deal(n) for n in range(at + 1, at + PAGE + 1)] for at in range(start, start + size, PAGE)]
        ).encode()
        for start in range(0, ROWS, size)
    ]


def ours(path: Path, batches: Bodies) -> None:
    """A first load, without the network."""
    with Store(path) as store:
        work = FullPass(store, DEAL, Bounds(1, ROWS), START, Silent())
        for body in batches:
            pages = json.loads(body)
            with store.transaction():
                for rows in pages:
                    after = int(rows[0]["ID"]) - 1
                    work.keep(proven_page(KeyRange(DEAL, after, ROWS), after, Answer(rows)))
        work.finish()
        assert store.count_live(DEAL) == ROWS


def bare(path: Path, batches: Bodies) -> None:
    """The least that keeps the rows."""
    names, fields = columns(DEAL), [field.name for field in DEAL.fields]
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    others = [name for name in names if name != "id"]
    connection.execute(f"CREATE TABLE deal (id INTEGER PRIMARY KEY, {', '.join(others)})")
    upsert = (
        f"INSERT INTO deal ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) "
        f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in others)}"
    )
    for body in batches:
        connection.execute("BEGIN")
        for rows in json.loads(body):
            connection.executemany(upsert, [tuple(row[field] for field in fields) for row in rows])
        connection.execute("COMMIT")
    connection.close()


def seconds(load: Callable[[Path, Bodies], None], path: Path, batches: Bodies) -> float:
    """Processor time, so that what else runs on the machine counts little."""
    began = time.process_time()
    load(path, batches)
    return time.process_time() - began


@pytest.mark.benchmark
def test_ingest_is_nearly_as_fast_as_bare_storing(tmp_path: Path) -> None:
    """At least three fifths of its speed, though every value is checked, typed and versioned."""
    batches = bodies()
    rounds = [
        tuple(seconds(load, tmp_path / f"{load.__name__}{number}.sqlite", batches) for load in (ours, bare))
        for number in range(ROUNDS)
    ]
    share = median(plain / full for full, plain in rounds)
    for full, plain in rounds:
        print(
            f"\nours {ROWS / full:9,.0f} rows/s   bare {ROWS / plain:9,.0f} rows/s   ratio {plain / full:.2f}", end=""
        )
    print(f"\nmedian ratio {share:.2f}")
    assert share >= LEAST_SHARE
