"""Silent failures of the BI connector."""

import json

import pytest
import requests

from .test_bi_connector import KEY, PBI, ask, names, portal, rows

__all__ = ["ask", "portal", "rows"]
FIELDS = names("ID", "STAGE_ID")


def test_an_early_end_looks_proper(portal, rows):
    """A closing bracket, but rows are missing."""
    portal.faults.add("bi_early_end", "pbi.php", rows=30)
    assert [len(rows("crm_deal", fields=FIELDS)) for _ in range(2)] == [31, 121]


def test_a_body_may_end_within_a_line(portal, ask):
    """With a connection that is all right."""
    portal.faults.add("bi_cut_line", "pbi.php")
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        json.loads(ask("crm_deal", fields=FIELDS))


def test_a_connection_may_break_within_the_answer(portal, session):
    """`truncated` works here as everywhere."""
    portal.faults.add("truncated", "pbi.php")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.post(portal.address + PBI + "?table=crm_deal", json={"key": KEY}, timeout=5)


@pytest.mark.parametrize(("kind", "count"), [("bi_missing_rows", 108), ("bi_doubled_rows", 132)])
def test_rows_may_be_missing_or_come_twice(portal, rows, kind, count):
    """Each tenth."""
    portal.faults.add(kind, "pbi.php")
    assert len(rows("crm_deal", fields=FIELDS)) == count + 1


def test_columns_may_be_missing_or_too_many(portal, rows):
    """The header tells."""
    portal.faults.add("bi_missing_column", "pbi.php", column="STAGE_ID")
    portal.faults.add("bi_extra_column", "pbi.php", column="TITLE")
    assert [rows("crm_deal", fields=FIELDS)[0] for _ in range(2)] == [["ID"], ["ID", "STAGE_ID", "TITLE"]]


def test_a_filter_may_get_lost(portal, rows):
    """Rows outside of what was asked for."""
    wanted = [[{"fieldName": "ID", "values": [5], "type": "INCLUDE", "operator": "EQUALS"}]]
    portal.faults.add("bi_lost_filter", "pbi.php")
    assert [len(rows("crm_deal", fields=FIELDS, dimensionsFilters=wanted)) for _ in range(2)] == [121, 2]


@pytest.mark.parametrize("code", ["SQL_ERROR", "DICTIONARY_1_UPDATE", "WRONG_KEY"])
def test_errors_on_order(portal, rows, code):
    """After as many good answers as wanted."""
    portal.faults.add("bi_error", "pbi.php", after=1, code=code)
    assert "error" not in rows("crm_deal", fields=FIELDS)
    assert rows("crm_deal", fields=FIELDS)["error"] == code


def test_proxies_fail_here_too(portal, session):
    """HTML instead of rows."""
    portal.faults.add("bad_gateway", "pbi.php")
    answer = session.post(portal.address + PBI + "?table=crm_deal", json={"key": KEY}, timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
