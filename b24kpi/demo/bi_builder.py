"""BI Builder with external sources: what applications registered, and how it asks their connectors for data.

https://apidocs.bitrix24.com/api-reference/biconnector/connector/index.html : four endpoints, POST with a urlencoded
form, 200 and a body that is not empty. A real portal does not call addresses of a local network; this one does.
"""

import contextlib
import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from typing import Any

from b24kpi.demo import php
from b24kpi.demo.php import Array
from b24kpi.demo.storage import Row

TYPES = ("int", "string", "double", "date", "datetime")
_SECONDS = 250
_DATE = r"\d{4}-\d\d-\d\d"
_TEXT_TYPES = {
    "date": re.compile(_DATE),
    "datetime": re.compile(rf"{_DATE}[ T]\d\d:\d\d:\d\d(?:[+-]\d\d:\d\d|Z)?"),
}


class ConnectorFault(Exception):
    """What BI Builder does not accept of a connector's answer."""


class BiBuilder:
    """Connectors, sources and data sets by id, each a row with REST's names and the `client_id` of its application.

    `select_by_name`: whether `select` names fields as the data set does, or by their external codes: the pages leave
    both open. `nested_errors`: whether errors of biconnector.* stand within `result`, which the pages leave open too;
    `refusing` maps methods to the codes with which they refuse.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.connectors: dict[int, Row] = {}
        self.sources: dict[int, Row] = {}
        self.datasets: dict[int, Row] = {}
        self.select_by_name = False
        self.nested_errors = False
        self.refusing: dict[str, str] = {}
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    # --- the four endpoints

    def check(self, connector: Row, settings: Row) -> None:
        """Whether a source is reached. Raises ConnectorFault."""
        self._post(connector["urlCheck"], {}, settings)

    def tables(self, source_id: int, search: str = "") -> list[Row]:
        """Tables of a source as `code` and `title`. Raises ConnectorFault."""
        return _described(self._of_source(source_id, "urlTableList", {"searchString": search}), ("code", "title"))

    def columns(self, source_id: int, table: str) -> list[Row]:
        """Columns of a table as `code`, `name` and `type`, an unknown type as string. Raises ConnectorFault."""
        answer = self._of_source(source_id, "urlTableDescription", {"table": table})
        return [
            {**column, "type": column["type"] if column["type"] in TYPES else "string"}
            for column in _described(answer, ("code", "name", "type"))
        ]

    def rows(
        self,
        dataset_id: int,
        *,
        select: Sequence[str] = (),
        filter: Array | None = None,
        limit: int | None = None,
    ) -> list[Row]:
        """Rows of a data set by the names of its fields; `select` takes such names too. Raises ConnectorFault."""
        dataset = self.datasets[dataset_id]
        fields = [each for each in dataset["fields"] if each["visible"] and (not select or each["name"] in select)]
        if unknown := set(select) - {each["name"] for each in fields}:
            raise ConnectorFault(f"the data set has no visible field {', '.join(sorted(unknown))}")
        asked: Array = {"table": dataset["externalCode"]}
        named = "name" if self.select_by_name else "externalCode"
        asked |= {"select": [each[named] for each in fields]} if select else {}
        asked |= {"filter": filter} if filter else {}
        asked |= {} if limit is None else {"limit": limit}
        connector = self.connectors[self.sources[dataset["sourceId"]]["connectorId"]]
        if connector.get("supportMapping"):
            asked["mapFields"] = {each["externalCode"]: each["name"] for each in fields}
        return _table(self._of_source(dataset["sourceId"], "urlData", asked), fields, limit)

    def _of_source(self, source_id: int, endpoint: str, asked: Array) -> Any:
        source = self.sources[source_id]
        body = self._post(self.connectors[source["connectorId"]][endpoint], asked, source["settings"])
        try:
            return json.loads(body)
        except ValueError:
            raise ConnectorFault(f"{endpoint} answers no JSON: {body[:100]!r}") from None

    def _post(self, url: str, asked: Array, settings: Row) -> bytes:
        form = php.build_query({**asked, "connection": settings})
        try:
            request = urllib.request.Request(url, form.encode(), method="POST")
            with contextlib.closing(self._opener.open(request, timeout=_SECONDS)) as answer:
                status, body = answer.status, bytes(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise ConnectorFault(f"{url} answers {error.code}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise ConnectorFault(f"{url}: {error}") from None
        if status != 200 or not body.strip():
            raise ConnectorFault(f"{url} answers {status} with {len(body)} bytes")
        return body


def _described(answer: Any, names: tuple[str, ...]) -> list[Row]:
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise ConnectorFault("the answer is no list of objects")
    for row in answer:
        if missing := [name for name in names if not row.get(name)]:
            raise ConnectorFault(f"{', '.join(missing)} of {row} is empty")
    return answer


def _table(answer: Any, fields: Sequence[Row], limit: int | None) -> list[Row]:
    """Header and rows, each value of the type that its field has."""
    if not isinstance(answer, list) or not answer or not all(isinstance(row, list) for row in answer):
        raise ConnectorFault("the answer is no list of lists with a header")
    header, *rows = answer
    places = {code: place for place, code in enumerate(header)}
    if absent := [each["externalCode"] for each in fields if each["externalCode"] not in places]:
        raise ConnectorFault(f"the header {header} lacks {', '.join(absent)}")
    if limit is not None and len(rows) > limit:
        raise ConnectorFault(f"{len(rows)} rows where {limit} were asked for")
    if any(len(row) != len(header) for row in rows):
        raise ConnectorFault("a row is not as long as the header")
    return [{each["name"]: _value(row[places[each["externalCode"]]], each) for each in fields} for row in rows]


def _value(value: Any, field: Row) -> Any:
    kind = field["type"]
    if value is None:
        return None
    fits = {
        "int": isinstance(value, int) and not isinstance(value, bool),
        "double": isinstance(value, int | float) and not isinstance(value, bool),
        "string": isinstance(value, str),
    }.get(kind, isinstance(value, str) and kind in _TEXT_TYPES and bool(_TEXT_TYPES[kind].fullmatch(value)))
    if not fits:
        raise ConnectorFault(f"{value!r} in {field['name']} is no {kind}")
    return value
