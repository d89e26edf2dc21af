"""What every page needs to know of the cache before it asks anything: how far the data reach, names to choose from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from b24kpi.answers import Answers
from b24kpi.report.wording import Wording
from b24kpi.web.pages.filters import SLICES


@dataclass(frozen=True)
class Directory:
    """Of one cache in one language.

    Attributes:
        as_of: seconds since the epoch; `today`: the local day of it.
        zone: IANA name.
        choices: dimension of the filters → value → name.
    """

    as_of: float
    today: date
    zone: str
    wording: Wording
    choices: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, answers: Answers) -> "Directory":
        """Read it.

        Raises:
            CacheError: nothing has been synced yet.
        """
        return cls(
            as_of=answers.as_of,
            today=datetime.fromtimestamp(answers.as_of, answers.zone).date(),
            zone=answers.zone.key,
            wording=wording_of(answers),
            choices={name: _sorted(answers.names(name)) for name in SLICES},
        )


def wording_of(answers: Answers) -> Wording:
    """The reader's language with the names of the installed metrics."""
    names = {metric.id: metric.names[answers.language] for metric in answers.metrics()}
    return Wording(answers.language, answers.currency, names, answers.dimension_names())


def _sorted(names: Mapping[str, str]) -> Mapping[str, str]:
    return dict(sorted(names.items(), key=lambda pair: (pair[1].casefold(), pair[0])))
