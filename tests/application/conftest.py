"""The application in a demo portal: registered, and installed."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
import waitress
from flask import Flask

from b24kpi.web.server import create_app
from b24kpi.web.site import Site
from tests.application.places import AppPlace, Opened, registered_place


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """A running web server of ours and the portal in which it is registered; its own refreshes begin nothing."""
    with ExitStack() as stack:
        running: list[Flask] = []

        def answer(environ: Any, start_response: Any) -> Any:
            return running[-1](environ, start_response)

        server = waitress.create_server(answer, host="127.0.0.1", port=0, threads=4, clear_untrusted_proxy_headers=True)
        url = f"http://127.0.0.1:{server.effective_port}"
        place = stack.enter_context(registered_place(tmp_path, url))
        site = Site.of(place.settings, place.clock, "en")
        site.refresher.stop()
        stack.callback(site.close)
        running.append(create_app(site))
        thread = threading.Thread(target=server.run)
        thread.start()
        stack.callback(thread.join)
        stack.callback(end, server)
        yield Opened(place, site, url, running.append)


def end(server: Any) -> None:
    """Close a web server in its own thread, which may be polling it.

    It may do so as soon as it knows, before it is told again through the pipe, which is closed by then.
    """
    with suppress(OSError):
        server.trigger.pull_trigger(server.close)


@pytest.fixture
def place(opened: Opened) -> AppPlace:
    """The portal, in which the application is installed."""
    assert opened.install().status_code == 200
    opened.place.portal.apps.registry.finish(opened.place.registered)
    return opened.place
