"""Figures for plotly.js as plain JSON: data and layout. Colours are named by role; the page puts in those of its theme.

https://plotly.com/javascript/reference/
"""

import textwrap
from collections.abc import Collection, Mapping, Sequence
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
    pale: Collection[int] = (),
) -> Figure:
    """Cells coloured by value; those without one stay empty. Rows from the top, those at the places `pale` paler."""
    most = max((value for row in values for value in row if value is not None), default=0.0)
    traces = [_heat(rows, columns, values, texts, set(range(len(rows))) - set(pale), most, "@warm")]
    traces += [_heat(rows, columns, values, texts, set(pale), most, "@pale")] if pale else []
    axes = {"yaxis": {"autorange": "reversed", "automargin": True, "type": "category", "showgrid": False}}
    axes["yaxis"] |= {"categoryorder": "array", "categoryarray": list(rows)}
    return _figure(
        traces, axes | {"xaxis": {"side": "top", "type": "category", "showgrid": False}, "margin": _TIGHT | {"t": 28}}
    )


def _heat(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float | None]],
    texts: Sequence[Sequence[str]],
    places: Collection[int],
    most: float,
    warmest: str,
) -> dict[str, Any]:
    """The cells of some rows, those of the others left empty."""
    return {
        "type": "heatmap",
        "y": list(rows),
        "x": list(columns),
        "z": [list(row) if place in places else [None] * len(row) for place, row in enumerate(values)],
        "text": [list(row) if place in places else [""] * len(row) for place, row in enumerate(texts)],
        "texttemplate": "%{text}",
        "textfont": {"color": "@text"},
        "hovertemplate": "%{y} · %{x}: %{text}<extra></extra>",
        "colorscale": [[0, "@cold"], [1, warmest]],
        "showscale": False,
        "hoverongaps": False,
        "xgap": 2,
        "ygap": 2,
        "zmin": 0,
        "zmax": most or 1,
    }


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


def paired_bars(names: Sequence[str], groups: Mapping[str, tuple[Sequence[Any], Sequence[str], str]]) -> Figure:
    """Bars that lie beside each other, one of each group for each name; a group has values, texts and its role."""
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": group,
            "y": [label(each) for each in names],
            "x": [float(value) for value in values],
            "text": list(texts),
            "textposition": "auto",
            "hovertemplate": "%{y}: %{text}<extra>" + group + "</extra>",
            "marker": {"color": role},
            **_TEXTS,
        }
        for group, (values, texts, role) in groups.items()
    ]
    axis = {"autorange": "reversed", "automargin": True, "showgrid": False, "type": "category"}
    margin = _TIGHT | {"t": 36}
    return _figure(traces, {"barmode": "group", "showlegend": True, "yaxis": axis, "xaxis": _HIDDEN, "margin": margin})


def curves(ages: Sequence[str], main: tuple[str, Sequence[float]], others: Mapping[str, Sequence[float]]) -> Figure:
    """A line that is to be seen among thin ones, which tell their names where they are pointed at."""
    thin = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "showlegend": False,
            "x": list(ages[: len(values)]),
            "y": list(values),
            "hovertemplate": name + " · %{x}: %{y:,.0f}<extra></extra>",
            "line": {"color": QUIET, "width": 1},
        }
        for name, values in others.items()
    ]
    name, values = main
    bold = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": list(ages[: len(values)]),
        "y": list(values),
        "hovertemplate": name + " · %{x}: %{y:,.0f}<extra></extra>",
        "line": {"color": ACCENT, "width": 3},
    }
    axis = {"automargin": True, "rangemode": "tozero", "tickformat": ",.0f"}
    return _figure(
        [*thin, bold],
        {"showlegend": True, "margin": _MARGIN | {"t": 36}, "xaxis": {"type": "category"}, "yaxis": axis},
    )


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
