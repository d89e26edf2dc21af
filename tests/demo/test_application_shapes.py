"""Methods for applications answer in the documented shape, in the name of an administrator."""

import fnmatch
import json

import pytest

from .application_requests import APPLICATION_REQUESTS, HANDLER, MEANT
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
    texts = {"uk": {"TITLE": "Звіти", "DESCRIPTION": "", "GROUP_NAME": ""}}
    app_call("placement.bind", PLACEMENT="LEFT_MENU", HANDLER=HANDLER, TITLE="KPI", LANG_ALL=texts)


@pytest.mark.parametrize("method", COMPARED)
def test_an_answer_to_an_application_has_the_documented_shape(app_call, furnished, method):
    """Same keys, same JSON types, and a total where there is one."""
    answer = app_call(method, **APPLICATION_REQUESTS[method])
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
