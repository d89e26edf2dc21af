"""The catalogue as a page of Markdown: `python -m b24kpi.metrics.document > docs/metrics.md`."""

import sys
from collections.abc import Iterable, Iterator, Mapping

from b24kpi.facts.definition import load_facts
from b24kpi.metrics.capabilities import capabilities
from b24kpi.metrics.catalogue import load
from b24kpi.metrics.model import Metric
from b24kpi.metrics.needs import needed_figures
from b24kpi.metrics.presets import presets

_HEAD = """# KPIs of b24kpi

Made from the catalogue by `python -m b24kpi.metrics.document`; a test holds it to that. `b24kpi metrics ID` shows the
same in the reader's language, with the KPIs and slices of one's own.

Units: money in the report currency, count, ratio as a share of 1, duration in seconds, number with decimals. An empty
denominator is no value with a reason, never 0.
"""
_LANGUAGE_NAMES = {"en": "English", "uk": "Українська", "ru": "Русский"}


def document() -> str:
    """The whole page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    yield "| id | English | Українська | Русский |"
    yield "|---|---|---|---|"
    yield from (f"| [{one.id}](#{one.id}) | {' | '.join(_texts(one.names))} |" for one in load())
    yield ""
    for metric in load():
        yield from _section(metric)
    yield from _questions()
    yield from _presets()
    yield from _of_facts()


def _section(metric: Metric) -> Iterator[str]:
    yield f"## {metric.id}\n"
    yield "| | name | what it tells | formula |"
    yield "|---|---|---|---|"
    for language, name in _LANGUAGE_NAMES.items():
        texts = (metric.names[language], metric.helps[language], metric.formulas[language])
        yield f"| {name} | {' | '.join(map(_cell, texts))} |"
    yield ""
    for title, names in _facts(metric).items():
        if names:
            yield f"* {title}: {', '.join(f'`{name}`' for name in names)}"
    yield ""


def _facts(metric: Metric) -> dict[str, Iterable[str]]:
    return {
        "Unit": (str(metric.unit),),
        "Better": (metric.better,),
        "Always by": metric.fixed,
        "Slices": metric.dimensions,
        "Readings": (*(("cohort", "flow") if metric.flow else ()), *metric.readings),
        "Read from the portal": tuple(name for name in metric.inputs if name not in needed_figures(metric)),
        "Given by people": needed_figures(metric),
    }


def _of_facts() -> Iterator[str]:
    yield "## Facts\n"
    yield "What measures count, for KPIs of one's own: moments (`…_at`) in UTC epoch seconds, local days (`…_day`) as"
    yield "YYYYMMDD, money in hundredths of the report currency.\n"
    yield "| fact | a row | columns |"
    yield "|---|---|---|"
    for fact in load_facts().values():
        grain = fact.grain.removeprefix("one row ")
        yield f"| {fact.name} | {_cell(grain)} | {', '.join(f'`{column}`' for column in fact.columns)} |"
    yield ""


def _questions() -> Iterator[str]:
    yield "## Answered by a command\n"
    yield "| id | English | Українська | Русский | command |"
    yield "|---|---|---|---|---|"
    yield from (f"| {one.id} | {' | '.join(_texts(one.names))} | `{one.command}` |" for one in capabilities())
    yield ""


def _presets() -> Iterator[str]:
    yield "## Presets\n"
    yield "| preset | English | Українська | Русский | KPIs |"
    yield "|---|---|---|---|---|"
    for one in presets():
        yield f"| {one.id} | {' | '.join(_texts(one.names))} | {', '.join(one.metrics)} |"
    yield ""


def _texts(texts: Mapping[str, str]) -> list[str]:
    return [_cell(texts[language]) for language in _LANGUAGE_NAMES]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(document())
