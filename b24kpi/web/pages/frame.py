"""What stands around a screen: navigation, filters, freshness, the state of the data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from b24kpi.locale import text
from b24kpi.report.wording import Wording
from b24kpi.web.pages import attribution
from b24kpi.web.pages.assets import PLOTLY, asset
from b24kpi.web.pages.context import PagesContext, RefreshState
from b24kpi.web.pages.dates import period_name, span_text
from b24kpi.web.pages.directory import Directory
from b24kpi.web.pages.filters import SLICES, Filters, offered
from b24kpi.web.pages.model import Block
from b24kpi.web.pages.registry import OF_ALL, SCREENS
from b24kpi.web.viewer import Viewer

STALE_AFTER = 26 * 3600  # a nightly refresh, and two hours for it


@dataclass(frozen=True)
class Choice:
    """One option of a filter."""

    value: str
    name: str
    chosen: bool


@dataclass(frozen=True)
class Select:
    """A filter: groups of options; one that is `locked` only tells what holds."""

    name: str
    title: str
    groups: Mapping[str, tuple[Choice, ...]]
    locked: str = ""


@dataclass(frozen=True)
class Link:
    """An entry of the navigation."""

    name: str
    title: str
    href: str
    is_here: bool


@dataclass(frozen=True)
class Frame:
    """Everything of a page but its screen.

    Attributes:
        state: `loading`, `empty`, `forbidden`, `failed` or "" where there is a screen.
        message: words for the state.
        freshness: up to when the data reach; `age`: how long ago that is, where it is long.
        query: the choice as an address has it; arguments: all that the address of this page says.
    """

    base: str
    viewer: Viewer
    wording: Wording
    state: str
    message: str
    links: tuple[Link, ...]
    selects: tuple[Select, ...]
    freshness: str
    age: str
    here: str
    query: str
    portal: str
    bx24: str
    can_refresh: bool
    refresh: RefreshState
    token: str
    assets: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        context: PagesContext,
        base: str,
        viewer: Viewer,
        name: str,
        directory: Directory,
        filters: Filters,
        arguments: Mapping[str, str],
        state: str = "",
    ) -> "Frame":
        """Around the screen of this name, with the choice made."""
        words, query = directory.wording, filters.query()
        seconds = context.clock.now() - directory.as_of
        return cls(
            wording=words,
            state=state,
            message="",
            links=tuple(_links(base, viewer, name, query)),
            selects=(*_selects(filters, directory), *_rules(context, name, filters, directory)),
            freshness=words.moment(directory.as_of, directory.zone),
            age=span_text(seconds, viewer.language) if seconds > STALE_AFTER else "",
            here=f"{base}/{name}",
            query=query,
            arguments=arguments,
            **_given(context, base, viewer),  # type: ignore[arg-type]
        )

    @classmethod
    def bare(cls, context: PagesContext, base: str, viewer: Viewer, state: str, message: str) -> "Frame":
        """Where nothing is known of the cache."""
        return cls(
            wording=Wording(viewer.language, ""),
            state=state,
            message=message,
            links=tuple(_links(base, viewer, "", "")),
            selects=(),
            freshness="",
            age="",
            here=f"{base}/morning",
            query="",
            **_given(context, base, viewer),  # type: ignore[arg-type]
        )

    def download(self, kind: str, table: str = "") -> str:
        """The address, without the page's own, of the screen as a file."""
        parts = {**self.arguments, "format": kind} | ({"table": table} if table else {})
        return urlencode(parts)

    def kind(self, block: Block) -> str:
        """Which part of the templates draws a block."""
        return "tiles" if isinstance(block, tuple) else type(block).__name__.lower()

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the address says beside the filters: further slices of a number."""
        known = {select.name for select in self.selects}
        return [(name, value) for name, value in self.arguments.items() if name not in known]

    def say(self, key: str, **params: object) -> str:
        """The text `web.KEY` in the viewer's language."""
        return text(f"web.{key}", self.viewer.language, **params)


def _given(context: PagesContext, base: str, viewer: Viewer) -> dict[str, object]:
    """What hangs neither on the cache nor on the choice."""
    state = context.refresh.state(viewer.language) if context.refresh else RefreshState(False)
    return {
        "base": base,
        "viewer": viewer,
        "portal": context.portal().rstrip("/"),
        "bx24": context.bx24_address,
        "can_refresh": context.refresh is not None and viewer.sees_all,
        "refresh": state,
        "token": context.form_token(),
        "assets": {name: f"{base}/assets/{asset(name).digest}/{name}" for name in ("pages.css", "pages.js", PLOTLY)},
    }


def _links(base: str, viewer: Viewer, here: str, query: str) -> list[Link]:
    return [
        Link(
            name,
            text(f"web.screen.{name}", viewer.language),
            f"{base}/{name}" + (f"?{query}" if query else ""),
            name == here,
        )
        for name in SCREENS
        if viewer.sees_all or name not in OF_ALL
    ]


def _selects(filters: Filters, directory: Directory) -> tuple[Select, ...]:
    words = directory.wording
    periods = {
        words.say(f"web.grain.{grain}"): tuple(
            Choice(each.label, period_name(each, words.language), each == filters.period) for each in found
        )
        for grain, found in offered(directory.today, filters.period).items()
    }
    found = [Select("period", words.say("report.column.period"), periods)]
    return (*found, *(_select(name, filters, directory) for name in SLICES))


def _rules(context: PagesContext, screen: str, filters: Filters, directory: Directory) -> tuple[Select, ...]:
    """To which touch wins are put down, where the numbers of the screen follow that."""
    if screen not in attribution.FOLLOWING:
        return ()
    words, chosen = directory.wording, filters.attribution or context.settings.marketing.attribution
    names = attribution.rule_names(words.language)
    options = tuple(Choice(rule, name, rule == chosen) for rule, name in names.items())
    return (Select(attribution.NAME, words.say("web.attribution"), {"": options}),)


def _select(name: str, filters: Filters, directory: Directory) -> Select:
    words, known = directory.wording, directory.choices[name]
    chosen = filters.chosen.get(name, "")
    title = words.dimension(name)
    if name == "manager" and filters.own:
        return Select(name, title, {}, known.get(filters.own) or filters.own)
    options = [Choice("", words.say("report.all"), not chosen)]
    options += [Choice(value, label, value == chosen) for value, label in known.items()]
    if chosen and chosen not in known:
        options.append(Choice(chosen, chosen, True))
    return Select(name, title, {"": tuple(options)})
