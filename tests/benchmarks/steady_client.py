"""Child process of `steady`: one run of b24kpi over its settings, and the default KPIs of the last months."""

import json
from collections.abc import Collection
from pathlib import Path
from time import perf_counter

from b24kpi.app import App
from b24kpi.clock import SYSTEM_CLOCK
from b24kpi.fact_keeper import FactKeeper
from b24kpi.metrics.presets import find_preset
from b24kpi.report.build import Ask
from b24kpi.settings import Settings, load
from tests.benchmarks.compare_clients import peak
from tests.benchmarks.resources import usage


class TimedFacts(FactKeeper):
    """The facts, and how long bringing them up took."""

    seconds = 0.0

    def refresh(self, wanted: Collection[str] = ()) -> None:
        began = perf_counter()
        super().refresh(wanted)
        self.seconds += perf_counter() - began


class Timed(App):
    """The application over timed facts."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, clock=SYSTEM_CLOCK, stop=None, language="en")
        self.facts = TimedFacts(self._store, self._turn, lambda: (self.zone, self.currency, self.figures))
        self._facts = self.facts


def main(what: str, settings: str, months: str) -> None:
    """Sync, then ask; prints seconds and rows, and the peak of memory before the KPIs."""
    with Timed(load(Path(settings), {})) as app:
        began = perf_counter()
        result = app.sync(compare=what == "deletions")
        synced, memory, facts = perf_counter(), peak(), app.facts.seconds
        if int(months):
            app.report(Ask(find_preset("default").metrics, count=int(months)))
        kpis = perf_counter() - synced
        if not result.complete:
            raise RuntimeError(str([(stream.name, stream.state, str(stream.error)) for stream in result.streams]))
        found = {
            "sync": synced - began,
            "facts": facts,
            "kpis": kpis,
            "rows": result.rows,
            "changed": sum(stream.changed for stream in result.streams),
        }
    print(json.dumps(found | usage() | {"memory": memory}))
