"""Checks of single settings; each gives the value back or raises an error that `settings_faults` words."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from pydantic_core import PydanticCustomError

from b24kpi import cron as crontab
from b24kpi.errors import BadInput
from b24kpi.facts.crm_figures import ADJUSTMENTS, BENEFITS, COMPARED
from b24kpi.facts.interaction_figures import COMPONENTS
from b24kpi.facts.service_figures import WorkTime
from b24kpi.locale import LANGUAGES
from b24kpi.metrics.attribution import RULES
from b24kpi.metrics.period import Grain
from b24kpi.portal.limiter import PLANS
from b24kpi.portal.user_fields import FieldName
from b24kpi.problems import nearest

if TYPE_CHECKING:
    from b24kpi.settings import ReportSettings

PREFIX = "B24KPI_"

DIMENSIONS = (
    "pipeline", "stage", "manager", "department", "source", "utm_source", "utm_medium", "utm_campaign", "currency",
    "customer_kind", "state", "state_before", "lead_stage", "loss_reason", "visit", "channel", "direction",
    "response_bucket", "product", "point", "kpi",
)  # fmt: skip

POINTS = ("department", "pipeline")

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_DIMENSION_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_TOUCH = re.compile(r"(form|chat)(:\w+)?", re.ASCII)
_REPORT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)


def plan(value: str) -> str:
    return _one_of(value, PLANS)


def language(value: str) -> str:
    return _one_of(value, LANGUAGES) if value else value


def benefit(value: str) -> str:
    return _one_of(value, BENEFITS)


def adjustment(value: str) -> str:
    return _one_of(value, ADJUSTMENTS)


def compared(value: str) -> str:
    """A KPI that is compared before and after the CRM."""
    return _one_of(value, COMPARED)


def point(value: str) -> str:
    return _one_of(value, POINTS)


def grain(value: object) -> Grain:
    return Grain(_one_of(str(value), [str(grain) for grain in Grain]))


def slice_text(value: str) -> str:
    """Dimensions with commas between them, without spaces; "" stays. Which there are, `settings_faults` knows."""
    return ",".join(slice_names(value))


def slice_names(value: str) -> list[str]:
    """The dimensions of a slice.

    >>> slice_names("manager, source")
    ['manager', 'source']
    """
    return [name.strip() for name in value.split(",")] if value.strip() else []


def optional_user_field(value: str) -> str:
    """The same, or nothing."""
    return user_field(value) if value else value


def component(value: str) -> str:
    """A part of the effectiveness of interaction."""
    return _one_of(value, COMPONENTS)


def dimension_name(value: str) -> str:
    """A name for a further dimension: not one of ours."""
    if not _DIMENSION_NAME.fullmatch(value) or value in DIMENSIONS:
        raise PydanticCustomError("bad_dimension_name", "{value}", {"value": value})
    return value


def user_field(value: str) -> str:
    """The code of a user field, with the stream it belongs to where that is not the deal."""
    try:
        FieldName.parse(value)
    except BadInput:
        raise PydanticCustomError("bad_user_field", "{value}", {"value": value}) from None
    return value


def attribution(value: str) -> str:
    """A rule of attribution."""
    return _one_of(value, RULES)


def touch(value: str) -> str:
    """A form or a chat, or one of them alone: `chat:2`."""
    if not _TOUCH.fullmatch(value):
        raise PydanticCustomError("bad_touch", "{value}", {"value": value})
    return value


def time_zone(value: str) -> str:
    """A name of the time zone database, or nothing."""
    try:
        if value:
            ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        near = _nearest_zone(value)
        raise PydanticCustomError("bad_time_zone", "{value}", {"value": value, "nearest": near}) from None
    return value


def currency(value: str) -> str:
    """Three capital letters, or nothing."""
    if value and not _CURRENCY.fullmatch(value):
        raise PydanticCustomError("bad_currency", "{value}", {"value": value})
    return value


def cron(value: str) -> str:
    """Five fields of a cron line."""
    try:
        crontab.parse(value)
    except crontab.CronError as error:
        raise PydanticCustomError("bad_cron", "{value}", {"value": value, "field": error.field}) from None
    return value


def work_time(value: str) -> str:
    """Days and hours of work."""
    try:
        WorkTime.parse(value)
    except ValueError:
        raise PydanticCustomError("bad_work_time", "{value}", {"value": value}) from None
    return value


def optional_work_time(value: str) -> str:
    """Days and hours of work, or nothing."""
    return work_time(value) if value else value


def report_name(value: str) -> str:
    """A name that keys of report entries can hold."""
    if not _REPORT_NAME.fullmatch(value):
        raise PydanticCustomError("bad_report_name", "{value}", {"value": value})
    return value


def file_path(value: Path) -> Path:
    """A path that ends in the name of a file."""
    if value in (Path(), Path("..")):
        raise PydanticCustomError("no_file_name", "")
    return value


def distinct_names(reports: "tuple[ReportSettings, ...]") -> "tuple[ReportSettings, ...]":
    """Reports of which no two have the same name."""
    names = [report.name for report in reports]
    for name in names:
        if names.count(name) > 1:
            raise PydanticCustomError("same_report_name", "{value}", {"value": name})
    return reports


def _one_of(value: str, known: Iterable[str]) -> str:
    names = list(known)
    if value in names:
        return value
    context = {"value": value, "known": ", ".join(names), "nearest": nearest(value, names)}
    raise PydanticCustomError("unknown_value", "{value}", context)


def _nearest_zone(value: str) -> str:
    """Matched by the city, which people know better than the continent."""
    cities = {zone.rpartition("/")[2].lower(): zone for zone in sorted(available_timezones())}
    return cities[nearest(value.rpartition("/")[2], cities)] if cities else "Europe/Kyiv"
