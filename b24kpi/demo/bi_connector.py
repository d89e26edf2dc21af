"""The portal's BI connector: `POST /bitrix/tools/biconnector/pbi.php`, rows of the CRM by a key, without REST.

Addresses and limits are those of the vendor's help (https://helpdesk.bitrix24.com/open/16457718/ and neighbours); the
bodies, the order of checks and the silent faults are read from the portal's source (biconnector module). Errors come
with HTTP 200. One request of rows at a time; the others wait. Of gds.php only `show_tables` and `desc` are emulated.
"""

import json
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from b24kpi.demo import bi_rows, php
from b24kpi.demo.bi_faults import disturbed, error_code, hidden_columns, is_filter_lost, more_columns
from b24kpi.demo.bi_filters import select
from b24kpi.demo.bi_tables import BI_TABLES, MOMENTS, BiTable, Column
from b24kpi.demo.faults import BI_KINDS, Fault, Faults
from b24kpi.demo.portal_time import PortalZone
from b24kpi.demo.state import PortalState
from b24kpi.demo.stats import Stats
from b24kpi.demo.wire import Request, Response

PREFIX = "/bitrix/tools/biconnector/"
_KEY_LENGTH = 32
_GRACE = 14 * 86_400  # seconds from the first overrun of a plan's limit, after which the next one locks the service
_QUIET = 7 * 86_400  # seconds without an overrun after which the first one is forgotten
_HEADERS = (("Content-Type", "application/json; charset=UTF-8"),)
_TYPES = {"int": "NUMBER", "decimal2": "NUMBER", "decimal4": "NUMBER", "string": "STRING", "date": "YEAR_MONTH_DAY"}


@dataclass
class BiSettings:
    """What the connector of a portal is like; may be changed while it runs.

    `key` '' lets nobody in. `row_limit` is the plan's per request (0: none); `cuts_at_limit` ends an answer there with
    OVER_LIMIT, as portals do since 25.1150; older ones send the rest and lock the service after repeated overruns.
    `data_time_zone` is the option that shifts every moment by that zone's offset of today.
    """

    key: str = ""
    has_feature: bool = True
    is_locked: bool = False
    row_limit: int = 0
    cuts_at_limit: bool = True
    data_time_zone: str = ""


class _Refused(Exception):
    """An answer `{"error": code}`."""

    def __init__(self, code: str, **more: str) -> None:
        super().__init__(code)
        self.payload = {"error": code, **more}


