"""Calls as a local application, over real HTTP: tokens that run out, crashes between, secrets that nobody sees."""

import logging
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from b24kpi.errors import CacheError, OutcomeUnknown, PortalError, RetryLater, Unauthorized
from b24kpi.portal.client import Portal
from b24kpi.portal.oauth import OAuth
from b24kpi.portal.protocol import Command
from b24kpi.portal.secret import Secret
from tests.portal.oauth_far_end import CLIENT_SECRET, BitrixSide, application, installed, tokens, tokens_file

CALL_ELSEWHERE = """
import sys
from pathlib import Path
from b24kpi.portal.application import Application
from b24kpi.portal.client import Portal
from b24kpi.portal.oauth import Keys, OAuth
from b24kpi.portal.secret import Secret
from b24kpi.portal.tokens import TokenFile
client_id, secret, oauth, cache = sys.argv[1:]
access = Application(Keys(client_id, Secret(secret)), TokenFile.beside(Path(cache)), OAuth.of(oauth))
access.grant()
print("ready", flush=True)
sys.stdin.readline()
with Portal(access, plan="self_hosted") as portal:
    print(portal.call("profile").result["NAME"])
"""


def test_a_call_carries_the_token_in_its_body(side: BitrixSide, portal: Portal) -> None:
    """Never in its address, which proxies write down."""
    assert portal.call("profile", {"x": 1}).result["ID"] == "1"
    assert side.portal.asked == [("/rest/profile", {"x": 1, "auth": "acc3ss1"})]


def test_twenty_calls_on_an_expired_token_cause_one_refresh(side: BitrixSide, portal: Portal) -> None:
    """All of them are answered."""
    side.expire()
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: portal.call("profile").result["ID"], range(20)))
    assert answers == ["1"] * 20
    assert side.refreshes() == 1


def test_processes_share_a_refresh(side: BitrixSide, portal: Portal, tmp_path: Path) -> None:
    """Whoever comes second takes the tokens of the first."""
    arguments = [side.oauth.host.join(["http://", ""]), str(tmp_path / "cache.sqlite")]
    command = [sys.executable, "-c", CALL_ELSEWHERE, "local.0123456789abcd.01234567", CLIENT_SECRET, *arguments]
    others = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        for _ in range(2)
    ]
    assert [other.stdout.readline() for other in others if other.stdout] == ["ready\n"] * 2
    side.expire()
    assert [other.communicate("\n")[0] for other in others] == ["Ніна\n"] * 2
    assert portal.call("profile").result["ID"] == "1"
    assert side.refreshes() == 1


def test_a_write_is_repeated_after_a_refresh(side: BitrixSide, portal: Portal) -> None:
    """It was refused before any work."""
    side.expire()
    assert portal.call("profile", idempotent=False).result["ID"] == "1"


def test_an_oauth_server_that_is_down_leaves_no_write_in_doubt(side: BitrixSide, portal: Portal) -> None:
    """Nothing has happened, so the failure says so."""
    side.expire()
    side.oauth.server.shutdown()
    side.oauth.server.server_close()
    with pytest.raises(RetryLater) as caught:
        portal.call("profile", idempotent=False)
    assert not isinstance(caught.value, OutcomeUnknown)
    assert caught.value.message_id == "portal.oauth_failed"


def test_tokens_are_stored_before_they_are_used(side: BitrixSide, portal: Portal, tmp_path: Path) -> None:
    """When the portal sees a new token, the file has it."""
    seen = []
    side.methods["user.current"] = lambda access, params: seen.append(tokens_file(tmp_path).read_text("utf-8"))
    side.expire()
    portal.call("user.current")
    assert ["acc3ss2" in text and "r3fresh2" in text for text in seen] == [True]


def test_the_file_is_its_owners_alone(side: BitrixSide, portal: Portal, tmp_path: Path) -> None:
    """Mode 0600, after a refresh too, and nothing is left beside it but the lock."""
    side.expire()
    portal.call("profile")
    assert stat.S_IMODE(tokens_file(tmp_path).stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"cache.sqlite.tokens", "cache.sqlite.tokens.lock"}


def test_tokens_of_a_run_that_ended_while_saving_are_taken_up(side: BitrixSide, portal: Portal, tmp_path: Path) -> None:
    """It had written them beside the file, and no more."""
    side.refresh.clear()
    access, refresh = side.give()
    side.access["acc3ss1"].expired = True
    (tmp_path / "cache.sqlite.tokens.new").write_text(tokens(side, access, refresh).to_json(), encoding="utf-8")
    assert portal.call("profile").result["ID"] == "1"
    assert side.refreshes() == 0


def test_half_written_tokens_are_nothing(side: BitrixSide, portal: Portal, tmp_path: Path) -> None:
    """The former ones are asked to be renewed once more, and the server may take them."""
    (tmp_path / "cache.sqlite.tokens.new").write_text('{"client_id": "loc', encoding="utf-8")
    side.expire()
    assert portal.call("profile").result["ID"] == "1"
    assert side.refreshes() == 1


