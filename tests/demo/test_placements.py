"""placement.*: what may be bound, and what is told about it."""

import pytest

HANDLER = "http://app.example/page"


def test_a_placement_is_bound_and_listed(app_call):
    """OPTIONS are not kept for menus."""
    texts = {"ua": {"TITLE": "Показники"}}
    bound = app_call("placement.bind", PLACEMENT="LEFT_MENU", HANDLER=HANDLER, TITLE="KPI", LANG_ALL=texts)
    assert bound["result"] is True
    assert app_call("placement.get")["result"] == [
        {
            "placement": "LEFT_MENU",
            "userId": 0,
            "handler": HANDLER,
            "options": [],
            "title": "KPI",
            "description": "",
            "langAll": {"ua": {"TITLE": "Показники", "DESCRIPTION": "", "GROUP_NAME": ""}},
        }
    ]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"PLACEMENT": ""}, "ERROR_ARGUMENT"),
        ({"HANDLER": None}, "ERROR_ARGUMENT"),
        ({"PLACEMENT": ["LEFT_MENU"]}, "ERROR_ARGUMENT"),
        ({"PLACEMENT": "NO_SUCH_PLACE"}, "ERROR_PLACEMENT_NOT_FOUND"),
        ({"PLACEMENT": "CRM_LEAD_DETAIL_TAB"}, "NOT_EMULATED"),
        ({"USER_ID": 1}, "ERROR_PLACEMENT_USER_MODE"),
        ({"HANDLER": "http://localhost/page"}, "ERROR_UNSUPPORTED_PROTOCOL"),
        ({"HANDLER": "ftp://app.example/page"}, "ERROR_UNSUPPORTED_PROTOCOL"),
        ({}, "ERROR_CORE"),
    ],
)
def test_refused_placements(app_call, params, code):
    """The last case is the same handler once more."""
    app_call("placement.bind", PLACEMENT="LEFT_MENU", HANDLER=HANDLER)
    assert app_call("placement.bind", **{"PLACEMENT": "LEFT_MENU", "HANDLER": HANDLER, **params})["error"] == code


@pytest.mark.parametrize(("method", "status"), [("placement.bind", 200), ("placement.unbind", 400)])
def test_a_missing_argument_is_named(portal, application, session, method, status):
    """With the statuses of the two pages."""
    token = portal.tokens.issue(application.client_id, 1).access.value
    answer = session.post(f"{portal.address}/rest/{method}", json={"auth": token}, timeout=5)
    assert (answer.status_code, answer.json()) == (
        status,
        {
            "error": "ERROR_ARGUMENT",
            "error_description": "Argument 'PLACEMENT' is null or empty",
            "argument": "PLACEMENT",
        },
    )


def test_placements_of_the_crm_need_its_scope(app_call, portal):
    """Without it the code is not found."""
    portal.scopes.discard("crm")
    answer = app_call("placement.bind", PLACEMENT="CRM_ANALYTICS_MENU", HANDLER=HANDLER)
    assert answer["error"] == "ERROR_PLACEMENT_NOT_FOUND"
    assert "CRM_ANALYTICS_MENU" not in app_call("placement.list")["result"]
    assert "CRM_ANALYTICS_MENU" in app_call("placement.list", FULL=True)["result"]


@pytest.mark.parametrize("method", ["placement.bind", "placement.get", "placement.unbind"])
def test_only_administrators_change_placements(app_call, manager, method):
    """403 ACCESS_DENIED for others."""
    answer = app_call(method, user_id=manager, PLACEMENT="LEFT_MENU", HANDLER=HANDLER)
    assert answer["error"] == "ACCESS_DENIED"


def test_placements_are_unbound_by_handler_or_all(app_call):
    """Each one counts twice, as documented."""
    for name in ("a", "b", "c"):
        app_call("placement.bind", PLACEMENT="LEFT_MENU", HANDLER=f"{HANDLER}/{name}")
    assert app_call("placement.unbind", PLACEMENT="LEFT_MENU", HANDLER=f"{HANDLER}/b")["result"] == {"count": 2}
    assert app_call("placement.unbind", PLACEMENT="LEFT_MENU")["result"] == {"count": 4}
    assert app_call("placement.get")["result"] == []
