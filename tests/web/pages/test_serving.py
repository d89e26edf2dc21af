"""How pages are served: states, caching, compression, files, forms."""

import csv
import gzip
import io
import json
import re
import time
import zipfile
from pathlib import Path

import pytest

from b24kpi.settings import load
from b24kpi.web.pages.context import RefreshState
from b24kpi.web.pages.memory import Memory, stamp
from tests.web.pages.site import HOSTILE, OWN, PERIOD, Site, filled, site_over


def test_a_cache_without_data_is_explained(tmp_path: Path) -> None:
    """Before the first sync there is a page that says what to do, not an error."""
    path = tmp_path / "settings.toml"
    path.write_text('[cache]\npath = "none.sqlite"\n', encoding="utf-8")
    response = site_over(load(path, {})).client().get("/kpi/morning")
    assert response.status_code == 200
    assert "Даних ще немає" in response.text
    assert 'action="/kpi/refresh"' in response.text


def test_what_takes_long_is_counted_beside_the_request(tmp_path: Path) -> None:
    """The page comes back at once, asks again by itself, and has the answer then."""
    site = site_over(filled(tmp_path), patience=0.0)
    client = site.client()
    first = client.get(f"/kpi/morning?period={PERIOD}")
    assert first.status_code == 202
    assert first.headers["Refresh"] == "1"
    assert "Рахуємо" in first.text
    for _ in range(600):
        answer = client.get(f"/kpi/morning?period={PERIOD}")
        if answer.status_code == 200:
            break
        time.sleep(0.1)
    assert 'id="total_sales"' in answer.text
    site.context.memory.close()


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("morning?period=2026-13", 400),
        ("rows/total_sales?period=2026-06&colour=red", 400),
        ("rows/no_such?period=2026-06", 400),
        ("nowhere", 404),
        ("morning?format=pdf", 404),
        ("morning?format=csv&table=nothing", 404),
        ("assets/0/pages.css", 404),
        ("assets/0/../../settings.toml", 404),
    ],
)
def test_a_wrong_address_is_refused_in_words(site: Site, address: str, status: int) -> None:
    """Nothing ends in a server error."""
    assert site.client().get(f"/kpi/{address}").status_code == status


