"""BI Builder: connectors, sources and data sets of an application, and how its endpoints are called."""

import json

import pytest

from b24kpi.demo.bi_builder import ConnectorFault

from .far_application import FarApplication

SETTINGS = [{"code": "secret", "name": "Секрет", "type": "STRING"}]
FIELDS = [
    {"type": "int", "name": "DEAL_ID", "externalCode": "deal_id"},
    {"type": "date", "name": "DAY", "externalCode": "day"},
]
ROWS = [["deal_id", "day"], [101, "2024-08-30"], [102, None]]


@pytest.fixture
def far():
    with FarApplication() as far:
        far.pages |= {"/check": '{"ok":true}', "/data": json.dumps(ROWS)}
        far.pages["/tables"] = '[{"code":"kpi","title":"KPI"}]'
        far.pages["/columns"] = (
            '[{"code":"deal_id","name":"Угода","type":"int"},{"code":"x","name":"X","type":"money"}]'
        )
        yield far


@pytest.fixture
def connector(far):
    """Fields of a good connector."""
    names = {"urlCheck": "check", "urlTableList": "tables", "urlTableDescription": "columns", "urlData": "data"}
    urls = {name: f"{far.url}/{path}" for name, path in names.items()}
    return {"title": "KPI", "logo": "data:,", "settings": SETTINGS, **urls}


@pytest.fixture
def dataset(app_call, connector):
    """The id of a data set with its source and connector."""
    connector_id = app_call("biconnector.connector.add", fields=connector)["result"]["id"]
    source = {"title": "KPI", "connectorId": connector_id, "settings": {"secret": "s&1"}}
    source_id = app_call("biconnector.source.add", fields=source)["result"]["id"]
    fields = {"name": "kpi", "externalName": "KPI", "externalCode": "kpi", "sourceId": source_id, "fields": FIELDS}
    return app_call("biconnector.dataset.add", fields=fields)["result"]["id"]


@pytest.fixture
def builder(portal):
    return portal.apps.bi_builder


def test_sources_and_data_sets_are_checked_when_made(far, dataset):
    """By a POST of the settings to urlCheck, each time."""
    assert [each.form for each in far.of("/check")] == [{"connection": {"secret": "s&1"}}] * 2


def test_rows_are_asked_for_and_typed(far, dataset, builder):
    """By the names of the data set; without select, filter or limit none is sent."""
    assert builder.rows(dataset) == [{"DEAL_ID": 101, "DAY": "2024-08-30"}, {"DEAL_ID": 102, "DAY": None}]
    assert builder.rows(dataset, select=["DAY"], filter={">=DAY": "2024-08-01"}, limit=2)[0] == {"DAY": "2024-08-30"}
    plain, full = (each.form for each in far.of("/data"))
    assert plain == {"table": "kpi", "connection": {"secret": "s&1"}}
    assert full == {
        "table": "kpi",
        "select": {0: "day"},
        "filter": {">=DAY": "2024-08-01"},
        "limit": "2",
        "connection": {"secret": "s&1"},
    }


def test_fields_are_mapped_where_the_connector_supports_it(far, app_call, dataset, builder):
    """By external codes, of the selected fields only."""
    source = builder.sources[builder.datasets[dataset]["sourceId"]]
    app_call("biconnector.connector.update", id=source["connectorId"], fields={"supportMapping": True})
    builder.rows(dataset, select=["DAY"])
    assert far.of("/data")[0].form["mapFields"] == {"day": "DAY"}


def test_tables_and_columns_are_listed(far, dataset, builder):
    """An unknown type is a string."""
    source_id = builder.datasets[dataset]["sourceId"]
    assert builder.tables(source_id, "kp") == [{"code": "kpi", "title": "KPI"}]
    assert [column["type"] for column in builder.columns(source_id, "kpi")] == ["int", "string"]
    assert (far.of("/tables")[0].form["searchString"], far.of("/columns")[0].form["table"]) == ("kp", "kpi")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("", "0 bytes"),
        ("<html>", "no JSON"),
        ("{}", "list of lists"),
        ('[["deal_id"]]', "lacks day"),
        ('[["deal_id","day"],[1]]', "as long as"),
        ('[["deal_id","day"],["1","2024-08-30"]]', "is no int"),
        ('[["deal_id","day"],[1,"30.08.2024"]]', "is no date"),
        ('[["deal_id","day"],[1,null],[2,null],[3,null]]', "3 rows where 2"),
    ],
)
def test_answers_that_are_refused(far, dataset, builder, answer, problem):
    """Each is named."""
    far.pages["/data"] = answer
    with pytest.raises(ConnectorFault, match=problem):
        builder.rows(dataset, limit=2)


def test_lists_of_tables_need_both_texts(far, dataset, builder):
    """An empty title makes the whole answer invalid."""
    far.pages["/tables"] = '[{"code":"kpi","title":""}]'
    with pytest.raises(ConnectorFault, match="title"):
        builder.tables(builder.datasets[dataset]["sourceId"])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": None}, "VALIDATION_REQUIRED_FIELD_MISSING"),
        ({"nope": 1}, "VALIDATION_UNKNOWN_PARAMETERS"),
        ({"id": 1}, "VALIDATION_READ_ONLY_FIELD"),
        ({"settings": "x"}, "VALIDATION_INVALID_FIELD_TYPE"),
        ({"settings": [{"code": "a", "name": "A", "type": "DATE"}]}, "VALIDATION_SETTINGS_INVALID_TYPE"),
        ({"settings": [{"code": "a" * 512, "name": "A", "type": "INT"}]}, "VALIDATION_SETTINGS_CODE_TOO_LONG"),
    ],
)
def test_refused_connectors(app_call, connector, changes, code):
    """HTTP 200 with a code."""
    assert app_call("biconnector.connector.add", fields={**connector, **changes})["error"] == code


