"""How deals came through the stages of a pipeline, as ribbons and a table: stayed, flashed through, passed by, back."""

from collections.abc import Mapping, Sequence

from b24kpi.report.stage_ways import Ways
from b24kpi.web.figures import ACCENT, BAD, QUIET, Figure, label
from b24kpi.web.pages.cells import count_cell, share_cell
from b24kpi.web.pages.model import Block, Cell, Chart, Grid, Head
from b24kpi.web.pages.view import View

Named = tuple[str, Ways]
# What becomes a ribbon, in which colour; whatever goes back hangs to the left.
PARTS: Mapping[str, str] = {"stayed": ACCENT, "instant": "@warm", "skipped": QUIET, "returned": BAD}
# What is legible on each of them in both themes.
_TEXTS = {ACCENT: "#fff", "@warm": "@text", QUIET: "@card", BAD: "@card"}
_AXIS = {"automargin": True, "type": "category", "autorange": "reversed", "showgrid": False}


def ribbons(view: View, pipeline: str, name: str, stages: Sequence[Named]) -> list[Block]:
    """A figure and a table; nothing where no deal passed a stage by, flashed through one or went back."""
    if not any(ways.skipped or ways.instant or ways.returned for _, ways in stages):
        return []
    return [_chart(view, pipeline, name, stages), _table(view, pipeline, name, stages)]


def figure(stages: Sequence[Named], titles: Mapping[str, str]) -> Figure:
    """Bars that lie, a part for each way through a stage."""
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": titles[part],
            "y": [label(stage) for stage, _ in stages],
            "x": [_signed(part, ways) for _, ways in stages],
            "text": [str(getattr(ways, part) or "") for _, ways in stages],
            "textposition": "auto",
            "hoverinfo": "y+name+text",
            "marker": {"color": role},
            "insidetextfont": {"color": _TEXTS[role]},
        }
        for part, role in PARTS.items()
    ]
    layout = {
        "barmode": "relative",
        "showlegend": True,
        "margin": {"l": 8, "r": 8, "t": 36, "b": 8},
        "yaxis": _AXIS,
        "xaxis": {"visible": False},
    }
    return {"data": traces, "layout": layout}


def _signed(part: str, ways: Ways) -> int:
    count: int = getattr(ways, part)
    return -count if part == "returned" else count


def _chart(view: View, pipeline: str, name: str, stages: Sequence[Named]) -> Chart:
    titles = {part: view.wording.say(f"funnel.ways.{part}") for part in PARTS}
    told = "; ".join(
        f"{stage}: " + ", ".join(f"{titles[part]} {getattr(ways, part)}" for part in PARTS) for stage, ways in stages
    )
    return Chart(
        f"ways-{pipeline}", view.wording.say("funnel.ways.title", pipeline=name), figure(stages, titles), told, "m"
    )


def _table(view: View, pipeline: str, name: str, stages: Sequence[Named]) -> Grid:
    heads = [Head(view.wording.say("bottlenecks.column.stage"))]
    heads.append(Head(view.wording.say("bottlenecks.column.reached"), numeric=True))
    for part in PARTS:
        heads += [Head(view.wording.say(f"funnel.ways.{part}"), numeric=True), Head(view.say("share"), numeric=True)]
    heads.append(Head(view.wording.say("funnel.ways.returns"), numeric=True))
    rows = tuple(_row(view, stage, ways) for stage, ways in stages)
    notes = (view.wording.say("funnel.ways.note"),)
    title = view.wording.say("funnel.ways.table", pipeline=name)
    return Grid(f"way-table-{pipeline}", title, tuple(heads), rows, notes, folded=True)


def _row(view: View, stage: str, ways: Ways) -> tuple[Cell, ...]:
    cells = [Cell(stage), count_cell(ways.reached)]
    for part in PARTS:
        count: int = getattr(ways, part)
        share = ways.share(count)
        cells += [count_cell(count), share_cell(view, share)]
    return (*cells, count_cell(ways.returns))
