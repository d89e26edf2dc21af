"""A notification to chosen people: how the period stands, why, a few values; once a day.

What was sent is noted in the cache, before and after: a notification can neither be looked up nor be taken back. With a
tag a notification of an application takes the place of the one before it, so what is in doubt is sent again; tags of
webhooks count for nothing, so there it is not.

https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-system-add.html
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from b24kpi import locale
from b24kpi.errors import Interrupted, OutcomeUnknown, PortalError, Refused, UnexpectedAnswer
from b24kpi.lazy import lazy
from b24kpi.sinks.base import NamedReport, PortalSink, PushResult
from b24kpi.sinks.item_type import find_type
from b24kpi.sinks.letter import Letter, message, outside

_log = logging.getLogger(__name__)

_METHOD = "im.notify.system.add"
# What refuses one call of the method refuses all.
_HOPELESS = {
    "portal.no_scope": "digest.no_scope",
    "portal.application_scope": "digest.no_application_scope",
    "portal.wrong_auth_type": "",
    "portal.no_method": "",
}


class Digest(PortalSink):
    """Tells people what their reports' letters say."""

    name = "digest"

    def push(self, reports: Sequence[NamedReport], *, dry_run: bool) -> PushResult:
        """Tell everybody who has not been told today; who cannot be told is counted as failed, the others get theirs.

        Raises:
            PortalError: no call can succeed, or the portal went on failing.
            Interrupted: stopped from outside.
        """
        tally = _Tally()
        for named in reports:
            if named.letter is None:
                continue
            waiting = named.letter.waiting(replaces=self._replaces)
            tally.unchanged += len(named.letter.users) - len(waiting)
            if dry_run or named.letter.briefing is None:
                tally.created += len(waiting)
            elif waiting:
                self._send(named.name, named.letter, waiting, tally)
        return self._result(reports, tally)

    def _send(self, report: str, letter: Letter, waiting: Sequence[int], tally: "_Tally") -> None:
        assert letter.briefing is not None
        address, link = self._address
        fields = {
            "MESSAGE": message(letter.briefing, self._language, address, link),
            "MESSAGE_OUT": outside(letter.briefing, self._language, address),
        }
        for place, user_id in enumerate(waiting):
            problem = self._tell(letter, user_id, {**fields, "TAG": f"b24kpi:digest:{report}:{user_id}"})
            if problem is None:
                tally.created += 1
            elif problem.message_id in _HOPELESS:
                tally.failed += len(waiting) - place
                tally.problems.append(self._hopeless(problem))
                return
            else:
                tally.failed += 1
                tally.problems.append(self._say("not_told", name=letter.users[user_id], problem=self._reason(problem)))

    def _tell(self, letter: Letter, user_id: int, fields: Mapping[str, Any]) -> PortalError | None:
        """Send one notification. Returns why it did not arrive, None where it did."""
        if self._stop is not None and self._stop():
            raise Interrupted("sinks.interrupted")
        letter.notices.begin(user_id)
        try:
            answer = self._portal.call(_METHOD, {"USER_ID": user_id, **fields}, idempotent=self._replaces)
        except (OutcomeUnknown, UnexpectedAnswer) as error:
            return error
        except Refused as error:
            letter.notices.forget(user_id)
            return error
        except (PortalError, Interrupted):
            letter.notices.forget(user_id)
            raise
        if not answer.result:
            letter.notices.forget(user_id)
            return Refused("digest.no_user", method=_METHOD, user=user_id)
        letter.notices.confirm(user_id)
        return None

    @property
    def _replaces(self) -> bool:
        """Whether a notification takes the place of an earlier one with its tag: those of applications do."""
        return bool(self._portal.access.member_id)

    @lazy
    def _address(self) -> tuple[str, str]:
        """Where more is to be seen, and its name: the dashboard of the application, or the smart process, or nothing.

        https://apidocs.bitrix24.com/api-reference/common/system/app-info.html
        """
        try:
            if self._replaces:
                number = int(self._portal.call("app.info").result["ID"])
                return self._portal.access.grant().address(f"marketplace/app/{number}/"), self._say("open_dashboard")
            place = find_type(self._portal)
        except (Refused, KeyError, TypeError, ValueError) as error:
            _log.warning("digest has no address to lead to error=%s", error)
            return "", ""
        if place is None:
            return "", ""
        return self._portal.access.grant().address(f"crm/type/{place.entity_type_id}/"), self._say("open_entries")

    def _result(self, reports: Sequence[NamedReport], tally: "_Tally") -> PushResult:
        letters = [named.letter for named in reports if named.letter is not None]
        people = {user_id for letter in letters for user_id in letter.users}
        late = [
            letter.time for letter in letters if not letter.is_due and letter.users.keys() - set(letter.notices.sent())
        ]
        where = self._say("where_later" if late else "where", count=len(people), time=", ".join(late[:1]))
        return PushResult(
            self.name,
            where,
            created=tally.created,
            unchanged=tally.unchanged,
            failed=tally.failed,
            problems=tuple(tally.problems),
            has_told=bool(tally.created),
        )

    def _hopeless(self, problem: PortalError) -> str:
        key = _HOPELESS[problem.message_id]
        return locale.text(key, self._language, **problem.params) if key else problem.text(self._language)

    def _reason(self, problem: PortalError) -> str:
        if isinstance(problem, (OutcomeUnknown, UnexpectedAnswer)):
            return self._say("in_doubt")
        return str(problem.params.get("reason") or problem.text(self._language))

    def _say(self, key: str, **params: object) -> str:
        return locale.text(f"digest.{key}", self._language, **params)


@dataclass
class _Tally:
    """Numbers of notifications, and what to say of those that failed."""

    created: int = 0
    unchanged: int = 0
    failed: int = 0
    problems: list[str] = field(default_factory=list)
