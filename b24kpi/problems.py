"""Several faults of one input, told at once, so that a person mends them in one go."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from b24kpi import locale
from b24kpi.errors import BadInput


@dataclass(frozen=True)
class Problem:
    """One fault: a message id and its parameters."""

    message_id: str
    params: dict[str, Any] = field(default_factory=dict)

    def text(self, language: str) -> str:
        return locale.text(self.message_id, language, **self.params)


class Problems(BadInput):
    """All faults of a file, under a heading that gets their number as `count`."""

    def __init__(self, heading_id: str, problems: Sequence[Problem], **params: Any) -> None:
        self.problems = tuple(problems)
        super().__init__(heading_id, count=len(self.problems), **params)

    def text(self, language: str) -> str:
        return "\n".join([super().text(language), *(f"  - {problem.text(language)}" for problem in self.problems)])


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like `name`, however unlike; "" where nothing is known.

    >>> nearest("webhok_url", ["plan", "webhook_url"])
    'webhook_url'
    """
    spellings = {each.lower(): each for each in known}
    return next((spellings[each] for each in get_close_matches(name.lower(), spellings, n=1, cutoff=0.0)), "")
