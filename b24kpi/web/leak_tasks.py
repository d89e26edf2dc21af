"""Tasks of leaks: made on the portal once, by the application, in the name of who pressed the button.

https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-add.html ; a task is bound to rows of the CRM by UF_CRM_TASK
(https://apidocs.bitrix24.com/api-reference/tasks/fields.html), by which tasks.task.list finds it again.
"""

import logging
from contextlib import closing
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from b24kpi.cache import context
from b24kpi.cache.leak_tasks import Claim, LeakKey, claim, confirm, reclaim, release
from b24kpi.cache.store import Store
from b24kpi.errors import OutcomeUnknown, PortalError, Refused
from b24kpi.facts.office_hours import office_hours
from b24kpi.facts.work_calendar import WorkCalendar
from b24kpi.given import figures_of
from b24kpi.portal.client import Portal
from b24kpi.web.pages.context import MadeTask, WantedTask
from b24kpi.web.site import Site

_log = logging.getLogger(__name__)

ADD, LIST = "tasks.task.add", "tasks.task.list"
PREFIXES = {"deal": "D_", "lead": "L_", "contact": "C_", "company": "CO_"}
AT_WORK = 120  # seconds after which a claim without a task is one whose answer was lost
SKEW = 60  # seconds by which the portal's clock may differ from ours
WORKING_DAY = 8 * 3600  # working seconds until the deadline
_NO_SCOPE = ("portal.application_scope", "portal.no_scope")


class LeakTasks:
    """Makes tasks on the portal of the site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def create(self, wanted: WantedTask) -> MadeTask:
        """Make the task of a leak, unless there is one.

        Raises:
            PortalError: the portal has not made it, or nobody knows.
            CacheError: the cache is being written to for too long.
        """
        now = int(self._site.clock.now())
        mine = Claim(None, wanted.responsible_id, wanted.created_by, now)
        with closing(Store(self._site.settings.cache.path)) as store:
            known = claim(store, wanted.leak, mine)
            if known is None:
                return self._made(store, wanted, now, since=None)
            if known.task_id is not None:
                return MadeTask(known.task_id, known.responsible_id, is_new=False)
            if now - known.claimed_at < AT_WORK or not reclaim(store, wanted.leak, known, mine):
                return MadeTask(None, known.responsible_id, is_new=False)
            return self._made(store, wanted, now, since=known.claimed_at)

    def _made(self, store: Store, wanted: WantedTask, now: int, since: int | None) -> MadeTask:
        """Make it; where it may have been made since a moment, look for it first."""
        site, plan = self._site, self._site.settings.portal.plan
        with Portal(site.application, clock=site.clock, plan=plan, ledger=site.ledger, attempts=2) as portal:
            try:
                found = None if since is None else _found(portal, wanted, self._moment(store, since - SKEW))
                task_id = found or _added(portal, wanted, self._deadline(store, now))
            except PortalError as error:
                if isinstance(error, OutcomeUnknown):
                    _log.warning("task of %s may have been made error=%s", _bound(wanted.leak), error)
                    raise OutcomeUnknown("leaks.task.unknown", method=ADD) from None
                release(store, wanted.leak)
                raise _worded(error) from None
        confirm(store, wanted.leak, task_id)
        _log.info("task %d of %s by=%d is_new=%s", task_id, _bound(wanted.leak), wanted.created_by, found is None)
        return MadeTask(task_id, wanted.responsible_id, is_new=found is None)

    def _deadline(self, store: Store, now: int) -> str:
        """A working day from now."""
        figures = figures_of(self._site.settings, office_hours(store))
        calendar = WorkCalendar(figures.service.work_time, self._zone(store))
        return self._moment(store, calendar.moment_after(now, WORKING_DAY))

    def _moment(self, store: Store, moment: int) -> str:
        """As the portal reads moments."""
        return datetime.fromtimestamp(moment, self._zone(store)).isoformat(timespec="seconds")

    def _zone(self, store: Store) -> ZoneInfo:
        return context.time_zone(store, self._site.settings.portal.time_zone)


def _bound(leak: LeakKey) -> str:
    return f"{PREFIXES[leak.kind]}{leak.number}"


def _added(portal: Portal, wanted: WantedTask, deadline: str) -> int:
    fields = {
        "TITLE": wanted.title,
        "DESCRIPTION": wanted.description,
        "RESPONSIBLE_ID": wanted.responsible_id,
        "CREATED_BY": wanted.created_by,
        "DEADLINE": deadline,
        "UF_CRM_TASK": [_bound(wanted.leak)],
    }
    answer: Any = portal.call(ADD, {"fields": fields}, idempotent=False).result
    return int(answer["task"]["id"])


def _found(portal: Portal, wanted: WantedTask, since: str) -> int | None:
    """The task that was made although its answer was lost: of that row, with that title, not before the claim."""
    params = {
        "filter": {"UF_CRM_TASK": _bound(wanted.leak), ">=CREATED_DATE": since},
        "select": ["ID", "TITLE"],
        "order": {"ID": "asc"},
    }
    rows: Any = portal.call(LIST, params).result["tasks"]
    return next((int(row["id"]) for row in rows if row["title"] == wanted.title), None)


def _worded(error: PortalError) -> PortalError:
    """The permission that is missing is named; what else the portal refuses stands in its words."""
    if error.message_id in _NO_SCOPE:
        return Refused("leaks.task.no_scope", method=error.method, code=error.code)
    if isinstance(error, Refused) and error.message_id == "portal.refused":
        return Refused(
            "leaks.task.refused", method=error.method, code=error.code, reason=error.params.get("reason", "")
        )
    return error
