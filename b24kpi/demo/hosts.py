"""A host: one address that answers in a thread of its own."""

import threading

from b24kpi.demo.wire import Exchange, Server


class Host:
    """Answers at `url` between `start` and `stop`; the port may be 0 for any, until the start."""

    def __init__(self, name: str, host: str, port: int, exchange: Exchange) -> None:
        self._name = name
        self._address = (host, port)
        self._exchange = exchange
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        host, port = self._address
        return f"http://{host}:{port}"

    @property
    def is_running(self) -> bool:
        """Whether it answers."""
        return self._server is not None

    def start(self) -> None:
        """Binds the port and serves. Raises OSError where the port is taken."""
        self._server = Server(self._address, lambda request: self._exchange(request))
        self._address = (self._address[0], self._server.server_port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name=self._name, daemon=True
        )
        self._thread.start()

    def answer_by(self, exchange: Exchange) -> None:
        """Answers otherwise from now on."""
        self._exchange = exchange

    def stop(self) -> None:
        """Ends the server and its connections; nothing where it does not run."""
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join()
            self._server = None