def test_tokens_that_a_crash_has_lost_are_told_with_the_remedy(side: BitrixSide, portal: Portal) -> None:
    """The server has changed them and nobody has the new ones: an administrator brings others."""
    side.expire()
    side.refresh.clear()
    with pytest.raises(Unauthorized, match="open b24kpi in Bitrix24 as an administrator") as caught:
        portal.call("profile")
    assert caught.value.message_id == "portal.tokens_refused"


def test_tokens_of_a_new_installation_are_taken(side: BitrixSide, portal: Portal, tmp_path: Path) -> None:
    """A run that is under way goes on with them."""
    portal.call("profile")
    side.access.clear()
    installed(side, tmp_path)
    assert portal.call("profile").result["ID"] == "1"
    assert side.refreshes() == 0


def test_an_application_that_is_not_installed_says_so(side: BitrixSide, tmp_path: Path) -> None:
    """Before, and after it was removed."""
    access = installed(side, tmp_path)
    access.file.remove()
    with Portal(access, plan="self_hosted") as portal, pytest.raises(Unauthorized, match="not installed yet"):
        portal.call("profile")


def test_a_damaged_file_is_told(side: BitrixSide, tmp_path: Path) -> None:
    """With what to do."""
    (tmp_path / "cache.sqlite.tokens").write_text("{}", encoding="utf-8")
    with pytest.raises(CacheError, match="install the application again"):
        application(side, tmp_path).grant()


def test_wrong_keys_are_told(side: BitrixSide, tmp_path: Path) -> None:
    """That error comes with HTTP 200."""
    access = installed(side, tmp_path)
    access.keys = type(access.keys)(access.keys.client_id, Secret("mistyped"))
    side.expire()
    with Portal(access, plan="self_hosted") as portal, pytest.raises(Unauthorized) as caught:
        portal.call("profile")
    assert caught.value.message_id == "portal.wrong_keys"


# --- a portal that moves


# --- secrets


def test_no_secret_is_in_logs_or_errors(
    side: BitrixSide, portal: Portal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of calls, refreshes, moves and their failures, with all that libraries log."""
    caplog.set_level(logging.DEBUG)
    told = [f"{portal.access!r} {vars(portal.access)} {portal.access.grant()}"]
    side.expire()
    portal.call("profile")
    side.portal.moved_to = side.other.host
    for method in ("profile", "nothing"):
        with pytest.raises(PortalError) as caught:
            portal.call(method)
        told.append(f"{caught.value} {vars(caught.value)}")
    side.portal.moved_to = ""
    side.expire()
    side.refresh.clear()
    with pytest.raises(PortalError) as caught:
        portal.call("profile")
    told += [f"{caught.value} {vars(caught.value)}", caplog.text]
    assert "oauth/token" in caplog.text
    for secret in (CLIENT_SECRET, "acc3ss", "r3fresh", "k3y"):
        assert secret not in "".join(told)


def test_the_first_call_of_a_process_hides_its_token(
    side: BitrixSide, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it goes to the OAuth server or to the portal: nothing has been called before that."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(logging.getLogger("urllib3.connectionpool"), "filters", [])
    access, _ = side.give()
    OAuth.of(f"http://{side.oauth.host}").info(Secret(access), "")
    assert "app.info?auth=***" in caplog.text
    assert access not in caplog.text


def test_failed_commands_of_a_batch_speak_of_the_application(side: BitrixSide, portal: Portal) -> None:
    """No word of webhooks where there is none."""
    refusal = {"error": "insufficient_scope", "error_description": "The request requires higher privileges"}
    inner = {"result": [], "result_error": {"a": refusal}, "result_total": [], "result_next": [], "result_time": []}
    side.methods["batch"] = lambda access, params: inner
    error = portal.batch({"a": Command("profile", {})})["a"]
    assert isinstance(error, PortalError)
    assert error.message_id == "portal.application_scope"


def test_a_portal_that_is_not_there_is_told_without_webhooks(side: BitrixSide, portal: Portal) -> None:
    """The remedy is not in an address that the settings do not have."""
    side.portal.server.shutdown()
    side.portal.server.server_close()
    with pytest.raises(RetryLater, match="open b24kpi in Bitrix24 once if the portal was renamed"):
        portal.call("profile")


def test_a_lock_that_a_thread_holds_makes_others_wait(side: BitrixSide, portal: Portal) -> None:
    """Until it is free, and no longer."""
    side.expire()
    file = portal.access.file  # type: ignore[attr-defined]
    done = threading.Event()
    with file.alone():
        thread = threading.Thread(target=lambda: (portal.call("profile"), done.set()))
        thread.start()
        assert not done.wait(0.2)
    thread.join()
    assert done.is_set()
