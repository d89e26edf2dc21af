"""A report as one HTML file that needs nothing else: readable by day, by night and on paper."""

from html import escape

from b24kpi.report.layout import lay_out
from b24kpi.report.model import Report
from b24kpi.report.table import Column, Table
from b24kpi.report.wording import Wording

_STYLE = """
:root { color-scheme: light dark; --line: #d5d9e0; --quiet: #5b6472; --stripe: #f5f7fa; }
@media (prefers-color-scheme: dark) { :root { --line: #3a404b; --quiet: #a3adbb; --stripe: #1d222b; } }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 78rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .4rem; }
div { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .8rem .25rem 0; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { white-space: normal; vertical-align: bottom; }
tbody tr:nth-child(even) { background: var(--stripe); }
.number { text-align: right; }
footer { color: var(--quiet); margin-top: 2rem; }
footer p { margin: .15rem 0; }
@media print {
  body { margin: 0; max-width: none; font-size: 11px; }
  div { overflow: visible; }
  tr { break-inside: avoid; }
  h2 { break-after: avoid; }
}
"""


def render_html(report: Report, wording: Wording) -> str:
    """The document; texts of the CRM are escaped, and it runs no script."""
    pages = lay_out(report, wording)
    title = escape(wording.say("report.title"))
    tables = "\n".join(_table(table) for table in pages.tables)
    notes = "\n".join(f"<p>{escape(note)}</p>" for note in pages.notes)
    return f"""<!doctype html>
<html lang="{wording.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{title}</h1>
{tables}
<footer>
{notes}
</footer>
</body>
</html>
"""


def _table(table: Table) -> str:
    title = f"<h2>{escape(table.title)}</h2>\n" if table.title else ""
    heads = _cells("th", tuple(column.title for column in table.columns), table.columns)
    rows = "\n".join(f"<tr>{_cells('td', row, table.columns)}</tr>" for row in table.rows)
    return f"{title}<div><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>"


def _cells(tag: str, texts: tuple[str, ...], columns: tuple[Column, ...]) -> str:
    return "".join(
        f"<{tag}{' class=number' if column.numeric else ''}>{escape(text)}</{tag}>"
        for text, column in zip(texts, columns, strict=True)
    )
