"""Child process of `steady`: one run of b24kpi over its settings, and the default KPIs of the last months."""

import json
from pathlib import Path
from time import perf_counter

from b24kpi.app import App
from b24kpi.clock import SYSTEM_CLOCK
from b24kpi.metrics.presets import find_preset
from b24kpi.report.build import Ask
from b24kpi.settings import load
from tests.benchmarks.compare_clients import peak
from tests.benchmarks.resources import usage


class Timed(App):
    """The application, which notes how long facts took."""

    facts = 0.0

    def _refresh_facts(self) -> None:
        began = perf_counter()
        super()._refresh_facts()
        self.facts += perf_counter() - began


def main(what: str, settings: str, months: str) -> None:
    """Sync, then ask; prints seconds and rows, and the peak of memory before the KPIs."""
    with Timed(load(Path(settings), {}), clock=SYSTEM_CLOCK, stop=None, language="en") as app:
        began = perf_counter()
        result = app.sync(compare=what == "deletions")
        synced, memory = perf_counter(), peak()
        if int(months):
            app.report(Ask(find_preset("default").metrics, count=int(months)))
        kpis = perf_counter() - synced
        if not result.complete:
            raise RuntimeError(str([(stream.name, stream.state, str(stream.error)) for stream in result.streams]))
        found = {
            "sync": synced - began,
            "facts": app.facts,
            "kpis": kpis,
            "rows": result.rows,
            "changed": sum(stream.changed for stream in result.streams),
        }
    print(json.dumps(found | usage() | {"memory": memory}))
