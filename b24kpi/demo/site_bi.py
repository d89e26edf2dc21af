"""BI Builder's page: data sets of applications with their first rows, and what their sources offer."""

from collections.abc import Sequence
from html import escape

from b24kpi.demo import php
from b24kpi.demo.bi_builder import BiBuilder, ConnectorFault
from b24kpi.demo.site_pages import Link, Viewer, card, columns
from b24kpi.demo.site_shell import BI, Shell, Visit, word
from b24kpi.demo.storage import Row
from b24kpi.demo.wire import Response

_ROWS = 20


class BiPages:
    """For administrators; every look asks the application's server anew."""

    def __init__(self, shell: Shell, builder: BiBuilder) -> None:
        self._shell = shell
        self._builder = builder

    def overview(self, visit: Visit) -> Response:
        """The data sets, one of them with its rows."""
        viewer = visit.viewer
        if not viewer.is_admin:
            return self._shell.fault(visit, "administrators_only", 403)
        links = [Link(f"{BI}?dataset={number}", row["name"]) for number, row in self._builder.datasets.items()]
        chosen = php.to_int(visit.params.get("dataset"))
        if chosen in self._builder.datasets:
            content = self._preview(viewer, self._builder.datasets[chosen])
        else:
            content = self._sources(viewer) or card(f"<p>{viewer.say('no_datasets')}</p>")
        shown = columns(word(visit, "datasets"), links, f"{BI}?dataset={chosen}", content)
        return self._shell.page(visit, word(visit, "bi"), shown)

    def _preview(self, viewer: Viewer, dataset: Row) -> str:
        try:
            rows = self._builder.rows(dataset["id"], limit=_ROWS)
        except ConnectorFault as fault:
            return card(f'<p class="fault">{escape(str(fault))}</p>', dataset["name"])
        names = [each["name"] for each in dataset["fields"] if each["visible"]]
        values = [[row[name] for name in names] for row in rows]
        return card(_table(names, values) + f"<p>{viewer.say('first_rows')} {len(rows)}</p>", dataset["name"])

    def _sources(self, viewer: Viewer) -> str:
        return "".join(self._source(viewer, source) for source in self._builder.sources.values())

    def _source(self, viewer: Viewer, source: Row) -> str:
        try:
            tables = self._builder.tables(source["id"])
        except ConnectorFault as fault:
            return card(f'<p class="fault">{escape(str(fault))}</p>', source["title"])
        values = [[table["code"], table["title"]] for table in tables]
        heads = [viewer.say("id"), viewer.say("title")]
        return card(f"<p>{viewer.say('tables')}</p>{_table(heads, values)}", source["title"])


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    marks = [
        ' class="number"' if any(isinstance(row[place], int | float) for row in rows) else ""
        for place in range(len(heads))
    ]
    head = "".join(f"<th{mark}>{escape(name)}</th>" for name, mark in zip(heads, marks, strict=True))
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(value: object) -> str:
    is_number = isinstance(value, int | float)
    text = "–" if value is None else escape(str(value))
    return f'<td class="number">{text}</td>' if is_number else f"<td>{text}</td>"
