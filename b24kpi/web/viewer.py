"""Who looks at a page, and what of it they may see."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Viewer:
    """A verified user of the portal.

    Attributes:
        user_id: ID of the portal's user; also the value of the dimension `manager`.
        name: first and last name as the portal has them.
        language: uk, ru or en.
        sees_all: others' figures too; who may not sees only what is theirs.
    """

    user_id: int
    name: str
    language: str
    sees_all: bool
