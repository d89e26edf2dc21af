"""`b24kpi init`: a webhook that works becomes a settings file for its owner alone."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from b24kpi.cli import main
from b24kpi.demo.server import DEFAULT_SECRET, DemoPortal
from b24kpi.demo.standard_portal import install
from b24kpi.demo.state import PortalState
from b24kpi.settings import load


@pytest.fixture
def portal() -> Iterator[DemoPortal]:
    """A fresh portal."""
    state = PortalState()
    install(state)
    with DemoPortal(state) as running:
        yield running


def init(path: Path, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, ["init", "--settings", str(path), "--language", "uk", *arguments], input=typed)


def test_a_working_webhook_is_written_for_its_owner_alone(portal: DemoPortal, tmp_path: Path) -> None:
    """Mode 0600, and the file can be read back."""
    path = tmp_path / "settings.toml"
    result = init(path, "--webhook-url", portal.url, "--plan", "enterprise")
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    settings = load(path, {})
    assert (settings.portal.webhook_url.get_secret_value(), settings.portal.plan, settings.ui.language) == (
        portal.url,
        "enterprise",
        "uk",
    )
    assert "b24kpi check" in result.stdout


def test_the_secret_is_never_printed(portal: DemoPortal, tmp_path: Path) -> None:
    """Not even while it is typed."""
    result = init(tmp_path / "settings.toml", typed=f"{portal.url}\n")
    assert result.exit_code == 0, result.output
    assert DEFAULT_SECRET not in result.output


def test_a_refused_webhook_leaves_nothing(portal: DemoPortal, tmp_path: Path) -> None:
    """It is tried before it is written."""
    result = init(tmp_path / "settings.toml", "--webhook-url", portal.url.replace(DEFAULT_SECRET, "wrong0code"))
    assert result.exit_code == 1
    assert "wrong0code" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_is_no_webhook_is_refused(tmp_path: Path) -> None:
    """Wrong input, exit code 2."""
    assert init(tmp_path / "settings.toml", "--webhook-url", "https://example.bitrix24.eu/").exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_stays_unless_forced(portal: DemoPortal, tmp_path: Path) -> None:
    """Settings are somebody's work."""
    path = tmp_path / "settings.toml"
    path.write_text("# mine", encoding="utf-8")
    assert init(path, "--webhook-url", portal.url).exit_code == 2
    assert path.read_text(encoding="utf-8") == "# mine"
    assert init(path, "--webhook-url", portal.url, "--force").exit_code == 0
    assert load(path, {}).portal.webhook_url.get_secret_value() == portal.url


def test_missing_permissions_are_told(portal: DemoPortal, tmp_path: Path) -> None:
    """The file is written all the same: what is there can be read."""
    portal.scopes.intersection_update({"crm"})
    result = init(tmp_path / "settings.toml", "--webhook-url", portal.url)
    assert result.exit_code == 0
    assert "user, department" in result.stderr


KEYS = {"--client-id": "local.0a1b", "--client-secret": "l0ngerK3y", "--public-url": "https://kpi.example.com/"}


def options_of(keys: dict[str, str]) -> list[str]:
    return [part for pair in keys.items() for part in pair]


def test_the_keys_of_an_application_are_written_for_their_owner_alone(tmp_path: Path) -> None:
    """No portal is asked: before the installation none knows us. What to do there is told."""
    path = tmp_path / "settings.toml"
    result = init(path, *options_of(KEYS), "--plan", "self_hosted")
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    portal = load(path, {}).portal
    assert (portal.client_id, portal.client_secret.get_secret_value(), portal.public_url, portal.plan) == (
        "local.0a1b",
        "l0ngerK3y",
        "https://kpi.example.com",
        "self_hosted",
    )
    assert "b24kpi serve" in result.stdout
    assert "https://kpi.example.com/install" in result.stdout


def test_the_longer_key_is_asked_for_and_never_printed(tmp_path: Path) -> None:
    """As the webhook is, for a shell keeps what is typed into it."""
    path = tmp_path / "settings.toml"
    keys = {option: value for option, value in KEYS.items() if option != "--client-secret"}
    result = init(path, *options_of(keys), typed="l0ngerK3y\n")
    assert result.exit_code == 0, result.output
    assert "l0ngerK3y" not in result.output
    assert load(path, {}).portal.client_secret.get_secret_value() == "l0ngerK3y"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"--client-id": None}, "--client-id"),
        ({"--public-url": None}, "--public-url"),
        ({"--client-secret": " "}, "--client-secret"),
        ({"--public-url": "http://kpi.example.com"}, "--public-url"),
        ({"--webhook-url": "https://example.bitrix24.eu/rest/1/secret/"}, "--webhook-url"),
    ],
)
def test_keys_that_do_not_belong_together_leave_nothing(
    tmp_path: Path, changes: dict[str, str | None], told: str
) -> None:
    """Wrong input, exit code 2, and the option is named."""
    keys = {option: value for option, value in {**KEYS, **changes}.items() if value is not None}
    result = init(tmp_path / "settings.toml", *options_of(keys))
    assert result.exit_code == 2
    assert told in result.stderr
    assert list(tmp_path.iterdir()) == []
