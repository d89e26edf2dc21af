"""Methods for applications answer in the documented shape, in the name of an administrator."""

import fnmatch
import json

import pytest

from .application_requests import APPLICATION_REQUESTS, BI_FIELDS, HANDLER, LIST, MEANT
from .far_application import FarApplication
from .shapes import differences, documented

SAMPLES = documented()
COMPARED = sorted(method for method, request in APPLICATION_REQUESTS.items() if request is not None)
pytestmark = pytest.mark.skipif(not SAMPLES, reason="the documented samples (../shared/data) are not here")


@pytest.fixture
def furnished(app_call, state):
    """One of everything."""
    app_call("event.bind", event="ONCRMDEALADD", handler=HANDLER)
    app_call("event.bind", event="ONCRMDEALUPDATE", event_type="offline")
    state.update("deal", 9, {"TITLE": "x"})
    app_call("lists.add", **LIST, FIELDS={"NAME": "x"})
    known = {"field": app_call("lists.field.add", **LIST, FIELDS={"NAME": "y", "TYPE": "S", "CODE": "y"})["result"]}
    app_call("lists.element.add", **LIST, ELEMENT_CODE="a", FIELDS={"NAME": "a", known["field"]: "x"})
    with FarApplication() as far:
        far.pages["/check"] = "1"
        known["far"] = far.url
        for kind, name in (
            ("connector", "connector"),
            ("connector", "spare"),
            ("source", "source"),
            ("dataset", "dataset"),
        ):
            fields = _filled(BI_FIELDS[kind], known)
            known[name] = app_call(f"biconnector.{kind}.add", fields=fields)["result"]["id"]
        texts = {"uk": {"TITLE": "Звіти", "DESCRIPTION": "", "GROUP_NAME": ""}}
        app_call("placement.bind", PLACEMENT="LEFT_MENU", HANDLER=HANDLER, TITLE="KPI", LANG_ALL=texts)
        yield known


def _filled(value, known):
    """`{name}` replaced by what is known under it."""
    if isinstance(value, dict):
        return {key.format(**known): _filled(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, known) for item in value]
    return value.format(**known) if isinstance(value, str) else value


@pytest.mark.parametrize("method", COMPARED)
def test_an_answer_to_an_application_has_the_documented_shape(app_call, furnished, method):
    """Same keys, same JSON types, and a total where there is one."""
    answer = app_call(method, **_filled(APPLICATION_REQUESTS[method], furnished))
    assert "error" not in answer, answer
    sample = SAMPLES[method][0]
    found = [text for text in differences(sample["result"], answer["result"]) if not _is_meant(method, text)]
    assert found == [], json.dumps(answer["result"], ensure_ascii=False)[:2000]
    assert ("total" in answer) == ("total" in sample)


def _is_meant(method, difference):
    patterns = [pattern.replace("[]", "[[][]]") for pattern in MEANT.get(method, {})]
    return any(fnmatch.fnmatchcase(difference, f"{pattern}*") for pattern in patterns)


@pytest.mark.parametrize("method", ["placement.unbind", "placement.list"])
def test_webhooks_are_refused_as_documented(post, method):
    """403 with the documented code and text."""
    answer = post(method)
    error = {name: answer.json()[name] for name in ("error", "error_description")}
    assert (answer.status_code, error) == (403, documented("error")[method][0])
