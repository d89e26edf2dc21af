"""Smart processes: types, user fields, items, imports."""

import pytest

from b24kpi.demo.declaration import Field
from b24kpi.demo.state import PortalState

KEY = "b24kpi:monthly:win_rate:2025-12"


@pytest.fixture
def kpi(call):
    """entityTypeId of a smart process with a number of its own."""
    made = call("crm.type.add", fields={"title": "KPI", "code": "B24KPI", "isStagesEnabled": "N"})["result"]["type"]
    field = {"entityId": f"CRM_{made['id']}", "fieldName": f"UF_CRM_{made['id']}_VALUE", "userTypeId": "double"}
    call("userfieldconfig.add", moduleId="crm", field=field)
    return made["entityTypeId"]


@pytest.fixture
def add(call, kpi):
    return lambda **fields: call("crm.item.add", entityTypeId=kpi, fields=fields)["result"]["item"]


def test_types_are_found_by_code(call, kpi):
    """The filter knows every field of a type."""
    types = call("crm.type.list", filter={"code": "B24KPI"})
    assert ([row["entityTypeId"] for row in types["result"]["types"]], types["total"]) == ([kpi], 1)
    assert call("crm.type.list", filter={"=code": "OTHER"})["result"]["types"] == []


def test_entity_types_are_even_and_count_up(call, kpi):
    """From 1030 on; a wrong wish is refused."""
    assert call("crm.type.add", fields={"title": "B"})["result"]["type"]["entityTypeId"] == kpi + 2
    assert call("crm.type.add", fields={"title": "C", "entityTypeId": 1031})["error"] == "INVALID_ARG_VALUE"


def test_stages_of_smart_processes_are_not_emulated(call):
    """Loudly."""
    assert call("crm.type.add", fields={"title": "B", "isStagesEnabled": "Y"})["error"] == "NOT_EMULATED"


def test_a_type_with_items_stays(call, kpi, add):
    """BX_ERROR until the last item is gone."""
    item = add(title="x")
    type_id = call("crm.type.list")["result"]["types"][0]["id"]
    assert call("crm.type.delete", id=type_id)["error"] == "BX_ERROR"
    call("crm.item.delete", entityTypeId=kpi, id=item["id"])
    assert call("crm.type.delete", id=type_id)["result"] == []
    assert call("crm.item.list", entityTypeId=kpi)["error"] == "NOT_FOUND"


def test_equal_keys_make_twins(call, kpi, add):
    """xmlId is no unique key."""
    twins = [add(xmlId=KEY)["id"], add(xmlId=KEY)["id"]]
    found = call("crm.item.list", entityTypeId=kpi, filter={"=xmlId": KEY}, select=["id"])["result"]["items"]
    assert [row["id"] for row in found] == twins


def test_user_fields_go_by_camel_or_original_names(call, kpi, add):
    """Both are written; the answer's names depend on useOriginalUfNames."""
    item = add(title="x", ufCrm1Value="1.5")
    assert item["ufCrm1Value"] == 1.5
    params = {"entityTypeId": kpi, "id": item["id"], "fields": {"UF_CRM_1_VALUE": 2.25}, "useOriginalUfNames": "Y"}
    assert call("crm.item.update", **params)["result"]["item"]["UF_CRM_1_VALUE"] == 2.25
    assert call("crm.item.list", entityTypeId=kpi, filter={">ufCrm1Value": 2})["total"] == 1


def test_equal_values_write_nothing(call, kpi, add, clock):
    """updatedTime moves only with a change."""
    item = add(title="x", ufCrm1Value=1)
    clock.wait(60)
    same = call("crm.item.update", entityTypeId=kpi, id=item["id"], fields={"title": "x", "ufCrm1Value": 1})
    assert same["result"]["item"]["updatedTime"] == item["updatedTime"]
    other = call("crm.item.update", entityTypeId=kpi, id=item["id"], fields={"title": "y"})
    assert other["result"]["item"]["updatedTime"] > item["updatedTime"]


def test_read_only_and_unknown_fields_are_dropped(add, state):
    """createdTime cannot be written by crm.item.add."""
    item = add(title="x", createdTime="2020-01-01T00:00:00+02:00", noSuchField=1)
    assert item["createdTime"] == state.zone.iso(state.now())


