"""Settings of how customers are served, what they say of it, and which offers they get."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from b24kpi import settings_checks as checks
from b24kpi.facts.interaction_figures import TARGETS, WEIGHTS
from b24kpi.facts.service_figures import DAY, HOUR, MINUTE, OFFICE_HOURS, ServiceFigures, WorkTime
from b24kpi.portal.user_fields import FieldName
from b24kpi.settings_section import Section

EMPTY_IS_NONE = BeforeValidator(lambda value: None if value == "" else value)
OptionalNumber = Annotated[int | None, Field(ge=0), EMPTY_IS_NONE]
_OptionalField = Annotated[str, AfterValidator(checks.optional_user_field)]
_Component = Annotated[str, AfterValidator(checks.component)]
_Weight = Annotated[Decimal, Field(ge=0, le=1)]

# Rows that have no closing at which an answer could have been given.
_WITHOUT_CLOSING = ("contact", "company")


class ServiceSettings(Section):
    """When people work, and how soon customers are to be answered.

    Attributes:
        work_time: `mon-fri 09:00-18:00`; "" stands for the hours of the portal's calendar.
        holidays: days on which nobody works.
        sla_minutes, lost_hours: of working time until an answer is late, and until an inquiry counts as lost.
        repeat_days: within which a further inquiry is a repeated one; the rest: see `facts.mapped_figures`.
        email_minutes, chat_minutes, meeting_minutes: how long such a contact takes.
    """

    work_time: Annotated[str, AfterValidator(checks.optional_work_time)] = ""
    holidays: tuple[date, ...] = ()
    sla_minutes: Annotated[int, Field(ge=1, le=10_000)] = 15
    lost_hours: Annotated[int, Field(ge=1, le=1_000)] = 24
    repeat_days: Annotated[int, Field(ge=1, le=90)] = 7
    email_minutes: Annotated[int, Field(ge=0, le=1_000)] = 5
    chat_minutes: Annotated[int, Field(ge=0, le=1_000)] = 10
    meeting_minutes: Annotated[int, Field(ge=0, le=1_000)] = 60
    request_pipeline: OptionalNumber = None
    approval_stages: tuple[str, ...] = ()
    document_stages: tuple[str, ...] = ()

    def figures(self, portal: WorkTime | None = None) -> ServiceFigures:
        """The same in seconds.

        Args:
            portal: the hours of its calendar; None where they are not known.
        """
        times = [self.sla_minutes * MINUTE, self.lost_hours * HOUR, self.repeat_days * DAY]
        times += [MINUTE * each for each in (self.email_minutes, self.chat_minutes, self.meeting_minutes)]
        return ServiceFigures(self._hours(portal), *times)

    def _hours(self, portal: WorkTime | None) -> WorkTime:
        """By the settings, else by the portal, else the usual ones; on the settings' holidays nobody works."""
        if self.work_time or portal is None:
            return WorkTime.parse(self.work_time or OFFICE_HOURS, self.holidays)
        return replace(portal, holidays=tuple(sorted(set(self.holidays))))


class RatingSettings(Section):
    """The user fields that hold what customers answered, and when; "" where there is none.

    Attributes:
        nps_field, csat_field: `deal.UF_CRM_NPS`; `…_date_field`: of the same stream, needed for contacts, companies.
        csat_scale: the best mark.
    """

    nps_field: _OptionalField = ""
    nps_date_field: _OptionalField = ""
    csat_field: _OptionalField = ""
    csat_date_field: _OptionalField = ""
    csat_scale: Annotated[int, Field(ge=2, le=100)] = 5

    @model_validator(mode="after")
    def _has_dates(self) -> Self:
        for kind in ("nps", "csat"):
            _check_date(kind, getattr(self, f"{kind}_field"), getattr(self, f"{kind}_date_field"))
        return self

    @property
    def fields(self) -> dict[str, str]:
        """Key of the settings → field, of those that are given."""
        names = ("nps_field", "nps_date_field", "csat_field", "csat_date_field")
        return {f"[ratings] {name}": getattr(self, name) for name in names if getattr(self, name)}


class InteractionSettings(Section):
    """How the parts of the effectiveness of interaction are weighed, and what of each is as good as can be."""

    weights: dict[_Component, _Weight] = Field(default_factory=lambda: dict(WEIGHTS))
    targets: dict[_Component, Annotated[Decimal, Field(gt=0, le=1)]] = Field(default_factory=lambda: dict(TARGETS))


class OfferSettings(Section):
    """Personal offers: the date field that tells who got one and when, and the mark of those left out by lot.

    Attributes:
        days: for so long from an offer on a purchase counts as made upon it.
    """

    date_field: _OptionalField = ""
    hold_out_field: _OptionalField = ""
    days: Annotated[int, Field(ge=1, le=730)] = 90

    @property
    def fields(self) -> dict[str, str]:
        """Key of the settings → field, of those that are given."""
        names = ("date_field", "hold_out_field")
        return {f"[offers] {name}": getattr(self, name) for name in names if getattr(self, name)}


def _check_date(kind: str, field: str, date_field: str) -> None:
    """An answer needs its moment: by a field of the same row, or by the closing of a deal or lead."""
    if not field:
        return
    stream = FieldName.parse(field).stream
    if date_field and FieldName.parse(date_field).stream != stream:
        raise PydanticCustomError("rating_date_elsewhere", "", {"kind": kind, "stream": stream})
    if not date_field and stream in _WITHOUT_CLOSING:
        raise PydanticCustomError("rating_without_date", "", {"kind": kind, "stream": stream})
