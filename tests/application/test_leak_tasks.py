"""“Create task”: from the button on the page to the task in the demo portal, whatever gets lost between."""

import re
import threading
import time
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from b24kpi.cache.leak_tasks import LeakKey
from b24kpi.web.dashboard import dashboard
from b24kpi.web.leak_tasks import AT_WORK, LeakTasks
from b24kpi.web.pages.context import MadeTask, WantedTask
from b24kpi.web.server import create_app
from b24kpi.web.sessions import COOKIE
from tests.application.places import AppPlace, Opened

BASE = "https://kpi.example.com"
FORM = re.compile(r'<form class="act" method="post" action="(/kpi/leaks/task)">(.*?)</form>', re.DOTALL)
FIELD = re.compile(r'name="([^"]*)" value="([^"]*)"')
Fields = dict[str, str]


@pytest.fixture
def leaking(place: AppPlace) -> AppPlace:
    """Nine deals of which nobody takes care; the third is user 5's."""
    place.state.change_row("deal", 3, {"ASSIGNED_BY_ID": 5})
    with place.app() as app:
        assert app.sync().complete
    return place


@pytest.fixture
def browser(opened: Opened, leaking: AppPlace) -> Callable[[int], FlaskClient]:
    """A browser whose user has been let in to the dashboard."""
    app = create_app(opened.site, [dashboard(opened.site)])

    def enter(user_id: int) -> FlaskClient:
        client = app.test_client()
        client.set_cookie(COOKIE, opened.post("/", user_id).cookies[COOKIE], domain="kpi.example.com", secure=True)
        return client

    return enter


def page(client: FlaskClient) -> str:
    """The screen, once it is counted."""
    for _ in range(200):
        answer = client.get("/kpi/leaks", base_url=BASE)
        if answer.status_code == 200:
            return answer.text
        time.sleep(0.1)
    raise AssertionError(answer.text)


def buttons(client: FlaskClient) -> dict[int, Fields]:
    """Deal → the fields of its form."""
    forms = [{name: unescape(value) for name, value in FIELD.findall(form)} for _, form in FORM.findall(page(client))]
    return {int(form["number"]): form for form in forms if form["kind"] == "deal"}


def press(client: FlaskClient, form: Fields, **headers: str) -> TestResponse:
    return client.post("/kpi/leaks/task", data=form, headers=headers, base_url=BASE)


def tasks(place: AppPlace) -> list[dict[str, Any]]:
    return place.state.rows("task")


def test_a_leak_is_given_to_somebody_once(browser: Callable[[int], FlaskClient], leaking: AppPlace) -> None:
    """For who is responsible, by who pressed, bound to the deal; the second click and the page say that it exists."""
    client = browser(1)
    form = buttons(client)[3]
    made = press(client, form)
    assert made.status_code == 200
    (task,) = tasks(leaking)
    assert (task["UF_CRM_TASK"], task["RESPONSIBLE_ID"], task["CREATED_BY"]) == ('["D_3"]', 5, 1)
    assert task["TITLE"].startswith("Угода 3: ")
    assert task["DEADLINE"] > leaking.clock.now()
    assert f"/company/personal/user/5/tasks/task/view/{task['ID']}/" in made.text
    assert "Завдання створено" in made.text
    assert "Завдання вже є" in press(client, form).text
    assert len(tasks(leaking)) == 1
    assert any(
        3 not in buttons(client) or time.sleep(0.1) for _ in range(100)
    )  # what is known is shown while it is counted anew
    assert f"Завдання {task['ID']}" in page(client)


def test_a_script_is_told_in_json(browser: Callable[[int], FlaskClient], leaking: AppPlace) -> None:
    """What to say and where the task is."""
    client = browser(1)
    told = press(client, buttons(client)[1], Accept="application/json").json
    (task,) = tasks(leaking)
    path = f"/company/personal/user/1/tasks/task/view/{task['ID']}/"
    assert told == {"text": "Завдання створено", "path": path, "href": leaking.portal.address + path}


def test_a_manager_acts_on_his_own_alone(browser: Callable[[int], FlaskClient], leaking: AppPlace) -> None:
    """Whatever the form says; and nobody acts on what is no leak, or from another page."""
    client, head = browser(5), browser(1)
    own = buttons(client)
    assert list(own) == [3]
    foreign = {**own[3], **{name: buttons(head)[4][name] for name in ("number", "since")}}
    refused = press(client, foreign)
    assert refused.status_code == 400
    assert "немає серед ваших" in refused.text
    assert press(client, {**own[3], "since": "1"}).status_code == 400
    assert press(client, {**own[3], "kind": "user"}).status_code == 400
    assert press(client, {**own[3], "csrf": buttons(head)[4]["csrf"]}).status_code == 403
    assert tasks(leaking) == []
    assert press(client, own[3]).status_code == 200
    assert [task["CREATED_BY"] for task in tasks(leaking)] == [5]


def test_a_permission_that_is_missing_is_named(browser: Callable[[int], FlaskClient], leaking: AppPlace) -> None:
    """With what to do; once it is there the button works."""
    client = browser(1)
    form = buttons(client)[1]
    leaking.portal.denied["tasks.task.add"] = "insufficient_scope"
    refused = press(client, form)
    assert refused.status_code == 503
    assert "«Завдання» (task)" in refused.text
    leaking.portal.denied.clear()
    assert "Завдання створено" in press(client, form).text


def test_an_answer_that_was_lost_makes_no_second_task(browser: Callable[[int], FlaskClient], leaking: AppPlace) -> None:
    """It is looked for on the portal before another one is made."""
    client = browser(1)
    form = buttons(client)[1]
    leaking.portal.faults.add("reply_lost", "tasks.task.add")
    lost = press(client, form)
    assert lost.status_code == 503
    assert "загубилася" in lost.text
    assert "вже створюють" in press(client, form).text
    leaking.clock.sleep(AT_WORK)
    assert "Завдання вже є" in press(client, form).text
    assert len(tasks(leaking)) == 1


def test_a_call_that_came_to_nothing_is_made_again(browser: Callable[[int], FlaskClient], leaking: AppPlace) -> None:
    """The connection broke before anything was done: two minutes later there is no task, so one is made."""
    client = browser(1)
    form = buttons(client)[1]
    leaking.portal.faults.add("reset", "tasks.task.add")
    assert press(client, form).status_code == 503
    leaking.clock.sleep(AT_WORK)
    assert "Завдання створено" in press(client, form).text
    assert len(tasks(leaking)) == 1


def test_many_clicks_at_once_make_one_task(opened: Opened, leaking: AppPlace) -> None:
    """The others are told that somebody is about it, or that it is there."""
    tasks_of, made = LeakTasks(opened.site), list[MadeTask]()
    wanted = WantedTask(LeakKey("deal", 2, 1), "Угода 2", "", responsible_id=1, created_by=5)
    threads = [threading.Thread(target=lambda: made.append(tasks_of.create(wanted))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (task,) = tasks(leaking)
    assert sorted(each.is_new for each in made) == [False] * 5 + [True]
    assert {each.task_id for each in made} <= {None, task["ID"]}
