"""The trade catalogue: catalogues of products and of variations, and what is in them."""

import pytest

SELECT = ["id", "iblockId", "name", "purchasingPrice", "purchasingCurrency"]


@pytest.fixture
def goods(empty_state):
    """60 products in catalogue 23, two variations in catalogue 24."""
    empty_state.insert("catalog", [{"ID": 23, "IBLOCK_ID": 23}, {"ID": 24, "IBLOCK_ID": 24, "PRODUCT_IBLOCK_ID": 23}])
    rows = [{"ID": number, "IBLOCK_ID": 23 if number <= 60 else 24, "NAME": "Стіл"} for number in range(1, 63)]
    empty_state.insert("catalog_product", [row | {"PURCHASING_PRICE": 12.5} for row in rows])


def test_catalogues_tell_those_of_variations(call, goods):
    """By the catalogue of their products."""
    found = call("catalog.catalog.list", select=["iblockId", "productIblockId"])["result"]["catalogs"]
    assert found == [{"iblockId": 23, "productIblockId": None}, {"iblockId": 24, "productIblockId": 23}]


def test_products_of_one_catalogue_come_in_pages(call, goods):
    """Fifty at a time, counted; numbers are numbers."""
    answer = call("catalog.product.list", select=SELECT, filter={"iblockId": 23})
    assert (len(answer["result"]["products"]), answer["total"], answer["next"]) == (50, 60, 50)
    assert answer["result"]["products"][0] == {
        "id": 1,
        "iblockId": 23,
        "name": "Стіл",
        "purchasingPrice": 12.5,
        "purchasingCurrency": None,
    }


def test_ids_may_be_a_list(call, goods):
    """Those of the other catalogue are not among them."""
    wanted = {"iblockId": 24, "id": [1, 61, 62], ">id": 61}
    answer = call("catalog.product.offer.list", select=["id", "iblockId"], filter=wanted)
    assert answer["result"]["offers"] == [{"id": 62, "iblockId": 24}]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"select": SELECT}, "Required filter fields: iblockId"),
        ({"select": ["name"], "filter": {"iblockId": 23}}, "Required select fields: id, iblockId"),
        ({"select": SELECT, "filter": {"iblockId": 99}}, "Iblock Not Found"),
    ],
)
def test_what_a_list_needs_is_demanded(post, goods, params, text):
    """In the documented words, with status 400."""
    answer = post("catalog.product.list", **params)
    assert (answer.status_code, answer.json()["error_description"]) == (400, text)
