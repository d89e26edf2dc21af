"""Wrong input: the right exit code, and one message that names the place and the remedy, in three languages."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result
from sqlite_utils.utils import sqlite3

from tests.pipeline.cache_tables import query
from tests.pipeline.conftest import company
from tests.pipeline.places import Place, opened_place, write_settings

LANGUAGES = ("uk", "ru", "en")
USAGE, FAILED = 2, 1
HEAD = "date,source,campaign,amount,currency\n"


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A small company with a cache and costs; nothing of it is changed by what is refused."""
    with opened_place(tmp_path_factory.mktemp("bad"), company(60)) as place:
        assert place.run("sync").exit_code == 0
        costs(place, HEAD + "2026-06-15,WEB,,100,UAH\n")
        assert place.run("costs", "import", str(place.folder / "costs.csv")).exit_code == 0
        yield place


def costs(place: Place, text: str) -> Path:
    file = place.folder / "costs.csv"
    file.write_text(text, encoding="utf-8")
    return file


def with_settings(place: Place, text: str) -> Place:
    """The same portal under other settings."""
    folder = place.folder / "other"
    folder.mkdir(exist_ok=True)
    found = Place(folder, place.portal, place.clock)
    found.settings.write_text(text, encoding="utf-8")
    return found


def with_webhook(place: Place, url: str) -> Place:
    found = with_settings(place, "")
    write_settings(found.settings, url)
    return found


def assert_refused(results: dict[str, Result], code: int, *named: str) -> None:
    """The same refusal in each language, without a traceback, with all that it must name."""
    for language, result in results.items():
        assert (result.exit_code, result.stdout) == (code, ""), (language, result.output)
        assert "Traceback" not in result.stderr
        missing = [text for text in named if text not in result.stderr]
        assert not missing, (language, missing, result.stderr)
    assert len({result.stderr for result in results.values()}) == len(results)


def in_each_language(place: Place, *arguments: str) -> dict[str, Result]:
    return {language: place.run(*arguments, language=language) for language in LANGUAGES}


# --- settings


@dataclass(frozen=True)
class Wrong:
    """Settings that are refused, and what the message must name."""

    name: str
    text: str
    named: tuple[str, ...]


WRONG_SETTINGS = (
    Wrong("no_webhook", "[portal]\n", ("b24kpi init", "B24KPI_PORTAL__WEBHOOK_URL")),
    Wrong("unknown_key", '[portal]\nwebhok_url = "x"\n', ("webhok_url", "webhook_url", "settings.toml")),
    Wrong("unknown_section", '[portl]\nplan = "standard"\n', ("portl", "portal")),
    Wrong("bad_cron", '[schedule]\nrefresh = "every day"\n', ("[schedule] refresh", "every day", "*/30 * * * *")),
    Wrong("bad_cron_field", '[schedule]\nrefresh = "61 * * * *"\n', ("[schedule] refresh", "61 * * * *")),
    Wrong("bad_plan", '[portal]\nplan = "standart"\n', ("[portal] plan", "standart", "standard")),
    Wrong("bad_zone", '[portal]\ntime_zone = "Europe/Kiew"\n', ("[portal] time_zone", "Europe/Kiew", "Europe/")),
    Wrong("bad_metric", '[[report]]\nname = "a"\nmetrics = ["win_ratio"]\n', ("win_ratio", "win_rate")),
    Wrong("bad_slice", '[[report]]\nname = "a"\nmetrics = ["aov"]\nby = ["maneger"]\n', ("maneger", "manager")),
    Wrong("bad_sink", '[[report]]\nname = "a"\nmetrics = ["aov"]\nsinks = ["smart"]\n', ("smart", "smart_process")),
    Wrong("no_toml", "[portal\n", ("settings.toml", "1")),
)


