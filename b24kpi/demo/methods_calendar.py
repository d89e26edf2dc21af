"""calendar.settings.get: https://apidocs.bitrix24.com/api-reference/calendar/calendar-settings-get.html ."""

from types import MappingProxyType

from b24kpi.demo.rest import Call, Method, Reply

# The documented sample but for the hours, from nine to six here, and the days of the year, of which there are none.
STANDARD_CALENDAR = MappingProxyType(
    {
        "work_time_start": "9",
        "work_time_end": "18",
        "year_holidays": "",
        "year_workdays": "",
        "week_holidays": ["SA", "SU"],
        "week_start": "MO",
        "user_name_template": "#NAME# #LAST_NAME#",
        "sync_by_push": False,
        "user_show_login": True,
        "path_to_user": "/company/personal/user/#user_id#/",
        "path_to_user_calendar": "/company/personal/user/#user_id#/calendar/",
        "path_to_group": "/workgroups/group/#group_id#/",
        "path_to_group_calendar": "/workgroups/group/#group_id#/calendar/",
        "path_to_vr": "",
        "path_to_rm": "",
        "rm_iblock_type": "",
        "rm_iblock_id": "",
        "dep_manager_sub": True,
        "denied_superpose_types": [],
        "pathes_for_sites": "",
        "forum_id": "8",
        "rm_for_sites": True,
        "path_to_type_company_calendar": "",
        "path_to_type_location": "",
        "path_to_type_open_event": "",
    }
)


def get_settings(call: Call) -> Reply:
    """The settings of the portal's calendar, for everybody."""
    return Reply(dict(call.portal.calendar))


METHODS = (Method("calendar.settings.get", "calendar", get_settings),)
