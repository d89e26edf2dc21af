"""Nothing that is produced holds a secret: logs, what commands print, pages, files, the cache."""

import io
import logging
import subprocess
import sys
import zipfile
from collections.abc import Iterator

import pytest
import requests

from b24kpi.web.dashboard import dashboard
from b24kpi.web.server import create_app
from tests.application.places import AppPlace, Opened
from tests.pipeline.places import clean_environment

BI_KEY = "b1k3y0000111122223333"
COMMANDS = (
    "check -v",
    "sync -v",
    "push -v",
    "report total_sales --output report.xlsx -v",
    "report win_rate --output report.html",
)
PAGES = (
    "morning",
    "trust",
    "morning?format=xlsx",
    "people?format=csv&table=results",
    "nothing",
    "deal/7",
    "deal/99999",
)


def secrets_of(opened: Opened) -> dict[str, str]:
    """What has been given out or made so far, by what it is."""
    place, tokens = opened.place, opened.site.application.installed()
    assert tokens is not None
    keys = place.registered.application
    found = {
        "client_secret": keys.client_secret,
        "application_token": keys.application_token,
        "session_key": tokens.session_key.reveal(),
        "bi_key": BI_KEY,
        "webhook": place.portal.webhooks[1].secret,
    }
    issued = place.portal.tokens
    found |= {f"access {place}": value for place, value in enumerate(issued._access)}
    return found | {f"refresh {place}": value for place, value in enumerate(issued._refresh)}


def run(place: AppPlace, command: str) -> str:
    """What a command prints, in both of its streams."""
    line = [sys.executable, "-m", "b24kpi", *command.split(), "--settings", "settings.toml", "--language", "en"]
    done = subprocess.run(line, cwd=place.folder, env=clean_environment(), capture_output=True, text=True, check=False)
    return f"$ {command}\n{done.stdout}{done.stderr}"


def told(answer: requests.Response) -> bytes:
    """Everything of an answer but the cookie, which is for that browser; a workbook unpacked."""
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items() if name != "Set-Cookie")
    return headers.encode() + unpacked(answer.content)


def unpacked(content: bytes) -> bytes:
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return b"".join(book.read(name) for name in book.namelist())


def files(place: AppPlace) -> Iterator[tuple[str, bytes]]:
    """All that lies in the folder but what is there to hold secrets: the settings and the tokens, both of mode 0600."""
    holders = {"settings.toml", "b24kpi.sqlite.tokens"}
    for path in sorted(place.folder.rglob("*")):
        if path.is_file() and path.name not in holders:
            yield path.name, unpacked(path.read_bytes())
        elif path.name == "b24kpi.sqlite.tokens":
            assert path.stat().st_mode & 0o077 == 0


def visits(opened: Opened) -> Iterator[bytes]:
    """Pages, files and refusals, as a browser gets them."""
    entered = opened.post("/")
    cookie = {"Cookie": entered.headers["Set-Cookie"].partition(";")[0]}
    yield told(entered)
    for page in PAGES:
        for _ in range(50):
            answer = requests.get(f"{opened.url}/kpi/{page}", headers=cookie, timeout=60)
            if answer.status_code != 202:
                break
        yield told(answer)
    yield told(opened.post("/nothing"))
    opened.place.portal.tokens.expire_all()
    yield told(requests.post(f"{opened.url}/", data={"AUTH_ID": "f0rged", "member_id": "x"}, timeout=60))


def test_no_secret_is_produced(opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    """Of an installation, all commands at their most talkative, visits, downloads, refusals, a failure, a removal."""
    caplog.set_level(logging.DEBUG)
    settings = opened.place.folder / "settings.toml"
    settings.write_text(settings.read_text("utf-8").replace("[portal]\n", f'[portal]\nbi_key = "{BI_KEY}"\n'), "utf-8")
    produced = {"installation": told(opened.install())}
    opened.place.portal.apps.registry.finish(opened.place.registered)
    produced |= {command: run(opened.place, command).encode() for command in COMMANDS}
    opened.serve(create_app(opened.site, [dashboard(opened.site)]))
    produced |= {f"visit {number}": page for number, page in enumerate(visits(opened))}
    opened.place.portal.faults.add("forbidden", times=3)
    produced["failure"] = run(opened.place, "sync -v").encode()
    secrets = secrets_of(opened)
    opened.place.portal.apps.registry.remove(opened.place.registered)
    opened.place.portal.deliveries.wait()
    produced |= {f"file {name}": content for name, content in files(opened.place)}
    produced["log"] = caplog.text.encode()
    assert len(secrets) > 8
    assert b"app.info" in produced["log"]
    assert {"file b24kpi.sqlite", "file report.xlsx", "file report.html"} <= produced.keys()
    texts = produced.items()
    assert [(what, where) for what, value in secrets.items() for where, text in texts if value.encode() in text] == []
