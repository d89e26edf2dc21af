"""Child process of the benchmark: b24kpi itself; its arguments are the part to do and the cache."""

import json
import sys
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

from b24kpi.cache.store import Store
from b24kpi.facts.refresh import refresh
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query, Unit, Value
from b24kpi.metrics.parts import parts_of
from b24kpi.metrics.period import Grain, latest
from tests.benchmarks.big_portal import AS_OF, CURRENCY, TIME_ZONE, changed, final_stage
from tests.benchmarks.questions import KPIS, MONTHS, SLICES, TODAY, Answers, cell
from tests.benchmarks.resources import usage

CHANGED = 100
FACTS = {part.fact for name in KPIS for part in parts_of(find(name)).values()}  # further ones would be missed


def main(what: str, path: str) -> None:
    """Do one part; prints its seconds, peak memory and, for KPIs, the answers."""
    with Store(Path(path)) as store:
        found: dict[str, object] = {"answers": {}}
        began = perf_counter()
        if what == "facts":
            refresh(store, ZoneInfo(TIME_ZONE), CURRENCY, wanted=FACTS)
        elif what == "rest":
            refresh(store, ZoneInfo(TIME_ZONE), CURRENCY)
        elif what == "kpis":
            found["answers"] = answers(store, MONTHS)
        else:
            change_deals(store, int(what.removeprefix("change")))
            began = perf_counter()
            refresh(store, ZoneInfo(TIME_ZONE), CURRENCY, wanted=FACTS)
            found["facts"] = perf_counter() - began
            answers(store, 1)
        found["seconds"] = perf_counter() - began
    print(json.dumps(found | usage()))


def answers(store: Store, count: int) -> Answers:
    """Every KPI by every slicing that it has."""
    engine = Engine(store, ZoneInfo(TIME_ZONE), AS_OF)
    periods = tuple(latest(count - 1, TODAY, Grain.MONTH))
    metrics = [find(name) for name in KPIS]
    queries = [Query(metric, periods, by) for by in SLICES for metric in metrics if {*by} <= {*metric.dimensions}]
    found: Answers = {name: {} for name in KPIS}
    for query, values in zip(queries, engine.all_values(queries), strict=True):
        for value in values:
            name = query.by[0] if query.by else ""
            month = value.period.start.year * 100 + value.period.start.month
            found[query.metric.id][cell(month, name, value.by.get(name, ""))] = sides(value)
    return found


def sides(value: Value) -> list[float]:
    """Numerator and denominator, of a median its seconds; nothing where there is no value."""
    if value.unit is Unit.DURATION:
        return [] if value.value is None else [float(value.value)]
    return [float(side) for side in (value.numerator, value.denominator) if side is not None]


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