def test_an_import_answers_position_by_position(call, kpi, portal):
    """Some items may fail; the others are there."""
    portal.faults.add("import_error", code="CRM_FIELD_ERROR_REQUIRED", positions=(1,))
    answer = call("crm.item.batchImport", entityTypeId=kpi, data=[{"title": "a"}, {"title": "b"}, {"title": "c"}])
    shown = ["error" if "error" in row else row["item"]["id"] for row in answer["result"]["items"]]
    assert shown == [1, "error", 2]


def test_an_import_may_bring_the_past_but_not_the_future(call, kpi):
    """createdTime is honoured up to now."""
    past, future = "2024-01-01T00:00:00+02:00", "2030-01-01T00:00:00+02:00"
    answer = call("crm.item.batchImport", entityTypeId=kpi, data=[{"createdTime": past}, {"createdTime": future}])
    assert "error" in answer["result"]["items"][1]
    assert call("crm.item.list", entityTypeId=kpi)["result"]["items"][0]["createdTime"] == past


def test_an_import_takes_twenty(call, kpi):
    """MAX_IMPORT_BATCH_SIZE_EXCEEDED."""
    answer = call("crm.item.batchImport", entityTypeId=kpi, data=[{"title": "x"}] * 21)
    assert answer["error"] == "MAX_IMPORT_BATCH_SIZE_EXCEEDED"


def test_mandatory_user_fields(call, kpi):
    """CRM_FIELD_ERROR_REQUIRED without a value."""
    field = {"entityId": "CRM_1", "fieldName": "UF_CRM_1_UNIT", "mandatory": "Y"}
    call("userfieldconfig.add", moduleId="crm", field=field)
    answer = call("crm.item.add", entityTypeId=kpi, fields={"title": "x"})
    assert answer["error"] == "CRM_FIELD_ERROR_REQUIRED"


@pytest.mark.parametrize(
    "field",
    [
        {"entityId": "CRM_1"},
        {"entityId": "CRM_1", "fieldName": "VALUE"},
        {"entityId": "CRM_1", "fieldName": "UF_CRM_1_" + "X" * 50},
        {"entityId": "CRM_1", "fieldName": "UF_CRM_1_VALUE"},
        {"entityId": "CRM_77", "fieldName": "UF_CRM_77_VALUE"},
    ],
)
def test_wrong_user_fields(post, kpi, field):
    """No name, no prefix, too long, taken, no such process: 400."""
    assert post("userfieldconfig.add", moduleId="crm", field=field).status_code == 400


def test_user_fields_come_and_go(call, kpi):
    """userfieldconfig.list filters by entityId; delete answers null."""
    found = call("userfieldconfig.list", moduleId="crm", filter={"entityId": "CRM_1"})
    assert [row["fieldName"] for row in found["result"]["fields"]] == ["UF_CRM_1_VALUE"]
    assert call("userfieldconfig.delete", moduleId="crm", id=found["result"]["fields"][0]["id"])["result"] is None
    assert "ufCrm1Value" not in call("crm.item.add", entityTypeId=kpi, fields={"title": "x"})["result"]["item"]


def test_deals_move_to_another_pipeline(call, state):
    """crm.item.update takes categoryId and stageId; crm.deal.update cannot."""
    call("crm.deal.update", id=5, fields={"CATEGORY_ID": 3})
    assert state.row("deal", 5)["CATEGORY_ID"] == 0
    fields = {"categoryId": 3, "stageId": "C3:EXECUTING"}
    assert call("crm.item.update", entityTypeId=2, id=5, fields=fields)["result"]["item"]["stageId"] == "C3:EXECUTING"
    assert state.rows("deal_history")[-1]["TYPE_ID"] == 5


def test_a_file_keeps_processes_and_fields(tmp_path, clock):
    """A state on disk opens again with the tables that were made."""
    path = str(tmp_path / "portal.db")
    state = PortalState(path=path, now=clock)
    process = state.create_row("smart_process", {"title": "KPI", "entityTypeId": 1030})
    state.create_item_table(1030)
    state.create_row(
        "user_field", {"entityId": f"CRM_{process}", "fieldName": "UF_CRM_1_VALUE", "userTypeId": "double"}
    )
    state.add_field("item_1030", Field("UF_CRM_1_VALUE", "double"))
    state.add("item_1030", {"TITLE": "x", "UF_CRM_1_VALUE": 1.5})
    state.close()
    again = PortalState(path=path, now=clock)
    assert again.rows("item_1030")[0]["UF_CRM_1_VALUE"] == 1.5
    again.close()