@pytest.mark.parametrize("wrong", WRONG_SETTINGS, ids=lambda wrong: wrong.name)
def test_wrong_settings_are_refused_before_anything_starts(synced: Place, wrong: Wrong) -> None:
    """Exit 2; file, key, value and the nearest right one."""
    place = with_settings(synced, wrong.text)
    before = synced.portal.stats.requests
    assert_refused(in_each_language(place, "sync"), USAGE, *wrong.named)
    assert (synced.portal.stats.requests, place.cache.exists()) == (before, False)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("not an address", ("webhook_url", "https://HOST/rest/")),
        ("http://example.bitrix24.eu/rest/1/s3cr3tc0de/", ("example.bitrix24.eu", "https://")),
        ("https://example.bitrix24.eu/crm/deal/", ("example.bitrix24.eu", "/rest/")),
        ("https://example.bitrix24.eu/rest/1/s3cr3tc0de/crm.deal.list", ("example.bitrix24.eu", "/rest/")),
    ],
    ids=["no address", "in the clear", "no webhook", "with a method"],
)
def test_a_wrong_webhook_is_refused_without_telling_its_code(synced: Place, url: str, named: tuple[str, ...]) -> None:
    """Exit 2, and nobody was asked."""
    results = in_each_language(with_webhook(synced, url), "sync")
    assert_refused(results, USAGE, *named)
    assert not any("s3cr3tc0de" in result.output for result in results.values())


def test_settings_of_another_place_are_asked_for_by_name(synced: Place) -> None:
    """A path that does not exist."""
    place = Place(synced.folder / "nowhere", synced.portal, synced.clock)
    assert_refused(in_each_language(place, "sync"), USAGE, str(place.settings))


# --- costs


ROWS = (
    ("a wrong date", "2026-13-01,WEB,,10,UAH", ("2026-13-01",)),
    ("an unknown source", "2026-06-01,WEBB,,10,UAH", ("WEBB", "WEB")),
    ("an unknown currency", "2026-06-01,WEB,,10,UHA", ("UHA", "UAH")),
    ("a negative amount", "2026-06-01,WEB,,-10,UAH", ("-10",)),
    ("no amount", "2026-06-01,WEB,,ten,UAH", ("ten",)),
    ("a cell too few", "2026-06-01,WEB,10,UAH", ("4", "5")),
)


def test_all_wrong_rows_of_a_cost_file_are_told_at_once(synced: Place) -> None:
    """Each with its line; nothing is imported, not even the good ones, and the costs from before stay."""
    file = costs(synced, HEAD + "".join(f"{row}\n2026-06-02,WEB,,1,UAH\n" for _, row, _ in ROWS))
    results = in_each_language(synced, "costs", "import", str(file))
    assert_refused(results, USAGE, str(file), *(text for _, _, texts in ROWS for text in texts))
    for result in results.values():
        assert len(result.stderr.strip().splitlines()) == 1 + len(ROWS)
        assert all(f" {2 * number}:" in result.stderr for number in range(1, len(ROWS) + 1))
    assert query(synced.cache, "SELECT day, source, amount FROM cost") == [(20260615, "WEB", 10_000)]


@pytest.mark.parametrize(("name", "row", "named"), ROWS, ids=[name for name, _, _ in ROWS])
def test_a_single_wrong_row_refuses_the_file(synced: Place, name: str, row: str, named: tuple[str, ...]) -> None:
    """Exit 2, the line and the remedy."""
    file = costs(synced, f"{HEAD}2026-06-02,WEB,,1,UAH\n{row}\n")
    assert_refused(in_each_language(synced, "costs", "import", str(file)), USAGE, str(file), " 3:", *named)
    assert query(synced.cache, "SELECT COUNT(*), SUM(amount) FROM cost") == [(1, 10_000)]


@pytest.mark.parametrize("text", ["", "date;amount\n", HEAD], ids=["empty", "columns missing", "no rows"])
def test_a_cost_file_without_rows_is_refused(synced: Place, text: str) -> None:
    """What was imported before stays."""
    file = costs(synced, text)
    assert_refused(in_each_language(synced, "costs", "import", str(file)), USAGE, str(file))
    assert query(synced.cache, "SELECT COUNT(*) FROM cost") == [(1,)]