def test_an_unchanged_page_is_not_sent_again(site: Site) -> None:
    """The browser asks with the tag it got and is told to keep what it has."""
    client = site.client()
    first = client.get(f"/kpi/trust?period={PERIOD}")
    again = client.get(f"/kpi/trust?period={PERIOD}", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert first.headers["Cache-Control"] == "private, no-cache"


def test_pages_and_scripts_are_compressed(site: Site) -> None:
    """What is packed unpacks to what is sent plain; assets are kept for ever under their digest."""
    client = site.client()
    plain = client.get(f"/kpi/leaks?period={PERIOD}")
    packed = client.get(f"/kpi/leaks?period={PERIOD}", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == plain.data
    for address in re.findall(r'(?:src|href)="(/kpi/assets/[^"]+)"', plain.text):
        asset = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert asset.headers["Content-Encoding"] == "gzip"
        assert "immutable" in asset.headers["Cache-Control"]


def test_a_table_is_downloaded_as_csv(site: Site) -> None:
    """All rows, cells with the decimal comma of the language, and no cell that a spreadsheet would run."""
    response = site.client().get(f"/kpi/people?period={PERIOD}&format=csv&table=results")
    rows = list(csv.reader(io.StringIO(response.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][:2] == ["Менеджер", "Обсяг продажів"]
    assert any(re.fullmatch(r"-?\d+,\d\d", row[1]) for row in rows[1:])
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]
    assert 'filename="people-results-2026-06.csv"' in response.headers["Content-Disposition"]


@pytest.mark.parametrize("name", ["morning", "why", "rows/win_rate"])
def test_a_screen_is_downloaded_as_a_workbook(site: Site, name: str) -> None:
    """A sheet for each table, whose names Excel takes."""
    response = site.client().get(f"/kpi/{name}?period={PERIOD}&format=xlsx")
    with zipfile.ZipFile(io.BytesIO(response.data)) as book:
        sheets = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        assert HOSTILE not in book.read("xl/sharedStrings.xml").decode()
    assert len(sheets) == len(set(map(str.lower, sheets))) > 1
    assert all(len(sheet) <= 31 for sheet in sheets)


def test_refresh_is_started_by_a_form_alone(site: Site) -> None:
    """A link cannot start it; the way back leads to no other site."""
    client, before = site.client(), site.button.pressed
    assert client.get("/kpi/refresh").status_code == 404
    response = client.post("/kpi/refresh", data={"back": f"/kpi/leaks?period={PERIOD}"})
    assert (response.status_code, response.headers["Location"]) == (303, f"/kpi/leaks?period={PERIOD}")
    for elsewhere in ("https://evil.example/", "//evil.example/kpi/", "/other"):
        assert client.post("/kpi/refresh", data={"back": elsewhere}).headers["Location"] == "/kpi/morning"
    assert site.button.pressed == before + 4


def test_a_running_refresh_is_watched(tmp_path: Path) -> None:
    """The page names it, and its state can be asked for."""
    site = site_over(filled(tmp_path))
    site.button.shown = RefreshState(True, "Читаємо угоди")
    client = site.client()
    assert "Читаємо угоди" in client.get(f"/kpi/leaks?period={PERIOD}").text
    state = json.loads(client.get("/kpi/refresh/state").data)
    assert state == {"running": True, "text": "Читаємо угоди", "failed": False}


def test_a_manager_is_offered_no_refresh(site: Site) -> None:
    """It is for those who see all."""
    assert 'action="/kpi/refresh"' not in site.client(OWN).get(f"/kpi/morning?period={PERIOD}").text
    assert site.client(OWN).post("/kpi/refresh").status_code == 403


def test_an_answer_is_remembered_until_the_cache_changes(tmp_path: Path) -> None:
    """Asked twice it is made once; after a write it is made again."""
    cache, made = tmp_path / "cache.sqlite", []
    cache.write_bytes(b"one")

    def make() -> int:
        made.append(1)
        return len(made)

    memory = Memory(patience=60)
    assert [memory.recall("key", cache, make) for _ in range(3)] == [1, 1, 1]
    cache.write_bytes(b"another")
    assert memory.recall("key", cache, make) == 2
    memory.close()


def test_a_failure_is_not_remembered(tmp_path: Path) -> None:
    """The next request tries again."""
    memory, answers = Memory(patience=60), iter([0, 1])

    def make() -> float:
        return 1 / next(answers)

    with pytest.raises(ZeroDivisionError):
        memory.recall("key", tmp_path / "cache.sqlite", make)
    assert memory.recall("key", tmp_path / "cache.sqlite", make) == 1
    memory.close()


def test_the_least_used_answer_goes_first(tmp_path: Path) -> None:
    """Memory is bounded."""
    memory, made = Memory(patience=60, size=2), []

    def ask(key: str) -> None:
        memory.recall(key, tmp_path / "cache.sqlite", lambda: made.append(key) or key)  # type: ignore[func-returns-value]

    for key in ("a", "b", "a", "c", "a", "b"):
        ask(key)
    assert made == ["a", "b", "c", "b"]
    memory.close()


def test_the_stamp_follows_the_file_and_its_log(tmp_path: Path) -> None:
    """An empty log, as an open reader leaves it, is no change."""
    cache, log = tmp_path / "cache.sqlite", tmp_path / "cache.sqlite-wal"
    cache.write_bytes(b"rows")
    before = stamp(cache)
    log.write_bytes(b"")
    assert stamp(cache) == before
    log.write_bytes(b"more")
    assert stamp(cache) != before