class BiConnector:
    """Answers the connector's requests on one state."""

    def __init__(self, state: PortalState, faults: Faults, stats: Stats) -> None:
        self.settings = BiSettings()
        self._state = state
        self._faults = faults
        self._stats = stats
        self._turn = threading.Lock()
        self._overruns: list[float] = []

    def answer(self, request: Request, script: str, query: str) -> Response:
        """The response to a request of `pbi.php` or `gds.php`; rows are streamed."""
        params = php.parse_str(query)
        body = _body(request)
        fault = self._faults.take_inner(BI_KINDS, script)
        self._stats.called(script, {**params, **{name: value for name, value in body.items() if name != "key"}})
        try:
            self._admit(body, params, fault)
            if script == "gds.php" and "show_tables" in params:
                return _whole([[table.name, table.title] for table in BI_TABLES.values()])
            table = self._table(php.to_string(params.get("table")))
            if "desc" in params:
                return _whole([_described(table, column) for column in table.columns.values()])
            if script == "gds.php":
                raise _Refused("UKNOWN_COMMAND")
            limit = php.to_int(params["limit"]) if "limit" in params else None
            return Response(200, _HEADERS, b"", stream=self._rows(table, body, limit, fault))
        except _Refused as error:
            return _whole(error.payload)

    def _admit(self, body: Mapping[str, Any], params: Mapping[Any, Any], fault: Fault | None) -> None:
        key = php.to_string(body["key"] if "key" in body else params.get("token"))[:_KEY_LENGTH]
        settings = self.settings
        if not settings.key or key != settings.key[:_KEY_LENGTH]:
            raise _Refused("WRONG_KEY")
        if not settings.has_feature:
            raise _Refused("DISABLED")
        if settings.is_locked:
            raise _Refused("LIMIT_EXCEEDED")
        if code := error_code(fault):
            raise _Refused(code, **({"errstr": "Lost connection"} if code == "SQL_ERROR" else {}))

    def _table(self, name: str) -> BiTable:
        table = BI_TABLES.get(name)
        if table is None:
            raise _Refused("NO_TABLE")
        if name.endswith("_uf"):
            return table.with_user_fields(self._state.table(table.source).fields.values())
        return table

    # --- rows

    def _rows(
        self, table: BiTable, body: Mapping[str, Any], limit: int | None, fault: Fault | None
    ) -> Generator[bytes, None, None]:
        columns = _selected(table, body.get("fields"))
        columns = [column for column in columns if column.name not in hidden_columns(fault)]
        columns += [column for column in more_columns(table, fault) if column not in columns]
        shift = self._shift()
        chosen = select(table, {} if is_filter_lost(fault) else body, self._state.zone, shift=shift)

        def answer() -> Generator[bytes, None, None]:
            with self._turn:
                found = bi_rows.read(self._state, table, columns, chosen.conditions, limit)
                changes = bi_rows.renderers(columns, self._state.zone, shift)
                rows: Iterable[bi_rows.Values] = (bi_rows.shown(row, changes) for row in found)
                ending: list[str] = []
                header = [column.name for column in columns]
                kept = self._within_limit(disturbed(rows, fault), ending)
                yield from _disturbed_pieces(_lines(header, kept, ending), fault)

        return answer()

    def _within_limit(self, rows: Iterable[bi_rows.Values], ending: list[str]) -> Iterator[bi_rows.Values]:
        """The rows that the plan lets through; `ending` gets the mark of a cut answer."""
        limit = self.settings.row_limit
        for count, row in enumerate(rows, 1):
            if limit and count == limit + 1:
                self._overrun()
                if self.settings.cuts_at_limit:
                    ending.append(f",{bi_rows.encoded(bi_rows.OVER_LIMIT)}\n")
                    return
            yield row

    def _overrun(self) -> None:
        now = self._state.now()
        recent = self._overruns if self._overruns and now - self._overruns[-1] < _QUIET else []
        self._overruns = [*recent, now]
        if now - self._overruns[0] > _GRACE:
            self.settings.is_locked = True

    def _shift(self) -> int:
        if not self.settings.data_time_zone:
            return 0
        now = self._state.now()
        return PortalZone(self.settings.data_time_zone).offset(now) - self._state.zone.offset(now)


def _body(request: Request) -> dict[str, Any]:
    try:
        decoded = json.loads(request.body) if request.body else {}
    except ValueError:
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _selected(table: BiTable, fields: Any) -> list[Column]:
    """The columns asked for, in that order; unknown ones are dropped, nothing asked means all."""
    if fields is None:
        return list(table.columns.values())
    entries = fields if isinstance(fields, list) else [fields]
    if not all(isinstance(entry, dict) for entry in entries):
        raise _Refused("INVALID_SELECT_FIELDS_FORMAT")
    found = [table.columns[name] for entry in entries if (name := entry.get("name")) in table.columns]
    if not found:
        raise _Refused("EMPTY_SELECT_FIELDS_LIST")
    return found


def _lines(header: list[str], rows: Iterable[bi_rows.Values], ending: list[str]) -> Iterator[str]:
    yield "[\n"
    yield f"{bi_rows.encoded(header)}\n"
    for row in rows:
        yield f",{bi_rows.encoded(row)}\n"
    yield from ending
    yield "]\n"


def _disturbed_pieces(texts: Iterable[str], fault: Fault | None) -> Iterator[bytes]:
    """The answer in pieces; `bi_cut_line` ends it in the middle of a line, over a connection that is all right."""
    for piece in bi_rows.pieces(texts):
        if fault and fault.kind == "bi_cut_line":
            yield piece[: len(piece) // 2]
            return
        yield piece


def _described(table: BiTable, column: Column) -> dict[str, Any]:
    number = column.type.startswith(("int", "decimal"))
    return {
        "CONCEPT_TYPE": "METRIC" if number and column.name not in table.keys else "DIMENSION",
        "ID": column.name,
        "NAME": column.name,
        "DESCRIPTION": "",
        "TYPE": _TYPES.get(column.type, "YEAR_MONTH_DAY_SECOND" if column.type in MOMENTS else "STRING"),
        "IS_PRIMARY": "Y" if column.name in table.keys else "N",
        **dict.fromkeys(("AGGREGATION_TYPE", "GROUP_KEY", "GROUP_CONCAT", "GROUP_COUNT", "IS_VALUE_SPLITABLE")),
    }


def _whole(payload: Any) -> Response:
    return Response(200, _HEADERS, (json.dumps(payload, ensure_ascii=False, indent=4) + "\n").encode())
