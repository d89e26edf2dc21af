"""The tokens of a local application, in a file beside the cache that only its owner can read.

Bitrix24 takes each refresh token once, so new tokens are on the disk before they are used: written whole into
`….new`, which then takes the place of the file. A `….new` that a crash has left behind holds the newer tokens and is
taken up by the next reader. What a crash before that loses, are tokens that nobody else has: then the OAuth server
decides whether it takes the old ones once more, and if not, the next administrator who opens the application in
Bitrix24 brings new ones.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from sqlite_utils.utils import sqlite3

from b24kpi.errors import CacheError
from b24kpi.portal.secret import Secret

# How long who needs the tokens waits for who renews them, in seconds.
PATIENCE = 120.0

NOTHING = Secret("")


@dataclass(frozen=True)
class Tokens:
    """One installation of the application.

    Attributes:
        client_id: key of the application that they are for.
        member_id: the portal, whatever its name is.
        client_endpoint: address before the names of REST methods, as the OAuth server has confirmed it.
        server_endpoint: OAuth server that gave them, as it was told; it is asked only if the allow-list has it.
        application_token: what the portal proves itself with; empty where it has told none.
        session_key: what the sessions of viewers are signed with; ours.
        user_id: whose rights the calls have.
        installed_at: epoch seconds of this machine.
        bi_secret: what BI Builder proves itself with; ours, empty until it is needed.
    """

    client_id: str
    member_id: str
    client_endpoint: str
    server_endpoint: str
    access_token: Secret
    refresh_token: Secret
    application_token: Secret
    session_key: Secret
    user_id: int
    installed_at: int
    bi_secret: Secret = NOTHING

    @property
    def host(self) -> str:
        """The portal's host, with the port where one is given."""
        return urlsplit(self.client_endpoint).netloc

    @property
    def are_lost(self) -> bool:
        """Whether Bitrix24 takes them no more; an administrator's visit brings others."""
        return not self.refresh_token.reveal()

    def to_json(self) -> str:
        """All of it, secrets included."""
        values = asdict(self)
        return json.dumps({name: v.reveal() if isinstance(v, Secret) else v for name, v in values.items()}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote.

        Raises:
            ValueError: anything else.
        """
        values: Any = json.loads(text)
        try:
            values = {"bi_secret": "", **values}  # older files have none
            given: dict[str, Any] = {field.name: values[field.name] for field in fields(cls)}
        except (KeyError, TypeError):
            raise ValueError("not tokens") from None
        given |= {field.name: Secret(given[field.name]) for field in fields(cls) if field.type is Secret}
        return cls(**given)


class TokenFile:
    """The file; what is changed in it is changed under `alone`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fresh = path.with_name(f"{path.name}.new")

    @classmethod
    def beside(cls, cache: Path) -> Self:
        """That of a cache."""
        return cls(Path(f"{cache}.tokens"))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the file's lock against all threads and processes; the system frees it when the process ends.

        Raises:
            CacheError: another holds it for too long.
        """
        connection = sqlite3.connect(f"{self.path}.lock", timeout=PATIENCE, isolation_level=None)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            raise CacheError("portal.tokens_locked", file=str(self.path), problem=str(error)) from None
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
            connection.close()

    def read(self) -> Tokens | None:
        """The newest tokens; None where the application is not installed.

        Raises:
            CacheError: the file is damaged or cannot be read.
        """
        with self._told():
            newer = _read(self._fresh)
            return _tokens(newer, damaged=None) or _tokens(_read(self.path), damaged=self.path)

    def write(self, tokens: Tokens) -> None:
        """Put the tokens in the place of the former ones; they are on the disk when this returns.

        Raises:
            CacheError: the file cannot be written.
        """
        with self._told():
            if _tokens(_read(self._fresh), damaged=None) is not None:
                self._fresh.replace(self.path)
            with os.fdopen(os.open(self._fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(tokens.to_json())
                file.flush()
                os.fsync(file.fileno())
            self._fresh.replace(self.path)
            _settle(self.path.parent)

    def remove(self) -> None:
        """The application is installed no more."""
        with self._told():
            self._fresh.unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CacheError("portal.tokens_unusable", file=str(self.path), problem=error.strerror or "?") from None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _tokens(text: str | None, *, damaged: Path | None) -> Tokens | None:
    """What a text says; one that is no tokens is nothing, or where a file is named an error."""
    if text is None:
        return None
    try:
        return Tokens.from_json(text)
    except ValueError:
        if damaged is None:
            return None
        raise CacheError("portal.tokens_damaged", file=str(damaged)) from None


def _settle(folder: Path) -> None:
    """Make a renaming survive a loss of power, where the system knows how."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
