"""Pages of rows that are asked for by their owners: what is asked, and what an answer must be to be believed."""

from typing import Any

import pytest

from b24kpi.errors import UnexpectedAnswer
from b24kpi.portal.entities import DEAL, OFFER, PRODUCT, PRODUCT_ROW
from b24kpi.portal.owners import Question, read_answer
from b24kpi.portal.protocol import Answer

ROWS = Question(PRODUCT_ROW, (5, 6))


def answer(*rows: dict[str, Any], wrapper: str = "productRows") -> Answer:
    return Answer(result={wrapper: list(rows)})


def row(number: int, owner: int = 5) -> dict[str, Any]:
    return {"id": number, "ownerId": owner}


def test_the_filter_names_the_owners() -> None:
    """With what the method demands besides, behind the last id, not counted."""
    command = Question(PRODUCT_ROW, (5, 6), after=9).command
    assert command.params["filter"] == {"=ownerType": "D", "=ownerId": [5, 6], ">id": 9}
    assert (command.params["start"], command.params["order"]) == (-1, {"id": "ASC"})


@pytest.mark.parametrize("entity", [PRODUCT, OFFER])
def test_products_are_asked_for_catalogue_by_catalogue(entity: Any) -> None:
    """With the fields that the method demands."""
    command = Question(entity, (1, 2), among=23).command
    assert command.params["filter"] == {"iblockId": 23, "id": [1, 2], ">id": 0}
    assert {"id", "iblockId"} <= {*command.params["select"]}


def test_a_page_that_is_not_full_is_the_last() -> None:
    """Also an empty one."""
    assert read_answer(ROWS, answer(row(1), row(2, 6))) == ([row(1), row(2, 6)], None)
    assert read_answer(ROWS, answer()) == ([], None)


def test_behind_a_full_page_there_may_be_more() -> None:
    """Of the same owners, behind the last row."""
    rows, following = read_answer(ROWS, answer(*map(row, range(1, 51))))
    assert (len(rows), following) == (50, Question(PRODUCT_ROW, (5, 6), after=50))


def test_a_full_page_with_every_product_is_the_last() -> None:
    """There is one of each."""
    goods = [{"id": number, "iblockId": 23} for number in range(1, 51)]
    question = Question(PRODUCT, tuple(range(1, 51)), among=23)
    assert read_answer(question, answer(*goods, wrapper="products"))[1] is None


@pytest.mark.parametrize(
    "rows",
    [[row(2), row(1)], [row(1), row(1)], [row(1, 7)], [row(number) for number in range(1, 52)], [{"ownerId": 5}]],
    ids=["descending", "twice", "another's", "too many", "without id"],
)
def test_a_wrong_page_is_refused(rows: list[dict[str, Any]]) -> None:
    """Nothing of it is kept."""
    with pytest.raises(UnexpectedAnswer):
        read_answer(ROWS, answer(*rows))


def test_rows_before_the_last_id_are_wrong() -> None:
    """The portal did not heed the filter."""
    with pytest.raises(UnexpectedAnswer):
        read_answer(Question(PRODUCT_ROW, (5,), after=9), answer(row(9)))


def test_only_streams_with_owners_are_asked_so() -> None:
    """Others are walked by their ids."""
    with pytest.raises(ValueError, match="deal"):
        Question(DEAL, (1,))
