"""What a request of the BI connector asks for, and what the connector silently passes over."""

import pytest

from .test_bi_connector import ask, names, portal, rows

__all__ = ["ask", "portal", "rows"]


@pytest.fixture
def ids(rows):
    return lambda **body: sorted(row[0] for row in rows("crm_deal", fields=names("ID"), **body)[1:])


def where(*filters, **more):
    return {"dimensionsFilters": [[row] for row in filters], **more}


def about(name, operator, *values, kind="INCLUDE"):
    return {"fieldName": name, "values": list(values), "type": kind, "operator": operator}


ALL = list(range(1, 121))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (about("ID", "NUMERIC_GREATER_THAN", 118), [119, 120]),
        (about("ID", "NUMERIC_LESS_THAN_OR_EQUAL", 2), [1, 2]),
        (about("ID", "BETWEEN", 3, 4, 9), [3, 4]),
        (about("ID", "IN_LIST", 7, 8), [7, 8]),
        (about("ID", "EQUALS", "9"), [9]),
        (about("TITLE", "CONTAINS", "угода 120"), [120]),
        (about("CONTACT_ID", "IS_NULL", kind="EXCLUDE"), list(range(10, 121, 10))),
        (about("DATE_CREATE", "NUMERIC_GREATER_THAN", "2025-07-06 01:59:59"), [119, 120]),
        (about("OPPORTUNITY", "NUMERIC_GREATER_THAN_OR_EQUAL", "1190.00"), [119, 120]),
    ],
)
def test_operators(ids, wanted, found):
    """Those of the documentation and their forms with equality."""
    assert ids(**where(wanted)) == found


def test_groups_are_or_within_and(ids):
    """The outer list joins by AND, the inner one by OR."""
    inner = [about("ID", "EQUALS", 5), about("ID", "EQUALS", 6)]
    assert ids(dimensionsFilters=[inner, [about("ID", "NUMERIC_GREATER_THAN", 5)]]) == [6]


def test_excluding_numbers_loses_rows_without_one(ids, state):
    """On texts they stay."""
    state.execute("UPDATE deal SET LEAD_ID = 1 WHERE ID = 2")
    state.execute("UPDATE deal SET TYPE_ID = NULL WHERE ID = 3")
    assert ids(**where(about("LEAD_ID", "IN_LIST", 7, kind="EXCLUDE"))) == [2]
    assert len(ids(**where(about("TYPE_ID", "EQUALS", "SALE", kind="EXCLUDE")))) == 1


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ({"startDate": "2025-07-05"}, list(range(93, 121))),
        ({"endDate": "2025-07-01"}, list(range(1, 21))),
        ({"startDate": "2025-07-02", "endDate": "2025-07-02"}, list(range(21, 45))),
        ({"startDate": "soon"}, ALL),
    ],
)
def test_date_ranges_are_whole_days_of_the_server(ids, days, found):
    """Both ends count; what is no date is no bound."""
    assert ids(dateRange=days, configParams={"timeFilterColumn": "DATE_CREATE"}) == found


def test_without_a_column_the_first_date_counts(rows, state):
    """Which is DATE_MODIFY for leads."""
    state.add("lead", {}, at=1_751_328_000)
    state.update("lead", 1, {"TITLE": "x"}, at=1_767_000_000)
    body = {"dateRange": {"startDate": "2025-12-01"}, "fields": names("ID")}
    assert len(rows("crm_lead", **body)) == 2
    assert len(rows("crm_lead", configParams={"timeFilterColumn": "DATE_CREATE"}, **body)) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        about("ID", "REGEXP_EXACT", "5"),
        about("ID", "GREATER", 5),
        {"fieldName": "ID", "values": [5], "type": "INCLUDE"},
    ],
)
def test_an_unknown_operator_drops_every_condition(ids, rows, state, wanted):
    """The date range and the table's own condition too."""
    range_of_days = {"dateRange": {"startDate": "2025-07-05"}, "configParams": {"timeFilterColumn": "DATE_CREATE"}}
    assert ids(**where(about("ID", "EQUALS", 3), wanted, **range_of_days)) == ALL
    state.insert("product_row", [{"ID": 1, "OWNER_ID": 1}, {"ID": 2, "OWNER_ID": 1, "OWNER_TYPE": "L"}])
    assert len(rows("crm_deal_product_row", fields=names("ID"))) == 2
    assert len(rows("crm_deal_product_row", fields=names("ID"), **where(wanted))) == 3


@pytest.mark.parametrize(
    "wanted",
    [
        about("id", "EQUALS", 5),
        about("ID", "NUMERIC_GREATER_THAN", 5, kind="EXCLUDE"),
        about("ID", "BETWEEN", 5),
    ],
)
def test_some_wrong_filters_drop_themselves_alone(ids, wanted):
    """The others hold."""
    assert ids(**where(about("ID", "NUMERIC_LESS_THAN", 3), wanted)) == [1, 2]
