"""Figures for plotly.js as plain JSON: data and layout. Colours are named by role; the page puts in those of its theme.

https://plotly.com/javascript/reference/
"""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

Figure = Mapping[str, Any]
LONGEST_LINE = 16
# Roles that pages.js knows: it reads `--accent`, `--good`, … of the style sheet.
ACCENT, GOOD, BAD, QUIET, SOFT = "@bar", "@good", "@bad", "@quiet", "@soft"
# Texts in bars are light in both themes; the bars are dark enough for them.
_TEXTS = {"insidetextfont": {"color": "#fff"}, "outsidetextfont": {"color": "@text"}}
_MARGIN = {"l": 8, "r": 8, "t": 8, "b": 32}
_TIGHT = _MARGIN | {"b": 8}
_HIDDEN = {"visible": False}


def funnel(stages: Sequence[str], counts: Sequence[int], texts: Sequence[str]) -> Figure:
    """Bars that narrow from stage to stage; `texts` stand in them."""
    trace = {
        "type": "funnel",
        "y": [label(each) for each in stages],
        "x": list(counts),
        "text": list(texts),
        "textinfo": "text",
        "hoverinfo": "y+text",
        "marker": {"color": ACCENT},
        "connector": {"fillcolor": SOFT, "line": {"width": 0}},
        **_TEXTS,
    }
    return _figure(
        [trace],
        {"yaxis": {"automargin": True, "autorange": "reversed", "showgrid": False}, "xaxis": _HIDDEN, "margin": _TIGHT},
    )


def waterfall(names: Sequence[str], moneys: Sequence[float], texts: Sequence[str], links: Sequence[str]) -> Figure:
    """From the first to the last bar, which are totals, by those between them; all lie, and each opens its link."""
    last = len(names) - 1
    trace = {
        "type": "waterfall",
        "orientation": "h",
        "y": [label(each) for each in names],
        "x": [0 if place == last else money for place, money in enumerate(moneys)],
        "measure": ["absolute", *["relative"] * (last - 1), "total"],
        "text": list(texts),
        "textposition": "auto",
        "hoverinfo": "y+text",
        "cliponaxis": False,
        "customdata": list(links),
        "increasing": {"marker": {"color": "@rise"}},
        "decreasing": {"marker": {"color": "@fall"}},
        "totals": {"marker": {"color": ACCENT}},
        "connector": {"line": {"color": QUIET, "width": 1}},
        **_TEXTS,
    }
    axis = {"automargin": True, "type": "category", "autorange": "reversed", "showgrid": False}
    return _figure([trace], {"yaxis": axis, "xaxis": _HIDDEN, "margin": _TIGHT | {"r": 72}})


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float | None]],
    texts: Sequence[Sequence[str]],
) -> Figure:
    """Cells coloured by value; those without one stay empty. Rows from the top."""
    trace = {
        "type": "heatmap",
        "y": list(rows),
        "x": list(columns),
        "z": [list(row) for row in values],
        "text": [list(row) for row in texts],
        "texttemplate": "%{text}",
        "textfont": {"color": "@text"},
        "hovertemplate": "%{y} · %{x}: %{text}<extra></extra>",
        "colorscale": [[0, "@cold"], [1, "@warm"]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "zmin": 0,
    }
    axes = {"yaxis": {"autorange": "reversed", "automargin": True, "type": "category", "showgrid": False}}
    return _figure(
        [trace], axes | {"xaxis": {"side": "top", "type": "category", "showgrid": False}, "margin": _TIGHT | {"t": 28}}
    )


def trend(
    periods: Sequence[str],
    lines: Mapping[str, Sequence[float | None]],
    texts: Sequence[Sequence[str]],
    *,
    percent: bool = False,
) -> Figure:
    """A line for each name; `texts` are what stands at the points, line by line."""
    roles = (ACCENT, GOOD, QUIET, BAD)
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": list(periods),
            "y": list(values),
            "text": list(texts[place]),
            "hovertemplate": "%{x}: %{text}<extra>" + name + "</extra>",
            "line": {"color": roles[place % len(roles)], "width": 2},
        }
        for place, (name, values) in enumerate(lines.items())
    ]
    axis = {"automargin": True, "rangemode": "tozero"} | {"tickformat": ".0%" if percent else ",.0f"}
    return _figure(
        traces,
        {
            "showlegend": len(lines) > 1,
            "margin": _MARGIN | {"t": 36 if len(lines) > 1 else 8},
            "xaxis": {"type": "category", "automargin": True},
            "yaxis": axis,
        },
    )


def bars(names: Sequence[str], values: Sequence[float], texts: Sequence[str]) -> Figure:
    """Bars that lie, the first one on top."""
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": [label(each) for each in names],
        "x": list(values),
        "text": list(texts),
        "textposition": "auto",
        "hoverinfo": "y+text",
        "marker": {"color": ACCENT},
        **_TEXTS,
    }
    axis = {"autorange": "reversed", "automargin": True, "showgrid": False, "type": "category"}
    return _figure([trace], {"yaxis": axis, "xaxis": _HIDDEN, "margin": _TIGHT})


def columns(periods: Sequence[str], stacks: Mapping[str, tuple[Sequence[float], str]]) -> Figure:
    """Columns of several parts each; a part has its values and the role of its colour. Parts below 0 hang down."""
    traces = [
        {"type": "bar", "name": name, "x": list(periods), "y": list(values), "marker": {"color": role}}
        for name, (values, role) in stacks.items()
    ]
    return _figure(
        traces,
        {
            "barmode": "relative",
            "showlegend": True,
            "margin": _MARGIN | {"t": 36},
            "xaxis": {"type": "category", "automargin": True},
            "yaxis": {"automargin": True},
        },
    )


def label(name: str) -> str:
    """A name in lines of some sixteen letters, so that a phone has room for the bars.

    plotly takes tags in texts for markup; names of the CRM hold none.

    >>> label("Виграні, що принесли гроші <b>")
    'Виграні, що<br>принесли гроші<br>&lt;b>'
    """
    lines = textwrap.wrap(name, LONGEST_LINE) or [name]
    return "<br>".join(line.replace("&", "&amp;").replace("<", "&lt;") for line in lines)


def _figure(traces: list[dict[str, Any]], layout: Mapping[str, Any]) -> Figure:
    return {"data": traces, "layout": {"margin": _MARGIN, "showlegend": False} | dict(layout)}
