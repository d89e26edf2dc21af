"""im.notify: what people are told, and what a tag does."""

import pytest


def test_a_tag_replaces_within_the_application(app_call, portal):
    """The older one goes; without a tag nothing does."""
    for message, more in (("[b]a[/b]", {"TAG": "T"}), ("b", {}), (" c ", {"TAG": "T"}), ("d", {})):
        answer = app_call("im.notify.system.add", USER_ID=1, MESSAGE=message, **more)
        assert isinstance(answer["result"], int)
    assert [each.plain for each in portal.apps.notifications.of(1)] == ["b", "c", "d"]


def test_a_tag_of_a_webhook_counts_for_nothing(call, portal):
    """Both stay."""
    for message in "ab":
        call("im.notify", USER_ID=1, MESSAGE=message, TAG="T")
    assert [each.plain for each in portal.apps.notifications.of(1)] == ["a", "b"]


@pytest.mark.parametrize(
    ("params", "code"),
    [({"USER_ID": 0}, "USER_ID_EMPTY"), ({"MESSAGE": " "}, "MESSAGE_EMPTY"), ({"ATTACH": {"x": 1}}, "NOT_EMULATED")],
)
def test_refused_notifications(call, params, code):
    """With the documented codes."""
    assert call("im.notify.personal.add", **{"USER_ID": 1, "MESSAGE": "x", **params})["error"] == code


def test_nobody_is_told(call):
    """False for a user who is not there."""
    assert call("im.notify", USER_ID=999, MESSAGE="x")["result"] is False


def test_the_bell_shows_them(app_call, portal, session):
    """On every page of whom they are for, escaped, with BB codes as markup; other addresses are no links."""
    codes = "[b]12 < 13[/b][br][url=http://x.test/?a=1&b=2]x[/url] [url=javascript:y]y[/url]"
    app_call("im.notify", USER_ID=1, MESSAGE=codes)
    shown = '<li><b>12 &lt; 13</b><br><a href="http://x.test/?a=1&amp;b=2">x</a> y</li>'
    assert shown in session.get(f"{portal.address}/crm/deal/list/", timeout=5).text
