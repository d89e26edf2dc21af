"""The choices of KPIs, for `b24kpi metrics --presets`."""

from b24kpi.commands.face import Face


def show_presets(face: Face, output_format: str) -> None:
    """Each with its name, what it is for, and its KPIs."""
    from b24kpi.commands.output import print_data
    from b24kpi.metrics.presets import presets
    from b24kpi.report.table import Column, Pages, Table

    data = [
        {"preset": one.id, "names": dict(one.names), "help": dict(one.helps), "metrics": list(one.metrics)}
        for one in presets()
    ]
    flat = [{"preset": one.id, "name": one.names[face.language], "metrics": " ".join(one.metrics)} for one in presets()]
    heads = tuple(Column(face.say(f"cli.metrics.{name}")) for name in ("preset", "name", "meaning", "kpis"))
    rows = tuple(
        (one.id, one.names[face.language], one.helps[face.language], ", ".join(one.metrics)) for one in presets()
    )
    print_data(output_format, data, flat, Pages((Table("", heads, rows),), (face.say("cli.metrics.presets"),)))