def test_a_source_that_is_not_reached(app_call, connector, far):
    """urlCheck must answer 200."""
    connector_id = app_call("biconnector.connector.add", fields=connector)["result"]["id"]
    far.status = 403
    source = {"title": "KPI", "connectorId": connector_id, "settings": {"secret": "x"}}
    assert app_call("biconnector.source.add", fields=source)["error"] == "SOURCE_CREATE_CONNECTION_ERROR"
    source["connectorId"] = 999
    assert app_call("biconnector.source.add", fields=source)["error"] == "CONNECTOR_NOT_FOUND"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "DATASET_ALREADY_EXIST"),
        ({"name": "KPI"}, "NOT_EMULATED"),
        ({"name": "k" * 231}, "VALIDATION_DATASET_NAME_TOO_LONG"),
        ({"sourceId": 999}, "SOURCE_NOT_FOUND"),
        ({"fields": [FIELDS[0], FIELDS[0]]}, "VALIDATION_DUPLICATE_FIELD_CODE"),
        ({"fields": [{**FIELDS[0], "type": "money"}]}, "VALIDATION_FIELD_INVALID_TYPE"),
        ({"fields": [{**FIELDS[0], "name": "N" * 33}]}, "VALIDATION_FIELD_NAME_TOO_LONG"),
        ({"fields": [{**FIELDS[0], "name": "deal"}]}, "NOT_EMULATED"),
    ],
)
def test_refused_data_sets(app_call, dataset, builder, changes, code):
    """The first case is the same name once more."""
    row = builder.datasets[dataset]
    fields = {name: row[name] for name in ("name", "externalName", "externalCode", "sourceId")} | {"fields": FIELDS}
    assert app_call("biconnector.dataset.add", fields={**fields, **changes})["error"] == code


def test_fields_of_a_data_set_change(app_call, dataset):
    """Added, hidden, deleted."""
    first, second = (each["id"] for each in app_call("biconnector.dataset.get", id=dataset)["result"]["item"]["fields"])
    more = [{"type": "double", "name": "SUM", "externalCode": "sum"}]
    changes = {"add": more, "update": [{"id": first, "visible": False}], "delete": [second]}
    assert app_call("biconnector.dataset.fields.update", id=dataset, **changes)["result"] is True
    fields = app_call("biconnector.dataset.get", id=dataset)["result"]["item"]["fields"]
    assert [(each["name"], each["visible"]) for each in fields] == [("DEAL_ID", False), ("SUM", True)]
    again = app_call("biconnector.dataset.fields.update", id=dataset, add=more)
    assert again["error"] == "VALIDATION_DUPLICATE_EXIST_CODE"


def test_what_others_hang_on_stays(app_call, dataset, builder):
    """Data set, source, connector go in this order."""
    source_id = builder.datasets[dataset]["sourceId"]
    connector_id = builder.sources[source_id]["connectorId"]
    assert app_call("biconnector.source.delete", id=source_id)["error"] == "BX_ERROR"
    assert app_call("biconnector.connector.delete", id=connector_id)["error"] == "CONNECTOR_DELETE_RESTRICTED"
    for kind, number in (("dataset", dataset), ("source", source_id), ("connector", connector_id)):
        assert app_call(f"biconnector.{kind}.delete", id=number)["result"] is True
    assert app_call("biconnector.dataset.get", id=dataset)["error"] == "DATASET_NOT_FOUND"
    assert app_call("biconnector.dataset.get")["error"] == "VALIDATION_ID_NOT_PROVIDED"
    assert app_call("biconnector.dataset.get", id="x")["error"] == "VALIDATION_INVALID_ID_FORMAT"


def test_lists_are_filtered(app_call, dataset):
    """Numbers are texts; other fields are refused."""
    found = app_call("biconnector.dataset.list", select=["id", "name"], filter={"%=name": "k%", "!description": "x"})
    assert found["result"] == [{"id": str(dataset), "name": "kpi"}]
    assert app_call("biconnector.dataset.list", filter={"=name": "other"})["result"] == []
    refused = app_call("biconnector.dataset.list", filter={"nope": 1})
    assert refused["error"] == "VALIDATION_FIELD_NOT_ALLOWED_IN_FILTER"
    assert app_call("biconnector.dataset.list", select="id")["error"] == "VALIDATION_SELECT_TYPE"


def test_who_has_the_methods(post, app_call, manager, connector):
    """Applications in the name of administrators; fields of connectors are open to webhooks."""
    assert app_call("biconnector.connector.add", user_id=manager, fields=connector)["error"] == "ACCESS_DENIED"
    answer = post("biconnector.connector.list")
    assert (answer.status_code, answer.json()["error"]) == (200, "ACCESS_DENIED")
    assert len(post("biconnector.connector.fields").json()["result"]["fields"]) == 11


def test_the_page_shows_rows_and_tables(portal, session, far, dataset):
    """Asked for anew; a fault of the connector is named."""
    url = f"{portal.address}/bi/"
    assert "<td>kpi</td><td>KPI</td>" in session.get(url, timeout=5).text
    shown = session.get(url, params={"dataset": dataset}, timeout=5).text
    assert '<td class="number">101</td><td>2024-08-30</td>' in shown
    far.status = 500
    assert "answers 500" in session.get(url, params={"dataset": dataset}, timeout=5).text
