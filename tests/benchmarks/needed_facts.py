"""Which facts an answer needs, as a portal finds out: whatever its statements name, tried on a tiny one."""

from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from b24kpi.cache.store import Store
from b24kpi.facts.refresh import made_facts, make_when_named, refresh
from b24kpi.metrics.engine import Engine
from tests.benchmarks.big_cache import big_cache
from tests.benchmarks.big_portal import AS_OF, CURRENCY, TIME_ZONE
from tests.benchmarks.plan import give_plan
from tests.benchmarks.queries import queries

DEALS = 300


def needed_facts(metrics: Collection[str]) -> frozenset[str]:
    """Names of the facts that are there once the KPIs have been asked for a month."""
    with TemporaryDirectory() as folder, Store(big_cache(Path(folder), DEALS)) as store:
        give_plan(store)
        make_when_named(store, lambda names: refresh(store, ZoneInfo(TIME_ZONE), CURRENCY, wanted=names))
        Engine(store, ZoneInfo(TIME_ZONE), AS_OF).all_values(queries(metrics, 1))
        return made_facts(store)
