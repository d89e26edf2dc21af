"""Names of people, firms and goods, drawn from `company_names.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random


@dataclass(frozen=True, slots=True)
class Names:
    """The words a customer or a deal is called by; a draw takes the caller's generator and nothing else."""

    first_names: tuple[str, ...]
    surnames: tuple[str, ...]
    forms: tuple[str, ...]
    company_heads: tuple[str, ...]
    company_tails: tuple[str, ...]
    goods: tuple[str, ...]
    regions: tuple[str, ...]
    director: tuple[str, str, str]
    managers: tuple[tuple[str, str, str], ...]

    def person(self, random: Random) -> tuple[str, str]:
        """A first name and a surname."""
        return pick(random, self.first_names), pick(random, self.surnames)

    def firm(self, random: Random) -> str:
        """A firm with its legal form, such as ТОВ «Кам'янецьпостач»."""
        return f"{pick(random, self.forms)} «{pick(random, self.company_heads)}{pick(random, self.company_tails)}»"


def pick(random: Random, words: tuple[str, ...]) -> str:
    """One of the words, each as likely: several times faster than `Random.choice`."""
    return words[int(random.random() * len(words))]


@cache
def load_names() -> Names:
    """The names as shipped; read once, immutable."""
    tables = tomllib.loads(resources.files(__package__).joinpath("company_names.toml").read_text("utf-8"))
    people = tables.pop("people")
    return Names(
        **{key: tuple(words) for key, words in tables.items()},
        director=tuple(people["director"]),
        managers=tuple(tuple(manager) for manager in people["managers"]),
    )
