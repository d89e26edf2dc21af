"""Child process of the comparison: one client that reads all deals once; its arguments are the client, the portal's
address, a folder for what it leaves, and the portal's plan.

All ask for the same fields. Ours writes a cache in SQLite meanwhile. The others keep what they give, where that is a
list, and are asked for nothing but the ids, where it is an iterator. Of their settings only those are changed without
which they could not be compared: b24pysdk's scheme (it builds https addresses only) and its time-out of 10 seconds.
"""

import json
import re
import sys
import time
import warnings
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

METHOD = "crm.deal.list"
READ_TIMEOUT = 90

Ids = Iterable[int]
Client = Callable[[], Ids]


@dataclass(frozen=True)
class Place:
    """Where to read from, where to leave things, how fast the portal says it may be asked."""

    url: str
    folder: Path
    plan: str


def ours(place: Place) -> Client:
    """b24kpi: one sync of deals into a new cache; `Sync.run` is to end with a complete stream."""
    # sqlite-utils imports pandas (50 MB) where it is installed, as it is for the tests; b24kpi has not.
    sys.modules["pandas"] = None  # type: ignore[assignment]
    from b24kpi.cache.store import Store
    from b24kpi.cache.sync import Sync
    from b24kpi.clock import SYSTEM_CLOCK
    from b24kpi.portal.auth import Webhook
    from b24kpi.portal.client import Portal
    from b24kpi.portal.entities import DEAL

    def read() -> Ids:
        webhook = Webhook.parse(place.url)
        with Store(place.folder / "cache.sqlite") as store, Portal(webhook, plan=place.plan) as portal:
            result = Sync(store, portal, SYSTEM_CLOCK).run([DEAL])
            if not result.complete:
                raise RuntimeError(str(result.streams[0].error))
        return _stored(place.folder / "cache.sqlite")

    return read


def _stored(path: Path) -> Ids:
    from sqlite_utils.utils import sqlite3

    connection = sqlite3.connect(path)
    for row in connection.execute("SELECT id FROM deal WHERE deleted_at IS NULL"):
        yield row[0]
    connection.close()


def fields() -> list[str]:
    """What ours asks for."""
    from b24kpi.portal.entities import DEAL

    return [field.name for field in DEAL.fields]


def fast(place: Place) -> Client:
    """fast_bitrix24: a counted call, then all batches by offset at once."""
    from fast_bitrix24 import Bitrix

    client, select = Bitrix(place.url, verbose=False), fields()
    return lambda: _ids(client.get_all(METHOD, params={"select": select}))


def fast_by_id(place: Place) -> Client:
    """fast_bitrix24: a list of ids, then each deal by itself, fifty a batch."""
    from fast_bitrix24 import Bitrix

    client = Bitrix(place.url, verbose=False)
    return lambda: [int(key) for key in client.list_and_get("crm.deal")]


def _official(url: str) -> Any:
    from b24pysdk import BitrixWebhook, Config

    caller = import_module("b24pysdk.api.callers.call_method")._MethodCaller  # a function hides the module's name
    caller._base_url = property(lambda self: f"http://{self._domain}/rest")
    Config().configure(default_timeout=READ_TIMEOUT)
    domain, _, path = url.removeprefix("http://").partition("/rest/")
    return BitrixWebhook(domain=domain, webhook_token=path.rstrip("/"))


def sdk(place: Place) -> Client:
    """b24pysdk, call_list: a counted call, then batches by offset."""
    client, select = _official(place.url), fields()
    return lambda: _ids(client.call_list(METHOD, {"select": select})["result"])


def sdk_fast(place: Place) -> Client:
    """b24pysdk, call_list_fast: batches by id, each page beginning behind the one before."""
    client, select = _official(place.url), fields()
    return lambda: _ids(client.call_list_fast(METHOD, {"select": select})["result"])


def sdk_falling(place: Place) -> Client:
    """b24pysdk, call_list_fast from the greatest id down."""
    client, select = _official(place.url), fields()
    return lambda: _ids(client.call_list_fast(METHOD, {"select": select}, descending=True)["result"])


CLIENTS: Mapping[str, Callable[[Place], Client]] = {
    "b24kpi": ours,
    "fast get_all": fast,
    "fast list_and_get": fast_by_id,
    "b24pysdk call_list": sdk,
    "b24pysdk call_list_fast": sdk_fast,
    "b24pysdk call_list_fast desc": sdk_falling,
}


def _ids(rows: Iterable[Mapping[str, Any]]) -> Ids:
    return (int(row["ID"]) for row in rows)


def peak() -> int:
    """Megabytes; what the system counts for a child (ru_maxrss) would include its parent's memory at the start."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) // 1024 if found else 0


def main(name: str, place: Place) -> None:
    """Read once; leaves the ids in a file, and prints seconds, processor seconds, memory, and what it failed with."""
    warnings.simplefilter("ignore")
    read = CLIENTS[name](place)
    ids, error = array("q"), ""
    began, spent = time.perf_counter(), time.process_time()
    try:
        ids.extend(read())
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}"[:200]
    seconds, processor = time.perf_counter() - began, time.process_time() - spent
    (place.folder / "ids").write_bytes(ids.tobytes())
    print(json.dumps({"seconds": seconds, "processor": processor, "memory": peak(), "error": error}))


if __name__ == "__main__":
    main(sys.argv[1], Place(sys.argv[2], Path(sys.argv[3]), sys.argv[4]))
