"""The digest as a message of Bitrix24's messenger, and who is still to get it. No I/O but the notes of what was sent.

Its markup: https://apidocs.bitrix24.com/api-reference/chats/messages/index.html
"""

from collections.abc import Mapping
from dataclasses import dataclass

from b24kpi import locale
from b24kpi.cache.notices import Notices
from b24kpi.report.briefing import Briefing, Figure

# Where a batch is meant, and in markup, these have a meaning that cannot be taken from them.
_BRACKETS = str.maketrans("[]", "()")
_BREAK = "[br]"


@dataclass(frozen=True)
class Letter:
    """What a report tells people today.

    Attributes:
        users: id → name of those who get it.
        notices: who has got it already.
        is_due: whether it may arrive now; `time` are the days and hours in which it may.
        briefing: what it says; None where nobody is to be told now.
    """

    users: Mapping[int, str]
    notices: Notices
    is_due: bool
    time: str
    briefing: Briefing | None = None

    def waiting(self, *, replaces: bool) -> list[int]:
        """Ids of those who are to be told now.

        Args:
            replaces: a message takes the place of its twin, so that those in doubt may be told once more.
        """
        told = {*self.notices.sent(), *(() if replaces else self.notices.in_doubt())}
        return [user_id for user_id in self.users if user_id not in told] if self.is_due else []


def message(briefing: Briefing, language: str, address: str, link: str) -> str:
    """The text with markup; `link` names what is found at the address, of which there may be none."""
    head = f"[b]{locale.text('digest.title', language)}[/b]"
    figures = (_line(each) for each in briefing.figures)
    below = [*map(_plain, briefing.notes), *([f"[url={address}]{link}[/url]"] if address else [])]
    return _BREAK.join([head, *map(_plain, briefing.sentences), "", *figures, "", *below])


def outside(briefing: Briefing, language: str, address: str) -> str:
    """The same without markup, for letters and the like."""
    figures = [_line(each, "{}") for each in briefing.figures]
    parts = (locale.text("digest.title", language), *briefing.sentences, *figures, *briefing.notes, address)
    return "\n".join(filter(None, parts))


def _line(figure: Figure, strong: str = "[b]{}[/b]") -> str:
    value = strong.format(_plain(figure.value))
    remark = f" ({_plain(figure.remark)})" if figure.remark else ""
    return f"{_plain(figure.name)}: {value}{remark}"


def _plain(text: str) -> str:
    """The text with nothing in it that reads as markup."""
    return " ".join(text.translate(_BRACKETS).split())
