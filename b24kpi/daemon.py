"""Refreshes on the schedule: one run at a time, missed ones run once, SIGTERM finishes the page at hand and stops.

Once a day a refresh also looks for rows that were deleted from the portal.
"""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from b24kpi.app import open_app
from b24kpi.clock import SYSTEM_CLOCK, Clock
from b24kpi.cron import parse
from b24kpi.errors import B24KpiError, Interrupted
from b24kpi.settings import ScheduleSettings, Settings

Job = Callable[..., None]

_log = logging.getLogger(__name__)


def run(settings: Settings, language: str, *, clock: Clock = SYSTEM_CLOCK) -> int:
    """Refresh now, then by the cron lines of the settings, until SIGTERM or SIGINT. Returns the exit code."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    refresh(settings, language, clock, stopped)
    with scheduled(settings, language, clock, stopped):
        stopped.wait()
    return 0


@contextmanager
def scheduled(settings: Settings, language: str, clock: Clock, stopped: threading.Event) -> Iterator[None]:
    """Refresh by the cron lines of the settings in a thread of its own; at the end, `stopped` is set.

    Hours are those of the portal, as soon as a refresh has told its time zone.
    """

    def job(*, compare: bool = False) -> None:
        refresh(settings, language, clock, stopped, compare=compare)
        if not stopped.is_set() and (zone := _zone(settings, language, clock)) != scheduler.timezone:
            _set_jobs(scheduler, settings.schedule, zone, job)

    scheduler = schedule(settings.schedule, _zone(settings, language, clock), job)
    scheduler.start()
    _log.info("daemon waits schedule=%r time_zone=%s", settings.schedule.refresh, scheduler.timezone.key)
    try:
        yield
    finally:
        stopped.set()
        scheduler.shutdown(wait=True)
        _log.info("daemon stopped")


def _zone(settings: Settings, language: str, clock: Clock) -> ZoneInfo:
    """The portal's, as far as the cache knows it."""
    with open_app(settings, clock=clock, language=language) as app:
        return app.zone


def schedule(crons: ScheduleSettings, zone: ZoneInfo, job: Job) -> BackgroundScheduler:
    """A scheduler that runs the job by the cron lines.

    Runs wait for each other, missed ones happen once. When clocks go back an hour comes twice, and so may a run:
    refreshing twice changes nothing.
    """
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
    )
    _set_jobs(scheduler, crons, zone, job)
    return scheduler


def _set_jobs(scheduler: BackgroundScheduler, crons: ScheduleSettings, zone: ZoneInfo, job: Job) -> None:
    scheduler.timezone = zone
    refreshing, comparing = (CronTrigger(**parse(cron), timezone=zone) for cron in (crons.refresh, crons.deletions))
    scheduler.add_job(job, refreshing, id="refresh", replace_existing=True)
    scheduler.add_job(job, comparing, id="deletions", kwargs={"compare": True}, replace_existing=True)


def refresh(
    settings: Settings, language: str, clock: Clock, stopped: threading.Event, *, compare: bool = False
) -> None:
    """One run; what fails is logged and tried again at the next one.

    Args:
        compare: look for rows that vanished from the portal, due or not.
    """
    try:
        with open_app(settings, clock=clock, stop=stopped.is_set, language=language) as app:
            synced = app.sync(compare=compare)
            _log.info("synced rows=%d requests=%d complete=%s", synced.rows, synced.requests, synced.complete)
            for pushed in app.push():
                _log.info("pushed sink=%s created=%d updated=%d", pushed.sink, pushed.created, pushed.updated)
    except Interrupted:
        _log.info("refresh interrupted, state kept")
    except B24KpiError as error:
        _log.error("refresh failed: %s", error)
