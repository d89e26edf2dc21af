"""Rows of named owners: the command that asks for them, and the proof that a page of them is right. No I/O.

https://apidocs.bitrix24.com/api-reference/crm/universal/product-rows/crm-item-productrow-list.html ; that several
owners may be named at once is read from the portal's source
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from b24kpi.errors import UnexpectedAnswer
from b24kpi.portal.declaration import Entity
from b24kpi.portal.keys import PAGE, Row, ids_of, rows_of
from b24kpi.portal.protocol import Answer, Command


@dataclass(frozen=True)
class Question:
    """The rows of these owners with ids above `after`, a page of them.

    Attributes:
        among: the id of a directory that has to be named too, for streams that have one.
    """

    entity: Entity
    owners: tuple[int, ...]
    among: int | None = None
    after: int = 0

    def __post_init__(self) -> None:
        if self.entity.owned is None:
            raise ValueError(f"{self.entity.name} has no owners")

    @property
    def command(self) -> Command:
        """The list method with its filter."""
        entity, owned = self.entity, self.entity.owned
        assert owned
        directory = {} if owned.among is None else {owned.among[0]: self.among}
        where = {**owned.where, **directory, owned.filter: list(self.owners), f">{entity.key}": self.after}
        select = [field.name for field in entity.fields]
        return Command(
            entity.method,
            {"start": -1, **entity.params, "filter": where, "select": select, "order": {entity.key: "ASC"}},
        )


def read_answer(question: Question, answer: Answer) -> tuple[list[Row], Question | None]:
    """The rows of a page, and the question for those behind it, if there may be any.

    Raises:
        UnexpectedAnswer: rows of others, out of order, or more than a page.
    """
    entity, owned = question.entity, question.entity.owned
    assert owned
    rows = rows_of(entity, answer)
    ids = ids_of(entity, rows)
    ladder = [question.after, *ids]
    ascending = all(lower < higher for lower, higher in zip(ladder, ids, strict=False))
    if not ascending or len(ids) > PAGE or not _owners(entity, rows) <= set(question.owners):
        raise UnexpectedAnswer("portal.wrong_page", method=entity.method, entity=entity.name, after=question.after)
    is_last = len(ids) < PAGE or (owned.key == entity.key_column and len(ids) == len(question.owners))
    return rows, None if is_last else replace(question, after=ids[-1])


def _owners(entity: Entity, rows: Sequence[Row]) -> set[int]:
    assert entity.owned
    name = next(field.name for field in entity.fields if field.column == entity.owned.key)
    return {int(row.get(name) or 0) for row in rows}
