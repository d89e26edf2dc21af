"""Smart invoices: entity type 31."""

import pytest

from b24kpi.demo import standard_portal


@pytest.fixture
def invoice(empty_state):
    """An invoice of deal 1, sent and paid."""
    standard_portal.install_invoices(empty_state)
    number = empty_state.add("invoice", {"TITLE": "Рахунок", "OPPORTUNITY": 99.5, "PARENT_ID_2": 1}, at=1_700_000_000)
    empty_state.update("invoice", number, {"STAGE_ID": "DT31_11:S"}, at=1_700_000_100)
    empty_state.update("invoice", number, {"STAGE_ID": "DT31_11:P"}, at=1_700_000_200)
    return number


def test_invoices_are_items(call, invoice):
    """Under camel-case names, found by their deal; the moment of payment is that of the last move."""
    answer = call("crm.item.list", entityTypeId=31, filter={"=parentId2": 1}, select=["*"])
    (row,) = answer["result"]["items"]
    assert {
        name: row[name] for name in ("id", "opportunity", "stageId", "previousStageId", "parentId2", "entityTypeId")
    } == {
        "id": invoice,
        "opportunity": 99.5,
        "stageId": "DT31_11:P",
        "previousStageId": "DT31_11:S",
        "parentId2": 1,
        "entityTypeId": 31,
    }
    assert row["movedTime"] == "2023-11-15T00:16:40+02:00"
    assert "stageSemanticId" not in row


def test_their_history_tells_when_they_were_paid(call, invoice):
    """Rows as of deals."""
    items = call("crm.stagehistory.list", entityTypeId=31, order={"ID": "ASC"})["result"]["items"]
    assert [(row["TYPE_ID"], row["STAGE_ID"], row["STAGE_SEMANTIC_ID"]) for row in items] == [
        (1, "DT31_11:N", "P"),
        (2, "DT31_11:S", "P"),
        (3, "DT31_11:P", "S"),
    ]


def test_their_pipeline_and_stages_are_listed(call, invoice):
    """Apart from those of deals."""
    assert [row["id"] for row in call("crm.category.list", entityTypeId=31)["result"]["categories"]] == [11]
    assert [row["id"] for row in call("crm.category.list", entityTypeId=2)["result"]["categories"]] == [0, 3]
    stages = call("crm.status.list", filter={"ENTITY_ID": "SMART_INVOICE_STAGE_11"})["result"]
    assert [row["STATUS_ID"] for row in stages] == [f"DT31_11:{code}" for code in "NSPD"]
    assert "SMART_INVOICE_STAGE_11" in [row["ID"] for row in call("crm.status.entity.types")["result"]]


def test_a_stage_is_changed_over_rest(call, invoice):
    """crm.item.update leaves history as everywhere."""
    call("crm.item.update", entityTypeId=31, id=invoice, fields={"stageId": "DT31_11:D"})
    assert call("crm.stagehistory.list", entityTypeId=31)["total"] == 4


def test_the_link_to_a_deleted_deal_is_emptied(empty_state, invoice):
    """The invoice stays."""
    deal = empty_state.add("deal", {"ID": 1})
    empty_state.delete("deal", deal)
    assert empty_state.row("invoice", invoice)["PARENT_ID_2"] is None
