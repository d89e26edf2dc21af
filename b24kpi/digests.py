"""What a report tells people today: whom, whether now, and what of it."""

from dataclasses import replace
from datetime import UTC, datetime

from b24kpi.cache.notices import Notices
from b24kpi.facts.service_figures import WorkTime
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.presets import find_preset
from b24kpi.report.briefing import brief
from b24kpi.report.labels import Labels
from b24kpi.report.model import Report
from b24kpi.report.wording import Wording
from b24kpi.settings import ReportSettings, Settings
from b24kpi.sinks import Letter, NamedReport


def digest_of(engine: Engine, settings: Settings, report: ReportSettings, wording: Wording, now: float) -> NamedReport:
    """A report with its letter; it holds the values that are told, and none where nobody is to be told now."""
    letter = _letter(engine, settings, report.name, wording.language, now)
    if not letter.waiting(replaces=True):
        nothing = Report(engine.as_of, engine.zone.key, wording.currency, engine.coverage, ())
        return NamedReport(report.name, nothing, wording.names, letter)
    metrics = report.metrics or find_preset(report.preset).metrics
    briefing = brief(engine, metrics, report.period, currency=wording.currency, wording=wording)
    return NamedReport(report.name, briefing.report, wording.names, replace(letter, briefing=briefing))


def is_due(settings: Settings, moment: datetime) -> bool:
    """Whether the digest may arrive at a local moment.

    >>> is_due(Settings(), datetime(2026, 11, 20, 8, 0)), is_due(Settings(), datetime(2026, 11, 21, 8, 0))
    (True, False)
    """
    time = WorkTime.parse(settings.digest.time, settings.service.holidays)
    is_working_day = moment.weekday() in time.weekdays and moment.date() not in time.holidays
    return is_working_day and time.begin <= moment.hour * 60 + moment.minute < time.end


def _letter(engine: Engine, settings: Settings, report: str, language: str, now: float) -> Letter:
    moment = datetime.fromtimestamp(now, UTC).astimezone(engine.zone)
    names = Labels(engine.store, language, ()).all("manager")
    return Letter(
        users={user_id: names.get(str(user_id)) or str(user_id) for user_id in settings.digest.users},
        notices=Notices(engine.store, report, int(moment.strftime("%Y%m%d"))),
        is_due=is_due(settings, moment),
        time=settings.digest.time,
    )
