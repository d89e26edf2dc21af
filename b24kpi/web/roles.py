"""What a verified person may see."""

from b24kpi.settings_portal import ApplicationSettings
from b24kpi.web.verification import Caller
from b24kpi.web.viewer import Viewer


def viewer_of(caller: Caller, settings: ApplicationSettings, language: str) -> Viewer:
    """Administrators, and the users and departments of the settings, see everybody's figures; others their own."""
    named = caller.user_id in settings.users or not caller.departments.isdisjoint(settings.departments)
    return Viewer(caller.user_id, caller.name, language, caller.is_admin or named)
