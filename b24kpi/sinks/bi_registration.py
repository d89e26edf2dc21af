"""Connector, source and data sets in BI Builder: found again, made where they are missing, put right where they differ.

An application sees what it made itself. Errors come with HTTP 200, beside `result` or within it. The portal calls
`urlCheck` while a source or a data set is made, so the web server has to answer by then.
https://apidocs.bitrix24.com/api-reference/biconnector/index.html
"""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from b24kpi import locale
from b24kpi.errors import UnexpectedAnswer
from b24kpi.portal.client import Portal
from b24kpi.portal.codes import classify
from b24kpi.portal.secret import Secret
from b24kpi.report.data_sets import DATA_SETS, DataSet
from b24kpi.sinks.writing import made

TITLE = "b24kpi"
SETTING = "secret"
# Field of a connector → where below the public address its calls are answered.
ENDPOINTS = {
    "urlCheck": "/bi/check",
    "urlTableList": "/bi/tables",
    "urlTableDescription": "/bi/columns",
    "urlData": "/bi/rows",
}
_LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="4" fill="#1f6feb"/>'
    b'<path d="M5 18V12h3v6zM10.5 18V8h3v10zM16 18V5h3v13z" fill="#fff"/></svg>'
)

Row = Mapping[str, Any]


class Registration:
    """Everything of ours in BI Builder.

    Args:
        public_url: where Bitrix24 reaches us; secret: what it has to show there.
        language: of descriptions.
    """

    def __init__(self, portal: Portal, public_url: str, secret: Secret, language: str) -> None:
        self._portal = portal
        self._public_url = public_url
        self._secret = secret
        self._language = language

    def run(self) -> None:
        """Make BI Builder know all our data sets.

        Raises:
            Refused: rights, scope, plan, or BI Builder does not reach us.
            PortalError: the portal failed in other ways.
        """
        source_id = self._source(self._connector())
        there = {str(row["name"]): row for row in self._listed("dataset", ("id", "name"))}
        for each in DATA_SETS.values():
            if each.code in there:
                self._complete(each, int(there[each.code]["id"]))
            else:
                self._add("dataset", self._data_set(each, source_id), partial(self._named, each.code))

    # --- connector and source

    def _connector(self) -> int:
        wanted = {name: f"{self._public_url}{path}" for name, path in ENDPOINTS.items()}
        found = self._ours()
        if found is None:
            fields = {"title": TITLE, "logo": _logo(), "description": self._say("about"), **wanted}
            setting = {"code": SETTING, "name": self._say("secret"), "type": "STRING"}
            return self._add("connector", {**fields, "settings": [setting]}, self._ours)
        if any(found.get(name) != address for name, address in wanted.items()):
            self._call("biconnector.connector.update", {"id": int(found["id"]), "fields": wanted})
        return int(found["id"])

    def _ours(self) -> Row | None:
        return _oldest(row for row in self._listed("connector", ("id", "title", *ENDPOINTS)) if row["title"] == TITLE)

    def _source(self, connector_id: int) -> int:
        def found() -> Row | None:
            rows = self._listed("source", ("id", "connectorId"))
            return _oldest(row for row in rows if str(row["connectorId"]) == str(connector_id))

        settings = {SETTING: self._secret.reveal()}
        if (source := found()) is None:
            fields = {"title": TITLE, "connectorId": connector_id, "settings": settings}
            return self._add("source", {**fields, "description": self._say("about")}, found)
        if self._settings_of(int(source["id"])) != settings:
            self._call("biconnector.source.update", {"id": int(source["id"]), "fields": {"settings": settings}})
        return int(source["id"])

    def _settings_of(self, source_id: int) -> dict[str, str]:
        item = self._item("source", source_id)
        settings = item.get("settings")
        return {str(each["code"]): str(each.get("value")) for each in settings} if isinstance(settings, list) else {}

    # --- data sets

    def _data_set(self, each: DataSet, source_id: int) -> Row:
        return {
            "name": each.code,
            "externalName": each.title(self._language),
            "externalCode": each.code,
            "description": self._say("about"),
            "sourceId": source_id,
            "fields": _fields(each),
        }

    def _complete(self, each: DataSet, number: int) -> None:
        """Add the fields that a newer b24kpi has."""
        fields = self._item("dataset", number).get("fields")
        there = {str(field["name"]) for field in fields} if isinstance(fields, list) else set()
        missing = [field for field in _fields(each) if field["name"] not in there]
        if missing:
            self._call("biconnector.dataset.fields.update", {"id": number, "add": missing}, idempotent=False)

    def _named(self, code: str) -> Row | None:
        return _oldest(row for row in self._listed("dataset", ("id", "name")) if row["name"] == code)

    # --- calls

    def _add(self, kind: str, fields: Row, find: Callable[[], Row | None]) -> int:
        """The id of what was made; where the answer was lost, of what is found then."""

        def make() -> Row:
            result = self._call(f"biconnector.{kind}.add", {"fields": fields}, idempotent=False)
            if not isinstance(result, Mapping) or not str(result.get("id")).isdecimal():
                raise UnexpectedAnswer("portal.no_rows", method=f"biconnector.{kind}.add", entity=kind)
            return result

        return int(made(self._portal, make, find)["id"])

    def _item(self, kind: str, number: int) -> Row:
        result = self._call(f"biconnector.{kind}.get", {"id": number})
        item = result.get("item") if isinstance(result, Mapping) else None
        if not isinstance(item, Mapping):
            raise UnexpectedAnswer("portal.no_rows", method=f"biconnector.{kind}.get", entity=kind)
        return item

    def _listed(self, kind: str, select: Sequence[str]) -> list[Row]:
        """All rows of ours: pages of fifty, the last one not full."""
        rows: list[Row] = []
        page, method = 1, f"biconnector.{kind}.list"
        while True:
            result = self._call(method, {"select": list(select), "order": {"id": "ASC"}, "page": page})
            if not isinstance(result, list):
                raise UnexpectedAnswer("portal.no_rows", method=method, entity=kind)
            rows += result
            if len(result) < _PAGE:
                return rows
            page += 1

    def _call(self, method: str, params: Row, *, idempotent: bool = True) -> Any:
        result = self._portal.call(method, params, idempotent=idempotent).result
        if isinstance(result, Mapping) and (failure := result.get("error")):
            told = failure if isinstance(failure, Mapping) else result
            text = str(told.get("error_description", ""))
            raise self._portal.access.reworded(classify(str(told.get("error", "")), 200, text, method))
        return result

    def _say(self, key: str) -> str:
        return locale.text(f"bi.{key}", self._language)


_PAGE = 50


def _oldest(rows: Any) -> Row | None:
    return min(rows, key=lambda row: int(row["id"]), default=None)


def _fields(data_set: DataSet) -> list[dict[str, str]]:
    return [{"type": each.kind.shown, "name": each.code, "externalCode": each.code} for each in data_set.columns]


def _logo() -> str:
    return f"data:image/svg+xml;base64,{b64encode(_LOGO).decode()}"
