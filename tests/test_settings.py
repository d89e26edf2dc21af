"""Settings: file and environment, one frozen whole, every fault at once."""

import json
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pydantic
import pytest

from b24kpi.errors import BadInput
from b24kpi.portal.user_fields import FieldName
from b24kpi.problems import Problems
from b24kpi.settings import Settings, find, load, require_portal, user_fields
from tests.settings_files import EXAMPLE, Write, faults, only_fault


def dumped(settings: Settings) -> Any:
    return json.loads(settings.model_dump_json(exclude={"cache"}))


def test_the_example_holds_the_defaults() -> None:
    """Whoever copies the example changes nothing by it."""
    assert dumped(load(EXAMPLE, {})) == dumped(load(None, {}))


def test_the_example_shows_every_key_and_no_other() -> None:
    """The example is the reference of the settings."""
    shown = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    model = json.loads(Settings().model_dump_json())
    assert {name: set(section if isinstance(section, dict) else section[0]) for name, section in shown.items()} == {
        name: set(section if isinstance(section, dict) else section[0]) for name, section in model.items()
    }


def test_every_key_of_the_example_is_explained() -> None:
    """A comment stands above each key, or above the first of its group."""
    above = ""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if " = " in line and not line.startswith("#"):
            assert above, line
        above = "" if line.startswith("[") or not line else above or line


def test_the_environment_wins_over_the_file(write: Write) -> None:
    """The same file serves several places."""
    path = write('[portal]\nplan = "standard"\ncurrency = "UAH"')
    settings = load(path, {"B24KPI_PORTAL__PLAN": "enterprise"})
    assert (settings.portal.plan, settings.portal.currency) == ("enterprise", "UAH")


def test_settings_can_come_from_the_environment_alone() -> None:
    """A container needs no file."""
    environ = {"B24KPI_MARKETING__MARGIN": "0.35", "B24KPI_REPORT": '[{"name": "a", "metrics": ["aov"]}]'}
    settings = load(None, environ)
    assert settings.marketing.margin == Decimal("0.35")
    assert [report.name for report in settings.report] == ["a"]


def test_paths_start_at_the_folder_of_the_file(write: Write, tmp_path: Path) -> None:
    """Wherever the command is run."""
    settings = load(write('[cache]\npath = "data/c.sqlite"\n[marketing]\ncosts = "costs.csv"'), {})
    assert settings.cache.path == tmp_path / "data" / "c.sqlite"
    assert settings.marketing.costs == tmp_path / "costs.csv"


def test_settings_are_frozen() -> None:
    """Nobody changes them under another's feet."""
    with pytest.raises(pydantic.ValidationError):
        load(None, {}).portal.plan = "enterprise"


def test_secrets_are_never_shown() -> None:
    """Neither in logs nor in tracebacks."""
    settings = load(None, {"B24KPI_PORTAL__WEBHOOK_URL": "https://a/rest/1/s3cret/"})
    assert "s3cret" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.portal.webhook_url.get_secret_value() == "https://a/rest/1/s3cret/"


def test_a_secret_under_a_wrong_key_is_not_shown_either(write: Write) -> None:
    """The message names the key, not what stands there."""
    fault = only_fault(write('[portal]\nwebhok_url = "https://a/rest/1/s3cret/"'))
    assert "s3cret" not in fault
    assert fault.startswith("[portal] webhok_url: ")


def test_a_missing_webhook_is_told_with_the_remedy() -> None:
    """Asked for only where the portal is needed."""
    with pytest.raises(BadInput, match="b24kpi init"):
        require_portal(load(None, {}))


