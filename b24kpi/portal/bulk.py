"""The portal's BI connector as a source of rows: one request after another over one connection, answers as they come.

It is no REST: no scopes, no batches, no budgets, and no rights either: a key sees every row. Requests of one portal
wait for each other, the customer's own analytics included, so slices are short. The key is sent in the body and stands
in no address. Addresses: https://helpdesk.bitrix24.com/open/16457718/; the body of a request is read from the portal's
source
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import requests

from b24kpi.errors import PortalError, Refused, RetryLater, UnexpectedAnswer
from b24kpi.portal.access import Access
from b24kpi.portal.bulk_answer import Cells, broken, lines_of, rows_in
from b24kpi.portal.secret import Secret
from b24kpi.portal.transport import CONNECT_TIMEOUT, HEADERS, bare_session

SCRIPT = "bitrix/tools/biconnector/pbi.php"
# A request waits until those of the customer's own analytics are done.
READ_TIMEOUT = 600.0
CHUNK = 65_536
# Half of what the least plan lets through; https://helpdesk.bitrix24.com/open/15424372/
SLICE_ROWS = 5_000


@dataclass(frozen=True)
class Slice:
    """The rows of a table with after < ID <= upto, at most `limit` of them; of these the columns, ID among them."""

    table: str
    columns: tuple[str, ...]
    after: int
    upto: int
    limit: int

    @property
    def body(self) -> dict[str, Any]:
        """What is asked for, the key left out. Only operators that the vendor names: others drop every condition."""
        return {
            "fields": [{"name": name} for name in self.columns],
            "dimensionsFilters": [
                [_condition("NUMERIC_GREATER_THAN", self.after)],
                [_condition("NUMERIC_LESS_THAN", self.upto + 1)],
            ],
        }


def _condition(operator: str, value: int) -> dict[str, Any]:
    return {"fieldName": "ID", "values": [value], "type": "INCLUDE", "operator": operator}


class BulkSource:
    """Reads tables of the BI connector with a key.

    Args:
        session: another requests session, for tests and proxies; it is not closed by `close()`.
        slice_rows: about how many rows are to be asked for at once.

    Attributes:
        requests: HTTP requests sent.
    """

    def __init__(
        self, access: Access, key: Secret, *, session: requests.Session | None = None, slice_rows: int = SLICE_ROWS
    ) -> None:
        self.requests = 0
        self.slice_rows = slice_rows
        self._access = access
        self._key = key
        self._own = None if session else bare_session(local=access.local, connections=1)
        self._session = session or self._own

    def close(self) -> None:
        """Close the connection."""
        if self._own is not None:
            self._own.close()

    def probe(self) -> None:
        """Try the key on one deal.

        Raises:
            PortalError: why rows cannot be read with it.
        """
        for _ in self.rows(Slice("crm_deal", ("ID",), 0, 2**31 - 2, 1)):
            pass

    def rows(self, wanted: Slice) -> Iterator[Cells]:
        """The rows of a slice, in no order; nothing is proven but their columns. Close the iterator to stop early.

        Raises:
            PortalError: the connector refused or failed, or the answer broke off; see `bulk_answer.rows_in`.
        """
        body = json.dumps({"key": self._key.reveal(), **wanted.body}).encode()
        with self._answer(wanted, body) as answer:
            chunks = _chunks(answer, self._access.host, wanted.table)
            yield from rows_in(lines_of(chunks, wanted.table), wanted.table, wanted.columns)

    @contextmanager
    def _answer(self, wanted: Slice, body: bytes) -> Iterator[requests.Response]:
        assert self._session is not None
        self.requests += 1
        address = self._access.grant().address(SCRIPT)
        answer = None
        with suppress(requests.RequestException):  # the request that it quotes has the key in its body
            answer = self._session.post(
                f"{address}?table={wanted.table}&limit={wanted.limit}",
                data=body,
                headers=HEADERS,
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                allow_redirects=False,
                stream=True,
            )
        if answer is None:
            raise _unreachable(self._access.host, wanted.table)
        with answer:
            _check_head(answer, self._access.host, wanted.table)
            yield answer


def _check_head(answer: requests.Response, host: str, table: str) -> None:
    """
    Raises:
        PortalError: something else than the connector has answered.
    """
    if answer.status_code != 200:
        kind: type[PortalError] = RetryLater if answer.status_code >= 500 else Refused
        raise kind("bulk.bad_status", method=table, host=host, status=answer.status_code)
    if not answer.headers.get("Content-Type", "").startswith("application/json"):
        raise broken(table)


def _chunks(answer: requests.Response, host: str, table: str) -> Iterator[bytes]:
    pieces = answer.iter_content(CHUNK)
    while True:
        try:
            piece = next(pieces, None)
        except requests.RequestException:
            break
        if piece is None:
            return
        yield piece
    raise _unreachable(host, table)


def _unreachable(host: str, table: str) -> RetryLater:
    return RetryLater("bulk.unreachable", method=table, host=host)


def distinct(rows: Sequence[Cells], place: int, wanted: Slice) -> dict[int, Cells]:
    """The rows by their ids, of which `place` is the column.

    Raises:
        UnexpectedAnswer: one that comes twice, is none of the slice, or has no id.
    """
    found: dict[int, Cells] = {}
    for row in rows:
        identifier = row[place]
        known = isinstance(identifier, int) and wanted.after < identifier <= wanted.upto and identifier not in found
        if not known:
            raise UnexpectedAnswer("bulk.wrong_rows", method=wanted.table, after=wanted.after, upto=wanted.upto)
        found[identifier] = row
    return found
