"""Who is let in, as what, and with which headers."""

import pytest

from tests.web.conftest import PUBLIC, Door, OpenDoor


def test_a_verified_person_gets_a_session_and_goes_on(installed: Door) -> None:
    """By a cookie for frames of this portal alone, which no script can read."""
    answer = installed.post("/", installed.form(2))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/kpi/")
    cookie = answer.headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/", "Max-Age=3600"} <= set(cookie.split("; "))


def test_a_deals_card_leads_to_the_deal(installed: Door) -> None:
    """By the id in its options; a damaged one leads to the dashboard."""
    for options, place in (('{"ID":"17"}', "/kpi/deal/17"), ("{", "/kpi/"), ('{"ID":"../x"}', "/kpi/")):
        form = installed.form(PLACEMENT="CRM_DEAL_DETAIL_TAB", PLACEMENT_OPTIONS=options)
        assert installed.post("/", form).headers["Location"] == place


@pytest.mark.parametrize(
    ("further", "user_id", "sees_all"),
    [
        ("", 1, True),
        ("", 2, False),
        ("users = [2]", 2, True),
        ("users = [3]", 2, False),
        ("departments = [7]", 2, True),
        ("departments = [8]", 2, False),
    ],
)
def test_who_sees_everybodys_figures(opened: OpenDoor, further: str, user_id: int, sees_all: bool) -> None:
    """Administrators, and who is named in the settings; others see their own."""
    door = opened(further)
    door.side.departments[2] = [5, 7]
    door.install()
    viewer = door.enter(user_id).get("/kpi/", base_url=PUBLIC).json
    assert viewer is not None
    assert (viewer["user_id"], viewer["name"], viewer["sees_all"]) == (user_id, "Ніна", sees_all)


def test_without_the_permission_departments_give_nothing(opened: OpenDoor) -> None:
    """Who cannot be placed sees his own."""
    door = opened("departments = [7]")
    del door.side.methods["user.current"]
    door.install()
    viewer = door.enter(2).get("/kpi/", base_url=PUBLIC).json
    assert viewer is not None
    assert viewer["sees_all"] is False


@pytest.mark.parametrize(("named", "language"), [("ua", "uk"), ("ru", "ru"), ("en", "en"), ("de", "en"), ("", "en")])
def test_the_language_is_that_of_the_portal(installed: Door, named: str, language: str) -> None:
    """Or the one of the settings."""
    viewer = installed.enter(2, LANG=named).get("/kpi/", base_url=PUBLIC).json
    assert viewer is not None
    assert viewer["language"] == language


def test_a_newer_name_of_the_other_server_is_taken(installed: Door) -> None:
    """A call that names no server is verified at the usual one."""
    assert installed.post("/", installed.form(SERVER_ENDPOINT="")).status_code == 303


def test_only_the_portal_may_frame_pages(installed: Door) -> None:
    """And no page runs scripts of others, tells where it was, or guesses types."""
    headers = installed.enter().get("/kpi/", base_url=PUBLIC).headers
    policy = headers["Content-Security-Policy"]
    assert f"frame-ancestors http://{installed.side.portal.host}" in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self' https://api.bitrix24.com;" in policy
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert headers["Cache-Control"] == "no-store"
    assert "X-Frame-Options" not in headers


@pytest.mark.parametrize("path", ["/health", "/entry/frame.css", "/nothing", "/kpi/broken"])
def test_every_answer_has_these_headers(door: Door, path: str) -> None:
    """Those of failures too; before the installation nobody may frame anything."""
    headers = door.browser().get(path, base_url=PUBLIC).headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_health_tells_little(door: Door) -> None:
    """To whoever asks."""
    assert door.browser().get("/health").json == {"status": "ok", "installed": False}
    door.install()
    assert door.browser().get("/health").json == {"status": "ok", "installed": True}


def test_a_failure_of_ours_is_said_in_the_viewers_language(installed: Door) -> None:
    """And without what has failed."""
    answer = installed.enter(2, LANG="ua").get("/kpi/broken", base_url=PUBLIC)
    assert answer.status_code == 500
    assert "стався збій" in answer.text


def test_a_damaged_token_file_is_said(installed: Door) -> None:
    """It is ours to mend, not the viewer's."""
    installed.token_file.write_text("{}", encoding="utf-8")
    answer = installed.post("/", installed.form())
    assert answer.status_code == 500
    assert "install the application again" in answer.text


def test_what_is_too_large_is_not_read(installed: Door) -> None:
    """Bitrix24 posts a few hundred bytes."""
    assert installed.post("/", {"AUTH_ID": "x" * 300_000}).status_code == 413
