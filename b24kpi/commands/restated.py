"""`b24kpi explain … --restated`: what made a published value another one, in the forms that were asked for."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from b24kpi.app import Restatement
    from b24kpi.report.restated import Cause
    from b24kpi.report.table import Pages
    from b24kpi.report.wording import Wording


def as_data(found: "Restatement") -> dict[str, Any]:
    """The object for JSON: the value now, as published, and as the rows of then give it today; the causes."""
    from b24kpi.report.rows import number

    now, first = found.now, found.published
    return {
        "metric": now.metric,
        "period": now.period.label,
        "by": dict(now.by),
        "unit": str(now.unit),
        "value": number(now.value, now.unit),
        "published": {"value": number(first.value, now.unit), "as_of": first.as_of, "at": first.at},
        "recomputed": number(found.recomputed.value, now.unit),
        "causes": [_cause(cause) for cause in found.causes],
    }


def flat_rows(found: "Restatement") -> list[dict[str, Any]]:
    """A row for each cause and part of the number."""
    return [
        {"kind": cause.kind, "id": cause.id, "news": cause.news, "part": part, "then": then, "now": now}
        | {"changes": "; ".join(f"{name}: {before} -> {after}" for name, (before, after) in cause.changes.items())}
        for cause in found.causes
        for part, (then, now) in (cause.parts or {"": ("", "")}).items()
    ]


def pages(found: "Restatement", wording: "Wording") -> "Pages":
    """What the value is and was, a row for each cause and part, and what the causes do not explain."""
    from b24kpi.report.table import Column, Pages, Table

    headline, notes = _headline(found, wording), _notes(found, wording)
    if not found.causes:
        return Pages((), (headline, *notes))
    heads = [Column(wording.say(f"restated.column.{name}")) for name in ("cause", "changes", "part")]
    heads += [Column(wording.say(f"restated.column.{name}"), numeric=True) for name in ("then", "now")]
    rows = tuple(row for cause in found.causes for row in _rows(cause, wording))
    title = f"{headline}\n\n{wording.say('restated.causes', count=len(found.causes))}"
    return Pages((Table(title, tuple(heads), rows),), notes)


def _rows(cause: "Cause", wording: "Wording") -> "Iterator[tuple[str, ...]]":
    """A row for each part; what is the same for all of them stands in the first."""
    head = (wording.say(f"restated.kind.{cause.kind}", id=cause.id), _changes(cause, wording))
    for part, (then, now) in (cause.parts or {"": ("", "")}).items():
        yield (*head, part, str(then), str(now))
        head = ("", "")


def _cause(cause: "Cause") -> dict[str, Any]:
    return {
        "kind": cause.kind,
        "id": cause.id,
        "news": cause.news,
        "parts": _pairs(cause.parts),
        "changes": _pairs(cause.changes),
    }


def _pairs(pairs: Mapping[str, tuple[Any, Any]]) -> dict[str, list[Any]]:
    return {name: list(pair) for name, pair in pairs.items()}


def _headline(found: "Restatement", wording: "Wording") -> str:
    now, first = found.now, found.published
    slices = "".join(f", {wording.known('dimension', name)} {value}" for name, value in now.by.items())
    return wording.say(
        "restated.headline",
        name=f"{wording.name(now.metric)}, {now.period.label}{slices}",
        published=wording.number(first.value, now.unit),
        as_of=wording.moment(datetime.fromisoformat(first.as_of).timestamp(), found.time_zone),
        now=wording.number(now.value, now.unit),
    )


def _changes(cause: "Cause", wording: "Wording") -> str:
    from b24kpi.report.wording import DASH

    if cause.news:
        return wording.say(f"restated.news.{cause.news}")
    pairs = ((name, *(DASH if each == "" else each for each in pair)) for name, pair in cause.changes.items())
    return "; ".join(f"{wording.known('row', name)}: {before} → {after}" for name, before, after in pairs)


def _notes(found: "Restatement", wording: "Wording") -> tuple[str, ...]:
    now, unit = found.now.value, found.now.unit
    notes = []
    if now == found.published.value:
        notes.append(wording.say("restated.same"))
    if found.recomputed.value != found.published.value:
        notes.append(wording.say("restated.figures", value=wording.number(found.recomputed.value, unit)))
    return tuple(notes)
