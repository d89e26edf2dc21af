"""The dashboard behind the doors: its pages, given what this application knows."""

from contextlib import closing

from flask import Blueprint, g

from b24kpi import locale
from b24kpi.answers import Answers
from b24kpi.web.doors import HOME
from b24kpi.web.leak_tasks import LeakTasks
from b24kpi.web.pages.context import PagesContext, RefreshState
from b24kpi.web.pages.views import blueprint
from b24kpi.web.protection import portal_origin
from b24kpi.web.refreshing import Refresher, RefreshStatus
from b24kpi.web.site import Site


def dashboard(site: Site) -> Blueprint:
    """The pages over the cache of the site."""

    def answers(language: str) -> closing[Answers]:
        return closing(Answers(site.settings, language=language))

    context = PagesContext(
        site.settings,
        answers,
        portal=lambda: portal_origin(g.portal),
        bx24_address=site.settings.application.bx24_js,
        refresh=_Refresh(site.refresher),
        tasks=LeakTasks(site),
        form_token=lambda: str(g.csrf),
        clock=site.clock,
    )
    return blueprint(context, prefix=HOME.rstrip("/"))


class _Refresh:
    """The refresh as the pages know it."""

    def __init__(self, refresher: Refresher) -> None:
        self._refresher = refresher

    def start(self) -> None:
        self._refresher.start()

    def state(self, language: str) -> RefreshState:
        status = self._refresher.status()
        return RefreshState(status.running, _words(status, language), failed=status.problem is not None)


def _words(status: RefreshStatus, language: str) -> str:
    """One line on how a refresh goes; nothing before the first."""
    if status.problem is not None:
        return status.problem.text(language)
    if status.running:
        key = "reading" if status.stream else "computing"
    elif status.finished_at is None:
        return ""
    else:
        key = "done" if status.complete else "incomplete"
    return locale.text(f"entry.refresh.{key}", language, count=status.rows)
