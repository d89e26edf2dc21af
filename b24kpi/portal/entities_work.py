"""Streams of what people do beside the CRM: telephone calls and tasks."""

from b24kpi.portal.declaration import Entity, Field, Kind, Style
from b24kpi.portal.declaration import fields_of as _fields


def _camel(kind: Kind, names: str, *, tracked: bool = False) -> tuple[Field, ...]:
    """Fields that answers show in camel case: CREATED_DATE is `createdDate` there."""
    shown = {name: name[0].lower() + name.title().replace("_", "")[1:] for name in names.split()}
    return tuple(Field(name, kind, tracked, shown=camel) for name, camel in shown.items())


# Who the other side was, its number and what was said are not read. A call is written when it ends; its vote and its
# links to the CRM may come later. Several rows with one CALL_ID are one call that was put through.
# https://apidocs.bitrix24.com/api-reference/telephony/voximplant/statistic/voximplant-statistic-get.html
CALL = Entity(
    name="call",
    method="voximplant.statistic.get",
    table="call",
    style=Style.CAPITAL,
    reread=500,
    scope="telephony",
    optional=True,
    fields=(
        *_fields(Kind.INTEGER, "ID"),
        *_fields(Kind.INTEGER, "CALL_TYPE PORTAL_USER_ID CALL_DURATION CALL_VOTE CRM_ACTIVITY_ID", tracked=True),
        *_fields(Kind.TEXT, "CALL_ID CALL_FAILED_CODE", tracked=True),
        *_fields(Kind.TEXT, "CRM_ENTITY_TYPE"),
        *_fields(Kind.INTEGER, "CRM_ENTITY_ID"),
        *_fields(Kind.DATETIME, "CALL_START_DATE", tracked=True),
    ),
)

# Asked for in capitals, answered in camel case; an administrator sees all tasks, others those they give or do.
# https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-list.html
TASK = Entity(
    name="task",
    method="tasks.task.list",
    table="task",
    wrapper="tasks",
    modified="CHANGED_DATE",
    scope="task",
    optional=True,
    fields=(
        *_camel(Kind.INTEGER, "ID CREATED_BY CLOSED_BY GROUP_ID"),
        *_camel(Kind.INTEGER, "STATUS RESPONSIBLE_ID", tracked=True),
        *_camel(Kind.DATETIME, "CHANGED_DATE DATE_START"),
        *_camel(Kind.DATETIME, "CREATED_DATE CLOSED_DATE DEADLINE", tracked=True),
        *_camel(Kind.SEVERAL, "UF_CRM_TASK"),
    ),
)
