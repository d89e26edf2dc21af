"""Child process of the benchmark: b24kpi itself; its arguments are the part to do and the cache.

    python -m tests.benchmarks.ours facts CACHE

Parts: `common_facts` and `facts` make what the KPIs of all engines and the default preset need, `all` every fact,
whatever there is not yet; `common` and `kpis` ask those KPIs together, `each` every KPI of the preset by itself;
`change1`, `change2` … change a hundred deals, bring up the facts that there are, and ask the preset for the present
month. Prints one JSON object.
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time
from zoneinfo import ZoneInfo

from b24kpi.cache.store import Store
from b24kpi.facts.refresh import refresh
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query, Value
from b24kpi.metrics.presets import find_preset
from tests.benchmarks.big_portal import AS_OF, CURRENCY, TIME_ZONE, changed, final_stage
from tests.benchmarks.needed_facts import needed_facts
from tests.benchmarks.plan import give_plan
from tests.benchmarks.queries import as_answers, queries
from tests.benchmarks.questions import COMMON, MONTHS
from tests.benchmarks.resources import usage

CHANGED = 100
PRESET = find_preset("default").metrics
ZONE = ZoneInfo(TIME_ZONE)

Found = dict[str, object]


def main(what: str, path: str) -> None:
    """Do one part; prints its seconds, what it used of the machine and, for KPIs, the answers."""
    with Store(Path(path)) as store:
        found = PARTS[what.rstrip("0123456789")](store, what)
    print(json.dumps(found))


def make_facts(store: Store, what: str) -> Found:
    """Facts from nothing, under a plan that people gave before."""
    give_plan(store)
    wanted = None if what == "all" else needed_facts(COMMON if what == "common_facts" else PRESET)
    return timed(lambda: refresh(store, ZONE, CURRENCY, wanted=wanted)) | {"wanted": sorted(wanted or ())}


def ask(store: Store, what: str) -> Found:
    """KPIs together."""
    asked = queries(COMMON if what == "common" else PRESET, MONTHS)
    found: list[list[Value]] = []
    return timed(lambda: found.extend(values(store, asked))) | {"answers": as_answers(asked, found)}


def ask_each(store: Store, what: str) -> Found:
    """Every KPI by itself: processor seconds, and how many of its values there are, and could be."""
    values(store, queries(PRESET, 1))  # what is loaded and prepared once is nobody's
    kpis: dict[str, tuple[float, int, int]] = {}
    for name in PRESET:
        began = process_time()
        mine = [value.value is not None for each in values(store, queries((name,), MONTHS)) for value in each]
        kpis[name] = process_time() - began, sum(mine), len(mine)
    return {"kpis": kpis}


def keep_up(store: Store, what: str) -> Found:
    """A hundred changes, then facts and the present month."""
    change_deals(store, int(what.removeprefix("change")))
    facts = timed(lambda: refresh(store, ZONE, CURRENCY, wanted=()))
    kpis = timed(lambda: values(store, queries(PRESET, 1)))
    return {name: float(facts[name]) + float(kpis[name]) for name in ("seconds", "processor")} | {
        "facts": facts["processor"],
        "memory": kpis["memory"],
    }


PARTS: dict[str, Callable[[Store, str], Found]] = {
    **dict.fromkeys(("common_facts", "facts", "all"), make_facts),
    **dict.fromkeys(("common", "kpis"), ask),
    "each": ask_each,
    "change": keep_up,
}


def timed(job: Callable[[], object]) -> dict[str, float]:
    """Seconds of the clock and of the processor, and the peak of memory so far."""
    began, before = perf_counter(), usage()["processor"]
    job()
    seconds, used = perf_counter() - began, usage()
    return {"seconds": seconds, "processor": used["processor"] - before, "memory": used["memory"]}


def values(store: Store, asked: Sequence[Query]) -> list[list[Value]]:
    """The values of each question."""
    return Engine(store, ZONE, AS_OF).all_values(asked)


def change_deals(store: Store, round_number: int) -> None:
    """A hundred open or lost deals are won a moment ago, as a sync would write it."""
    count = store.query("SELECT MAX(id) FROM deal")[0][0]
    last = store.query("SELECT MAX(id) FROM stage_step WHERE entity_type_id = 2")[0][0]
    with store.transaction():
        for place in range(CHANGED):
            deal = 1 + (round_number * 7_919 + place * count // CHANGED) % count
            category = store.query("SELECT category_id FROM deal WHERE id = ?", (deal,))[0][0]
            row = changed(deal, round_number) | {"stage_id": final_stage(category, "S")}
            setting = ", ".join(f"{name} = ?" for name in row)
            store.db.conn.execute(f"UPDATE deal SET {setting} WHERE id = ?", (*row.values(), deal))
            step = (2, last + 1 + place, 3, deal, row["moved_time"], category, "S", row["stage_id"], AS_OF)
            store.db.conn.execute(
                "INSERT INTO stage_step (entity_type_id, id, type_id, owner_id, created_time, category_id, "
                "stage_semantic_id, stage_id, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                step,
            )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