def test_all_faults_are_told_at_once(write: Write) -> None:
    """One look at the file mends it."""
    path = write('[portal]\nplan = "fast"\ncurrency = "hryvnia"\n[schedule]\nrefresh = "often"\n[caches]\npath = "x"')
    assert len(faults(path, {"B24KPI_UI__LANGUAGE": "de"})) == 5


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[portal]\nplann = 1", "[portal] plann: there is no such key; the nearest one is plan"),
        ("[portl]\nplan = 1", "[portl]: there is no such key; the nearest one is portal"),
        ("[portal]\nplan = 'enterprize'", "(the nearest: 'enterprise')"),
        ("[portal]\ntime_zone = 'Kyiv'", "write it like 'Europe/Kyiv'"),
        ("[portal]\ntime_zone = '../../etc/passwd'", "is not a time zone"),
        ("[portal]\ncurrency = 'uah'", "three capital letters"),
        ("[ui]\nlanguage = 'ua'", "choose one of uk, ru, en (the nearest: 'uk')"),
        ("[cache]\npath = ''", "names no file"),
        ("[marketing]\nmargin = 35", "[marketing] margin: must be at most 1"),
        ("[marketing]\nmargin = 'a lot'", "must be a number"),
        ("[marketing]\nattribution = 'lest'", "choose one of first, last, linear, position (the nearest: 'last')"),
        ("[marketing]\ntouches = { chats = 'CALL' }", "'chats' is no touch; write form or chat"),
        ("[schedule]\nrefresh = '*/30 * * *'", "write five fields of cron"),
        ("[schedule]\nrefresh = '*/30 25 * * *'", "the field hour"),
        ("[schedule]\ndeletions = '20 3 32 * *'", "[schedule] deletions"),
        ("[service]\nwork_time = '9 to 5'", "'mon-fri 09:00-18:00'"),
        ("[service]\nsla_minutes = 0", "[service] sla_minutes: must be at least 1"),
        ("ui = 1", "[ui]: must be a section"),
        ("[[report]]\nmetrics = ['aov']", "[[report]] #1 name: is missing"),
        ("[[report]]\nname = 'a:b'\nmetrics = ['aov']", "cannot be the name of a report"),
        ("[[report]]\nname = 'a'\nmetrics = []", "must have at least one entry"),
        ("[[report]]\nname = 'a'\nmetrics = ['aow']", "[[report]] #1 metrics: 'aow' is unknown"),
        ("[[report]]\nname = 'a'\nmetrics = ['aov']\nsinks = ['list']", "[[report]] #1 sinks: 'list' is unknown"),
        ("[[report]]\nname = 'a'\nmetrics = ['aov']\nperiod = 'moon'", "(the nearest: 'month')"),
        (
            "[[report]]\nname = 'a'\nmetrics = ['aov']\nby = ['managers']",
            "[[report]] #1 by: 'managers' is unknown; the nearest",
        ),
        ("[dimensions]\nregion = 'REGION'", "[dimensions] region: 'REGION' is not the code of a user field"),
        ("[dimensions]\nregion = 'leed.UF_CRM_REGION'", "write it like UF_CRM_REGION for deals, or lead.UF_CRM_REGION"),
        ("[dimensions]\nregion = 'UF_CRM_X; DROP TABLE deal'", "is not the code of a user field"),
        ("[dimensions]\nmanager = 'UF_CRM_X'", "[dimensions] manager: 'manager' cannot name a dimension of your own"),
        ("[dimensions]\n'my region' = 'UF_CRM_X'", "cannot name a dimension of your own"),
        ("[[report]]\nname = 'a'\nmetrics = 'aov'", "must be a list"),
        ("[[report]]\nname = 'a'\nmetrics = ['aov']\n" * 2, "two reports are called 'a'"),
    ],
)
def test_a_fault_names_key_and_remedy(write: Write, text: str, fault: str) -> None:
    """Thing, place and remedy, each on its own line."""
    assert fault in only_fault(write(text))


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("B24KPI_PORTAL__PLAN", "fast", "B24KPI_PORTAL__PLAN: 'fast'"),
        ("B24KPI_PORTAL__PLANN", "standard", "the nearest one is plan"),
        ("B24KPI_PORTL__PLAN", "standard", "the nearest one is B24KPI_PORTAL__…"),
        ("B24KPI_REPORT", "monthly", "B24KPI_REPORT: must be JSON"),
    ],
)
def test_a_fault_of_the_environment_names_the_variable(name: str, value: str, fault: str) -> None:
    """The place is where the value came from."""
    assert fault in only_fault(None, {name: value})


