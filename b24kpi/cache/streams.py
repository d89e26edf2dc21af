"""Streams by the names that people give."""

from collections.abc import Sequence

from b24kpi.errors import BadInput
from b24kpi.portal.entities import BY_NAME, ENTITIES, Entity
from b24kpi.problems import nearest


def chosen(only: Sequence[str]) -> list[Entity]:
    """The streams of these names in the order of reading; all of them where no name is given.

    Raises:
        BadInput: there is no such stream; the message names the nearest.
    """
    for name in only:
        if name not in BY_NAME:
            raise BadInput("cache.unknown_stream", stream=name, nearest=nearest(name, BY_NAME))
    return [entity for entity in ENTITIES if not only or entity.name in only]
