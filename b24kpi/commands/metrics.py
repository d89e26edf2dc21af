"""`b24kpi metrics`: the catalogue of KPIs."""

from typing import TYPE_CHECKING, Any

import click

from b24kpi.commands.face import Command, Face, common_options, format_option
from b24kpi.commands.session import DONE
from b24kpi.locale import LANGUAGES

if TYPE_CHECKING:
    from b24kpi.metrics.model import Metric
    from b24kpi.report.table import Pages


@click.command("metrics", cls=Command)
@click.argument("metric", required=False)
@format_option
@common_options
@click.pass_obj
def command(face: Face, metric: str | None, output_format: str) -> int:
    from b24kpi.commands.catalogue import catalogue_of
    from b24kpi.commands.output import print_data

    catalogue = catalogue_of(face)
    found = catalogue.metrics if metric is None else (catalogue.find(metric),)
    pages = _list(found, face) if metric is None else _card(found[0], face)
    print_data(output_format, [_data(one) for one in found], [_flat(one) for one in found], pages)
    return DONE


def _data(metric: "Metric") -> dict[str, Any]:
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
    }


def _flat(metric: "Metric") -> dict[str, Any]:
    row: dict[str, Any] = {}
    for key, value in _data(metric).items():
        if isinstance(value, dict):
            row |= {f"{key}.{language}": value[language] for language in LANGUAGES}
        else:
            row[key] = " ".join(value) if isinstance(value, list) else value
    return row


def _list(metrics: "tuple[Metric, ...]", face: Face) -> "Pages":
    from b24kpi.report.table import Column, Pages, Table

    heads = tuple(Column(face.say(f"cli.metrics.{name}")) for name in ("id", "name", "unit", "formula"))
    rows = tuple(
        (one.id, one.names[face.language], face.say(f"cli.metrics.units.{one.unit}"), one.formulas[face.language])
        for one in metrics
    )
    return Pages((Table("", heads, rows),), (face.say("cli.metrics.more"),))


def _card(metric: "Metric", face: Face) -> "Pages":
    """Everything about one KPI, a line for each fact."""
    from b24kpi.report.table import Column, Pages, Table

    facts = {
        "id": metric.id,
        **{f"names.{language}": metric.names[language] for language in LANGUAGES},
        "meaning": metric.helps[face.language],
        "formula": metric.formulas[face.language],
        "unit": face.say(f"cli.metrics.units.{metric.unit}"),
        "dimensions": ", ".join(_data(metric)["dimensions"]),
        "inputs": ", ".join(metric.inputs),
    }
    rows = tuple((face.say(f"cli.metrics.{name}"), text) for name, text in facts.items())
    return Pages((Table("", (Column(""), Column(metric.names[face.language])), rows),))