def test_dimensions_of_ones_own_may_be_used_by_reports(write: Write) -> None:
    """Wherever they are named: in the file, or in the environment."""
    report = "[[report]]\nname = 'a'\nmetrics = ['aov']\nby = ['region,manager', 'kind']\n"
    settings = load(write(report + "[dimensions]\nregion = 'UF_CRM_R'"), {"B24KPI_DIMENSIONS__KIND": "lead.UF_CRM_K"})
    assert settings.report[0].by == ("region,manager", "kind")
    assert user_fields(settings) == {
        "[dimensions] region": FieldName("deal", "UF_CRM_R"),
        "[dimensions] kind": FieldName("lead", "UF_CRM_K"),
    }


@pytest.mark.parametrize(("key", "value"), [("metrics", "aow"), ("by", "managers"), ("sinks", "list")])
def test_names_in_a_report_of_the_environment_are_checked_too(key: str, value: str) -> None:
    """A wrong slice would silently make a report empty."""
    report = {"name": "a", "metrics": ["aov"], key: [value]}
    assert f"B24KPI_REPORT {key}: '{value}' is unknown" in only_fault(None, {"B24KPI_REPORT": json.dumps([report])})


def test_the_heading_names_the_file(write: Write) -> None:
    """And counts the faults in the reader's language."""
    path = write("[portal]\nplann = 1")
    with pytest.raises(Problems) as caught:
        load(path, {})
    assert caught.value.text("uk").startswith(f"{path}: 1 налаштування хибне")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'[portal]\nplan = "a\n', "line 2, column"),
        (b"[portal", "ends too early"),
        ('[portal]\nplan = "й"'.encode("cp1251"), "not saved as UTF-8"),
    ],
)
def test_a_file_that_is_no_toml_is_refused_with_its_place(tmp_path: Path, content: bytes, fault: str) -> None:
    """Line and column where there are any."""
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=fault):
        load(path, {})


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    path = tmp_path / "settings.toml"
    path.write_bytes(b"\xef\xbb\xbf[ui]\nlanguage = 'uk'")
    assert load(path, {}).ui.language == "uk"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """Never silently replaced by defaults."""
    with pytest.raises(BadInput, match="b24kpi init"):
        load(tmp_path / "none.toml", {})


def test_the_file_is_looked_for_here_and_then_by_the_environment(tmp_path: Path) -> None:
    """Given, here, $B24KPI_SETTINGS, none: in this order."""
    environ = {"B24KPI_SETTINGS": "elsewhere.toml"}
    assert find(None, {}, tmp_path) is None
    assert find(None, environ, tmp_path) == Path("elsewhere.toml")
    (tmp_path / "settings.toml").touch()
    assert find(None, environ, tmp_path) == tmp_path / "settings.toml"
    assert find(Path("given.toml"), environ, tmp_path) == Path("given.toml")


APPLICATION = 'client_id = "local.1"\nclient_secret = "s3cret"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[portal]\nclient_id = "local.1"', "client_id and client_secret belong together"),
        (f'[portal]\n{APPLICATION}webhook_url = "https://a/rest/1/b/"', "keep the one"),
        (f'[portal]\n{APPLICATION}public_url = "http://kpi.example.com"', "[portal] public_url: "),
        (f'[portal]\n{APPLICATION}public_url = "https://kpi.example.com?x=1"', "[portal] public_url: "),
        ('[application]\noauth_server = "https://oauth.example.com"', "[application] oauth_server: "),
        ('[application]\nbx24_js = "api.bitrix24.com"', "[application] bx24_js: "),
    ],
)
def test_a_way_to_the_portal_is_whole_and_safe(write: Write, text: str, told: str) -> None:
    """One way, with all its keys, and nothing in the clear but on this machine."""
    fault = only_fault(write(text))
    assert told in fault
    assert "s3cret" not in fault


def test_an_application_may_be_on_this_machine(write: Write) -> None:
    """For trials with the demo portal."""
    settings = load(
        write(
            f'[portal]\n{APPLICATION}public_url = "http://127.0.0.1:8080/"\n'
            '[application]\noauth_server = "http://127.0.0.1:8025"\nusers = [5]'
        ),
        {},
    )
    assert settings.portal.public_url == "http://127.0.0.1:8080"
    assert settings.application.users == (5,)
    require_portal(settings)