def test_a_cost_file_that_is_not_there_is_told(synced: Place) -> None:
    """By its path."""
    file = synced.folder / "no.csv"
    assert_refused(in_each_language(synced, "costs", "import", str(file)), USAGE, str(file))


# --- arguments


ARGUMENTS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("report", "win_ratio"), ("win_ratio", "win_rate", "b24kpi metrics")),
    (("report", "win_rate", "--by", "customer"), ("win_rate", "customer", "manager")),
    (("report", "aov", "--where", "manager"), ("manager",)),
    (("report", "aov", "--where", "lead_stage=NEW"), ("aov", "lead_stage", "manager")),
    (("report", "aov", "--from", "2026-06-31"), ("--from", "2026-06-31")),
    (("report", "aov", "--from", "2026-06-01", "--to", "2026-06-01"), ("2026-06-01",)),
    (("report", "--output", "report.doc"), ("report.doc", ".csv", ".json", ".xlsx", ".html")),
    (("explain", "win_ratio", "--period", "2026-06"), ("win_ratio", "win_rate")),
    (("explain", "win_rate", "--period", "2026-6"), ("2026-6", "2026-06", "2026-Q2")),
    (("explain", "win_rate", "--period", "June"), ("June", "2026-06")),
    (("sync", "--only", "deals"), ("deals", "'deal'")),
)


@pytest.mark.parametrize(("arguments", "named"), ARGUMENTS, ids=[" ".join(words) for words, _ in ARGUMENTS])
def test_wrong_arguments_are_refused(synced: Place, arguments: tuple[str, ...], named: tuple[str, ...]) -> None:
    """Exit 2, what is wrong and what would be right."""
    assert_refused(in_each_language(synced, *arguments), USAGE, *named)


@pytest.mark.parametrize(
    "arguments", [("report", "--period", "fortnight"), ("reprot",), ("report", "--bye", "manager")]
)
def test_misuse_of_the_command_line_is_told_with_its_usage(synced: Place, arguments: tuple[str, ...]) -> None:
    """Choices, commands and options that do not exist."""
    assert_refused(in_each_language(synced, *arguments), USAGE, arguments[-1] if len(arguments) == 1 else arguments[1])


# --- caches


def test_a_report_before_the_first_sync_says_what_to_do(synced: Place) -> None:
    """Exit 1: `b24kpi sync` first."""
    place = with_webhook(synced, synced.portal.url)
    for command in (
        ("report",),
        ("explain", "aov", "--period", "2026-06"),
        ("costs", "import", str(synced.folder / "costs.csv")),
    ):
        assert_refused(in_each_language(place, *command), FAILED, str(place.cache), "b24kpi sync")
    place.cache.unlink()


def test_a_cache_of_another_portal_is_not_mixed(synced: Place, tmp_path: Path) -> None:
    """Exit 2: both portals and the way out are named; the cache stays as it is."""
    before = query(synced.cache, "SELECT * FROM deal ORDER BY id")
    with opened_place(tmp_path, company(5)) as other:
        write_settings(other.settings, other.portal.url, further=f'[cache]\npath = "{synced.cache}"\n')
        hosts = [place.portal.url.split("/")[2] for place in (synced, other)]
        assert_refused(in_each_language(other, "sync"), USAGE, *hosts, "[cache] path")
    assert before == query(synced.cache, "SELECT * FROM deal ORDER BY id")


def no_database(path: Path) -> None:
    path.write_bytes(b"This is no database, only a text of some length.\n" * 100)


def foreign_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE precious (id INTEGER)")
    connection.close()


@pytest.mark.parametrize("make", [no_database, foreign_database])
def test_a_file_that_is_no_cache_is_left_alone(synced: Place, make: Callable[[Path], None]) -> None:
    """Exit 1, its path is named, and not a byte of it changes."""
    place = with_webhook(synced, synced.portal.url)
    make(place.cache)
    before = place.cache.read_bytes()
    for command in ("sync", "report"):
        assert_refused(in_each_language(place, command), FAILED, str(place.cache))
    assert before == place.cache.read_bytes()
    place.cache.unlink()
