"""Answers of the BI connector, line by line."""

import pytest

from b24kpi.errors import PortalError, Refused, RetryLater, UnexpectedAnswer
from b24kpi.portal.bulk import Slice, distinct
from b24kpi.portal.bulk_answer import OverLimit, lines_of, rows_in

COLUMNS = ("ID", "OPPORTUNITY")
WHOLE = b'[\n["ID","OPPORTUNITY"]\n,[1,"10.00"]\n,[2,10.10]\n]\n'


def read(answer: bytes, size: int = 7) -> list[object]:
    chunks = [answer[start : start + size] for start in range(0, len(answer), size)]
    return list(rows_in(lines_of(chunks, "crm_deal"), "crm_deal", COLUMNS))


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_rows_come_whatever_the_pieces_are(size: int) -> None:
    """Lines may be torn anywhere; decimals stay as they are written."""
    assert read(WHOLE, size) == [[1, "10.00"], [2, "10.10"]]


def test_a_header_alone_is_no_rows() -> None:
    """Which is no error."""
    assert read(b'[\n["ID","OPPORTUNITY"]\n]\n') == []


@pytest.mark.parametrize("length", range(len(WHOLE) - 2))
def test_an_answer_that_breaks_off_is_never_whole(length: int) -> None:
    """Wherever it ends before its last bracket."""
    with pytest.raises(UnexpectedAnswer):
        read(WHOLE[:length])


@pytest.mark.parametrize(
    "answer",
    [
        b'[\n["ID"]\n,[1]\n]\n',
        b'[\n["OPPORTUNITY","ID"]\n]\n',
        b'[\n["ID","OPPORTUNITY","TITLE"]\n]\n',
        b'[\n["ID","OPPORTUNITY"]\n,[1]\n]\n',
        b'[\n["ID","OPPORTUNITY"]\n,{"a":1}\n]\n',
        b'[\n["ID","OPPORTUNITY"]\n[1,"1"]\n]\n',
        b'[\n["ID","OPPORTUNITY"]\n]\n<html>',
        b"<html>502</html>",
        b"",
    ],
)
def test_anything_else_is_no_answer(answer: bytes) -> None:
    """Other columns or another order, rows of another length, no rows at all."""
    with pytest.raises(UnexpectedAnswer):
        read(answer)


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("WRONG_KEY", Refused, "bulk.wrong_key"),
        ("DISABLED", Refused, "bulk.disabled"),
        ("LIMIT_EXCEEDED", Refused, "bulk.locked"),
        ("NO_TABLE", Refused, "bulk.no_table"),
        ("SQL_ERROR", RetryLater, "bulk.failed"),
        ("DICTIONARY_1_UPDATE", RetryLater, "bulk.failed"),
        ("EMPTY_SELECT_FIELDS_LIST", UnexpectedAnswer, "bulk.failed"),
    ],
)
def test_an_error_is_told_by_its_code(code: str, kind: type[PortalError], message: str) -> None:
    """On one line or on several."""
    for answer in (f'{{"error":"{code}"}}\n', f'{{\n  "error": "{code}"\n}}\n'):
        with pytest.raises(kind) as caught:
            read(answer.encode())
        assert (caught.value.message_id, caught.value.code) == (message, code)


def test_a_cut_by_the_plan_is_told_apart() -> None:
    """The object behind the last row that was sent."""
    with pytest.raises(OverLimit):
        read(b'[\n["ID","OPPORTUNITY"]\n,[1,"1.00"]\n,{"error":"OVER_LIMIT","errorMessage":"x"}\n]\n')


@pytest.mark.parametrize("ids", [[11, 11], [10], [21], [None], ["12"]])
def test_rows_that_are_not_asked_for_are_refused(ids: list[object]) -> None:
    """Twice the same, out of the slice, or without a number."""
    with pytest.raises(UnexpectedAnswer):
        distinct([[each] for each in ids], 0, Slice("crm_deal", ("ID",), 10, 20, 100))
