"""A bulk load that is killed from outside is gone on with, in bulk or without the key."""

import threading
from pathlib import Path

import pytest

from tests.bulk.conftest import KEY
from tests.pipeline.cache_tables import fact_rows, live_rows, make_all_facts, query
from tests.pipeline.conftest import company
from tests.pipeline.places import opened_place, write_settings

PATIENCE = 120.0


@pytest.mark.parametrize("keeps_key", [True, False])
def test_a_killed_load_is_gone_on_with(tmp_path: Path, keeps_key: bool) -> None:
    """Killed within the second answer: the first slice is kept, of the second nothing, and the end is that of REST."""
    reached, opened = threading.Event(), threading.Event()

    def hold(seconds: float) -> None:
        reached.set()
        opened.wait(PATIENCE)

    with opened_place(tmp_path, company(120), further=f'bi_key = "{KEY}"\n', sleep=hold) as place:
        place.portal.bi.key = KEY
        place.portal.faults.add("slow", "pbi.php", after=1)
        with place.start("sync") as process:
            assert reached.wait(PATIENCE), process.communicate()
            process.kill()
        opened.set()
        kept = query(place.cache, "SELECT (SELECT COUNT(*) FROM deal), (SELECT COUNT(*) FROM stage_step)")
        if not keeps_key:
            write_settings(place.settings, place.portal.url)
        with place.app() as app:
            result = app.sync()
            make_all_facts(app)
        streams = {stream.name: stream for stream in result.streams}
        assert (result.complete, kept[0][0] > 100, kept[0][1]) == (True, True, 0)
        assert (streams["deal"].rows, streams["deal_step"].bulk_rows > 0) == (0, keeps_key)
        write_settings(place.settings, place.portal.url)
        with place.app("fresh.sqlite") as app:
            app.sync()
            make_all_facts(app)
        assert live_rows(place.cache) == live_rows(tmp_path / "fresh.sqlite")
        assert fact_rows(place.cache) == fact_rows(tmp_path / "fresh.sqlite")
