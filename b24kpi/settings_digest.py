"""Settings of the digest: who is told how things stand, and when."""

from typing import Annotated

from pydantic import AfterValidator, Field

from b24kpi import settings_checks as checks
from b24kpi.settings_section import Section

DAYTIME = "mon-fri 08:00-20:00"


class DigestSettings(Section):
    """The notification that reports with the sink `digest` send.

    Attributes:
        users: ids of those who get it.
        time: days and hours, in the portal's time zone, at which it may arrive; it comes with the first push in them.
    """

    users: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(max_length=100)] = ()
    time: Annotated[str, AfterValidator(checks.work_time)] = DAYTIME
