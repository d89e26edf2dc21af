"""How long pages take over a big cache: `python -m tests.benchmarks.pages --deals 100000 --folder bench`.

For each screen: until it is counted for the first time, the longest single answer until then, and the median of
twenty answers once it is known; in brackets the processor time, which is the same on a busy machine.
"""

import argparse
import gc
import time
from contextlib import closing
from pathlib import Path
from shutil import copy
from statistics import median

import flask
from flask.testing import FlaskClient

from b24kpi.answers import Answers
from b24kpi.cache.store import Store
from b24kpi.facts.refresh import refresh
from b24kpi.given import figures_of
from b24kpi.settings import Settings, load
from b24kpi.web.pages.context import PagesContext
from b24kpi.web.pages.memory import Memory
from b24kpi.web.pages.registry import FURTHER, SCREENS
from b24kpi.web.pages.views import blueprint
from b24kpi.web.viewer import Viewer
from tests.benchmarks.big_cache import big_cache
from tests.benchmarks.resources import usage

SETTINGS = '[portal]\ncurrency = "UAH"\ntime_zone = "Europe/Kyiv"\n[cache]\npath = "{path}"\n'
OTHERS = ("deal/50000", "rows/total_sales", "rows/win_rate")
AGAIN = 20
PAUSE = 1.0  # a loading page asks again after a second


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deals", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=Path("bench"))
    parser.add_argument("screens", nargs="*", default=[*SCREENS, *FURTHER, *OTHERS])
    given = parser.parse_args()
    settings = prepared(given.folder, given.deals)
    context = PagesContext(settings, lambda language: closing(Answers(settings, language=language)), memory=Memory())
    client = client_of(context)
    print(f"{'screen':<18}{'ready s':>9}{'(cpu)':>8}{'longest ms':>12}{'median ms':>11}{'(cpu)':>8}{'kB sent':>9}")
    for name in given.screens:
        print(measured(client, name), flush=True)
    context.memory.close()


def prepared(folder: Path, deals: int) -> Settings:
    """Settings of a big cache whose facts are made; it stays for the next run."""
    raw = big_cache(folder, deals)
    path = raw.with_name(f"pages-{raw.name}")
    if not path.exists():
        copy(raw, path)
    place = folder / "settings.toml"
    place.write_text(SETTINGS.format(path=path.name), encoding="utf-8")
    settings = load(place, {})
    with closing(Answers(settings, language="uk")) as answers, Store(path) as store:
        refresh(store, answers.zone, answers.currency, figures_of(settings))  # as the sync of an application does
        store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return settings


def client_of(context: PagesContext) -> FlaskClient:
    """The pages, looked at by somebody who sees all."""
    app = flask.Flask("pages-benchmark")
    app.register_blueprint(blueprint(context))

    def look() -> None:
        flask.g.viewer = Viewer(1, "", "uk", sees_all=True)

    app.before_request(look)
    return app.test_client()


def measured(client: FlaskClient, name: str) -> str:
    """A line of the table."""
    begun, worked, longest, status = time.monotonic(), usage()["processor"], 0.0, 202
    while status == 202:
        asked = time.monotonic()
        status = client.get(f"/kpi/{name}").status_code
        longest = max(longest, time.monotonic() - asked)
        if status == 202:
            time.sleep(PAUSE)
    ready, cold = time.monotonic() - begun, usage()["processor"] - worked
    gc.collect()
    times, sent, worked = [], 0, usage()["processor"]
    for _ in range(AGAIN):
        asked = time.monotonic()
        sent = len(client.get(f"/kpi/{name}", headers={"Accept-Encoding": "gzip"}).data)
        times.append(time.monotonic() - asked)
    warm = 1000 * (usage()["processor"] - worked) / AGAIN
    first = f"{name:<18}{ready:>9.1f}{cold:>8.1f}{1000 * longest:>12.0f}"
    return f"{first}{1000 * median(times):>11.0f}{warm:>8.0f}{sent / 1000:>9.0f}"


if __name__ == "__main__":
    main()
