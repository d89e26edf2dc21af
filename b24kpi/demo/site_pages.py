"""The pages of the demo portal as HTML: plain, a little like Bitrix24, everything that is shown escaped."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files

from b24kpi.demo.letters import Frame

LANGUAGES = {"ua": "Українська", "ru": "Русский", "en": "English"}
_HTML_CODES = {"ua": "uk"}


@cache
def asset(name: str) -> str:
    """A file that stands beside this one."""
    return files("b24kpi.demo").joinpath(name).read_text(encoding="utf-8")


@cache
def texts(language: str) -> Mapping[str, str]:
    """The words of a language; those of Ukrainian for one that the portal does not speak."""
    known = tomllib.loads(asset("site_texts.toml"))
    found: dict[str, str] = known.get(language, known["ua"])
    return found


@dataclass(frozen=True)
class Link:
    """An item of a menu or a tab."""

    address: str
    title: str


@dataclass(frozen=True)
class Viewer:
    """Who looks at a page and how; `people` are those whom one may be, by id; `notifications` are HTML."""

    user_id: int
    is_admin: bool
    language: str
    path: str
    people: Mapping[int, str]
    notifications: tuple[str, ...] = ()

    def say(self, name: str) -> str:
        """A word in the viewer's language, escaped."""
        return escape(texts(self.language)[name])


def page(viewer: Viewer, title: str, body: str, menu: Mapping[str, Iterable[Link]]) -> str:
    """A whole page; `menu` maps headings ('' for none) to their items."""
    side = "".join(_menu(viewer, heading, links) for heading, links in menu.items())
    return document(
        viewer,
        title,
        f'<div class="page"><nav class="side" aria-label="{viewer.say("menu")}">'
        f"<strong>{viewer.say('portal')}</strong>{side}</nav>"
        f'<div class="main">{_top(viewer)}<div class="head"><h1>{escape(title)}</h1></div>'
        f'<main class="body">{body}</main></div></div>',
    )


def document(viewer: Viewer, title: str, content: str) -> str:
    """The outermost frame, also of pages within the slider."""
    code = _HTML_CODES.get(viewer.language, viewer.language)
    return (
        f'<!doctype html><html lang="{code}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/bitrix/demo/site.css"></head>'
        f'<body>{content}{_slider(viewer)}<script src="/bitrix/demo/site.js"></script></body></html>'
    )


def _menu(viewer: Viewer, heading: str, links: Iterable[Link]) -> str:
    items = "".join(link(each, viewer.path == each.address.partition("?")[0]) for each in links)
    return (f"<h2>{escape(heading)}</h2>" if heading and items else "") + items


def link(each: Link, is_current: bool) -> str:
    """One item."""
    current = ' aria-current="page"' if is_current else ""
    return f'<a href="{escape(each.address)}"{current}>{escape(each.title)}</a>'


def _top(viewer: Viewer) -> str:
    people = {str(number): name for number, name in viewer.people.items()}
    return (
        f'<header class="top"><span class="note">{viewer.say("note")}</span>'
        f"{_choice(viewer.say('user'), 'as', people, str(viewer.user_id))}"
        f"{_choice(viewer.say('language'), 'lang', LANGUAGES, viewer.language)}{_bell(viewer)}</header>"
    )


def _choice(label: str, name: str, choices: Mapping[str, str], chosen: str) -> str:
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text in choices.items()
    )
    return (
        f'<form action="/demo/viewer/"><label for="choose-{name}">{label}</label>'
        f'<select id="choose-{name}" name="{name}" data-submits>{options}</select></form>'
    )


def _bell(viewer: Viewer) -> str:
    notes = "".join(f"<li>{shown}</li>" for shown in viewer.notifications)
    shown = notes or f"<li>{viewer.say('no_notifications')}</li>"
    count = len(viewer.notifications)
    return f'<details class="bell"><summary>{viewer.say("bell")} ({count})</summary><ul>{shown}</ul></details>'


def _slider(viewer: Viewer) -> str:
    """What BX24.openPath opens; pages within one have their own."""
    return (
        '<aside class="slider" hidden role="dialog" aria-modal="true" aria-labelledby="slider-path"><header>'
        f'<button class="button plain">{viewer.say("close")}</button>'
        '<code class="slider-path" id="slider-path"></code></header>'
        '<iframe title="" src="about:blank"></iframe></aside>'
    )


def tabs(links: Iterable[Link], current: str) -> str:
    """A row of tabs; `current` is the address of the open one."""
    return '<nav class="tabs">' + "".join(link(each, each.address == current) for each in links) + "</nav>"


def columns(heading: str, links: Iterable[Link], current: str, content: str) -> str:
    """A menu of its own beside the content."""
    items = "".join(link(each, each.address == current) for each in links)
    return f'<div class="columns"><nav><h2>{escape(heading)}</h2>{items}</nav><div>{content}</div></div>'


def card(content: str, heading: str = "") -> str:
    """A white box."""
    return f'<section class="card">{f"<h2>{escape(heading)}</h2>" if heading else ""}{content}</section>'


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Names (escaped already) and values (not yet)."""
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in rows) + "</dl>"


def frame(opened: Frame, viewer: Viewer, *, domain: str, member_id: str, expires: float, installing: bool) -> str:
    """An application's page: the frame, the form that opens it, and what site.js tells it (`expires` in seconds)."""
    secure = "1" if "&PROTOCOL=1&" in opened.action else "0"
    name = escape(f"{domain}|{secure}|{opened.sid}")
    auth = {
        "access_token": opened.fields["AUTH_ID"],
        "refresh_token": opened.fields["REFRESH_ID"],
        "expires_in": int(expires * 1000),
    }
    told = {
        "lang": viewer.language,
        "is_admin": viewer.is_admin,
        "auth": auth,
        "domain": domain,
        "member_id": member_id,
        "placement": opened.placement,
        "options": dict(opened.options),
    }
    config = {
        "sid": opened.sid,
        "origin": opened.origin,
        "app": opened.application.id,
        "installing": installing,
        "init": told,
    }
    inputs = "".join(
        f'<input type="hidden" name="{escape(field)}" value="{escape(value)}">'
        for field, value in opened.fields.items()
    )
    title = escape(opened.application.application.title)
    encoded = json.dumps(config).replace("<", "\\u003c")
    return (
        f'<div class="app-frame"><iframe name="{name}" title="{title}"></iframe>'
        f'<form method="post" target="{name}" action="{escape(opened.action)}">{inputs}</form>'
        f'<script type="application/json">{encoded}</script></div>'
    )
