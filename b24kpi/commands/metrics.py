"""`b24kpi metrics`: the catalogue of KPIs, and of what is asked beside them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from b24kpi.commands.face import Command, Face, common_options, format_option
from b24kpi.commands.session import DONE
from b24kpi.locale import LANGUAGES

if TYPE_CHECKING:
    from b24kpi.metrics.capabilities import Capability
    from b24kpi.metrics.model import Metric
    from b24kpi.report.table import Pages


@click.command("metrics", cls=Command)
@click.argument("metric", required=False)
@click.option("--presets", is_flag=True)
@format_option
@common_options
@click.pass_obj
def command(face: Face, metric: str | None, presets: bool, output_format: str) -> int:
    from b24kpi.commands.catalogue import catalogue_of
    from b24kpi.commands.output import print_data
    from b24kpi.commands.presets import show_presets
    from b24kpi.metrics.capabilities import capabilities, find_capability

    if presets:
        show_presets(face, output_format)
        return DONE
    catalogue = catalogue_of(face)
    questions = capabilities() if metric is None else tuple(filter(None, [find_capability(metric)]))
    found = () if metric and questions else catalogue.metrics if metric is None else (catalogue.find(metric),)
    subjects: tuple[Metric | Capability, ...] = (*found, *questions)
    pages = _list(found, questions, face) if metric is None else _card(subjects[0], face)
    data = [*map(_data, found), *map(_question, questions)]
    print_data(output_format, data, [_flat(one) for one in data], pages)
    return DONE


def _data(metric: "Metric") -> dict[str, Any]:
    from b24kpi.metrics.needs import needed_figures

    return {
        "metric": metric.id,
        "names": dict(metric.names),
        "help": dict(metric.helps),
        "formula": dict(metric.formulas),
        "unit": str(metric.unit),
        "better": metric.better,
        "dimensions": [*metric.fixed, *(name for name in metric.dimensions if name not in metric.fixed)],
        "always_by": list(metric.fixed),
        "inputs": list(metric.inputs),
        "needs": list(needed_figures(metric)),
    }


def _question(one: "Capability") -> dict[str, Any]:
    return {"metric": one.id, "names": dict(one.names), "help": dict(one.helps), "command": one.command}


def _flat(data: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, dict):
            row |= {f"{key}.{language}": value[language] for language in LANGUAGES}
        else:
            row[key] = " ".join(value) if isinstance(value, list) else value
    return row


def _list(metrics: "Iterable[Metric]", questions: "Iterable[Capability]", face: Face) -> "Pages":
    from b24kpi.report.table import Column, Pages, Table

    heads = tuple(Column(face.say(f"cli.metrics.{name}")) for name in ("id", "name", "unit", "formula"))
    rows = tuple(
        (one.id, one.names[face.language], face.say(f"cli.metrics.units.{one.unit}"), one.formulas[face.language])
        for one in metrics
    )
    further = tuple(Column(face.say(f"cli.metrics.{name}")) for name in ("id", "question", "command"))
    answers = tuple((one.id, one.names[face.language], one.command) for one in questions)
    tables = (Table("", heads, rows), Table(face.say("cli.metrics.questions"), further, answers))
    return Pages(tables, (face.say("cli.metrics.more"),))


def _card(one: "Metric | Capability", face: Face) -> "Pages":
    """Everything about one KPI or question, a line for each fact."""
    from b24kpi.metrics.model import Metric
    from b24kpi.report.table import Column, Pages, Table

    facts = {
        "id": one.id,
        **{f"names.{language}": one.names[language] for language in LANGUAGES},
        "meaning": one.helps[face.language],
        **(_facts(one, face) if isinstance(one, Metric) else {"command": one.command}),
    }
    rows = tuple((face.say(f"cli.metrics.{name}"), text) for name, text in facts.items())
    return Pages((Table("", (Column(""), Column(one.names[face.language])), rows),))


def _facts(metric: "Metric", face: Face) -> dict[str, str]:
    from b24kpi.metrics.needs import figure_text

    data = _data(metric)
    facts = {
        "formula": metric.formulas[face.language],
        "unit": face.say(f"cli.metrics.units.{metric.unit}"),
        "dimensions": ", ".join(data["dimensions"]),
        "inputs": ", ".join(metric.inputs),
    }
    return facts | (
        {"needs": "; ".join(figure_text(name, face.language) for name in data["needs"])} if data["needs"] else {}
    )
