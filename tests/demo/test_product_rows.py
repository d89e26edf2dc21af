"""What deals consist of."""

import pytest


@pytest.fixture
def products(empty_state):
    """60 rows of deal 1, two of deal 2, one of lead 1."""
    rows = [{"ID": number, "OWNER_ID": 1, "PRODUCT_NAME": "Стіл", "PRICE": number} for number in range(1, 61)]
    rows += [{"ID": number, "OWNER_ID": 2, "PRODUCT_NAME": "Шафа", "PRICE": 5.5} for number in (61, 62)]
    empty_state.insert("product_row", rows)
    empty_state.insert("product_row", [{"ID": 63, "OWNER_ID": 1, "OWNER_TYPE": "L", "PRICE": 1.0}])


@pytest.fixture
def found(call, products):
    return lambda wanted, **params: [
        row["id"]
        for row in call("crm.item.productrow.list", filter=wanted, order={"id": "ASC"}, **params)["result"][
            "productRows"
        ]
    ]


def test_the_owner_is_mandatory(post, products):
    """Both of its parts."""
    for wanted in ({}, {"=ownerType": "D"}, {"=ownerId": 1}, {">id": 5}):
        assert post("crm.item.productrow.list", filter=wanted).status_code == 400, wanted


def test_owners_may_be_a_list(found):
    """Of one type."""
    assert found({"=ownerType": "D", "=ownerId": [2, 3]}) == [61, 62]
    assert found({"=ownerType": "L", "=ownerId": 1}) == [63]


def test_pages_turn_by_keys(found):
    """`>id` with an order by id."""
    owner = {"=ownerType": "D", "=ownerId": [1, 2]}
    first = found(owner, start=-1)
    assert (len(first), found({**owner, ">id": first[-1]}, start=-1)) == (50, list(range(51, 63)))


def test_wrong_filters_are_refused(post, products):
    """Controller rules."""
    answer = post("crm.item.productrow.list", filter={"=ownerType": "D", "=ownerId": 1, "nope": 1})
    assert (answer.status_code, answer.json()["error"]) == (400, "INVALID_ARG_VALUE")


def test_rows_of_a_deal_in_the_old_shape(call, products):
    """Upper-case keys, ids as strings, prices as numbers."""
    first = call("crm.deal.productrows.get", id=2)["result"][0]
    assert (first["ID"], first["OWNER_ID"], first["PRICE"], first["PRICE_ACCOUNT"]) == ("61", "2", 5.5, "0.00")
    assert call("crm.deal.productrows.get", id=77)["result"] == []
