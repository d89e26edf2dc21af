"""im.notify and its two successors: https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify.html .

A tag counts for applications; for webhooks it is ignored without CLIENT_ID (read from the portal's source).
"""

from b24kpi.demo import php
from b24kpi.demo.rest import Call, Method, NotEmulated, Reply, RestError


def notify(call: Call) -> Reply:
    """Sends a notification; its id, or false for a user who is not there."""
    user_id = php.to_int(call.params.get("USER_ID"))
    message = php.to_string(call.params.get("MESSAGE", "")).strip()
    if user_id <= 0:
        raise RestError("USER_ID_EMPTY", "User ID can't be empty")
    if not message:
        raise RestError("MESSAGE_EMPTY", "Message can't be empty")
    for name in ("ATTACH", "CLIENT_ID"):
        if call.params.get(name):
            raise NotEmulated(f"{name} of notifications")
    if call.state.row("user", user_id) is None:
        return Reply(False)
    client_id = call.caller.client_id
    tag = php.to_string(call.params.get("TAG", "")) if client_id else ""
    return Reply(call.portal.apps.notifications.add(user_id, message, client_id=client_id, tag=tag))


METHODS = tuple(Method(name, "im", notify) for name in ("im.notify", "im.notify.personal.add", "im.notify.system.add"))
