"""Leaks: what causes them, how old they are, what has come back, and the button that gives one to somebody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

import pytest

from b24kpi.errors import Refused
from b24kpi.locale import LANGUAGES
from b24kpi.metrics.model import Unit
from b24kpi.metrics.period import Grain, Period
from b24kpi.metrics.ratios import as_money
from b24kpi.report.leaks import Leaks
from b24kpi.report.recovered import find_recovered
from b24kpi.report.wording import Wording
from b24kpi.web.pages.context import MadeTask, WantedTask
from b24kpi.web.pages.leak_action import key_of
from b24kpi.web.pages.memory import Memory
from b24kpi.web.pages.screens.leaks_recovered import AGES, DAY
from b24kpi.web.pages.view import at_a_glance
from b24kpi.web.viewer import Viewer
from tests.web.pages.site import HEAD, HOSTILE, OWN, PERIOD, Site
from tests.web.pages.test_funnel import figure, table
from tests.web.pages.test_screens import UNFINISHED, page, seen

MONEY = Wording("uk", "UAH")
MADE = MadeTask(41, 3, is_new=True)


@dataclass
class Desk:
    """Takes down which tasks were wanted; `answer` is what comes of them."""

    wanted: list[WantedTask] = field(default_factory=list)
    answer: MadeTask | Refused = MADE

    def create(self, wanted: WantedTask) -> MadeTask:
        self.wanted.append(wanted)
        if isinstance(self.answer, Refused):
            raise self.answer
        return self.answer


@pytest.fixture
def desk(site: Site) -> Iterator[Desk]:
    """The pages with a button for tasks."""
    before, desk, memory = site.context, Desk(), Memory(patience=60)
    site.context = replace(before, tasks=desk, memory=memory)
    yield desk
    site.context = before
    memory.close()


def leaks(site: Site) -> Leaks:
    with site.context.open_answers("uk") as answers:
        return answers.leaks({})


def money(hundredths: Fraction) -> str:
    return at_a_glance(as_money(hundredths), Unit.MONEY, MONEY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_screen_answers_in_every_language_with_buttons(site: Site, desk: Desk, language: str) -> None:
    """No message id shows through."""
    html = page(site, f"leaks?period={PERIOD}", Viewer(1, "", language, sees_all=True))
    assert not UNFINISHED.findall(seen(html))
    assert 'action="/kpi/leaks/task"' in html


def test_causes_and_ages_are_those_of_the_items(site: Site) -> None:
    """Ages add up to all leaks; a cause counts whoever has it."""
    html, items = page(site, f"leaks?period={PERIOD}"), [item for leak in leaks(site).leaks for item in leak.items]
    ages = table(html, "ages")
    assert sum(int(count) for count, *_ in ages.values()) == len(items)
    old = [item for item in items if item.age >= (AGES[-2][1] or 0) * DAY]
    assert ages["понад 90 днів"] == [
        str(len(old)),
        money(sum((Fraction(item.money or 0) for item in old), Fraction(0))),
        money(sum((item.recoverable for item in old), Fraction(0))),
    ]
    silent = [item for item in items if "analyses.cause.silent" in item.causes]
    assert table(html, "causes")["давно нічого не відбувалося"][0] == str(len(silent))


def test_what_has_come_back_is_that_of_the_report(site: Site) -> None:
    """In the sentence of the month, the columns of the weeks, and the rows."""
    html = page(site, f"leaks?period={PERIOD}")
    with site.context.open_answers("uk") as answers:
        found = answers.look(lambda engine: find_recovered(engine, {}, language="uk"))
    assert found.found
    month = Period.containing(found.today, Grain.MONTH).previous
    won = money(sum((Fraction(one.money) for one in found.of(month)), Fraction(0)))
    assert f"Минулого місяця — {won}, {len(found.of(month))} угод" in seen(html)
    traces = figure(html, "recovered")["data"]
    assert isinstance(traces, list)
    assert sum(sum(trace["y"]) for trace in traces) == pytest.approx(sum(one.money for one in found.found) / 100)
    assert all(f"/crm/deal/details/{one.deal_id}/" in html for one in found.found)


def test_wasted_ad_money_leads_to_the_channels(site: Site) -> None:
    """With the choice that was made."""
    html = page(site, f"leaks?period={PERIOD}")
    part = re.search(r'id="ad-spend"(.*?)</section>', html, re.DOTALL)
    assert part is not None
    assert f'href="/kpi/channels?period={PERIOD}"' in part[1]


def test_without_an_application_there_is_no_button(site: Site) -> None:
    """And nobody to send the form to."""
    assert 'action="/kpi/leaks/task"' not in page(site, f"leaks?period={PERIOD}")
    assert site.client().post("/kpi/leaks/task", data={}).status_code == 404


def press(site: Site, viewer: Viewer = HEAD, **form: str) -> tuple[int, str]:
    answer = site.client(viewer).post("/kpi/leaks/task", data=form)
    return answer.status_code, seen(answer.text)


def test_a_task_says_what_leaks_and_why(site: Site, desk: Desk) -> None:
    """For who is responsible, in the words of who pressed; the answer leads to it and back."""
    found = leaks(site)
    item = next(item for leak in found.leaks for item in leak.items if item.by.get("manager") == "3")
    key = key_of(found, item)
    status, said = press(
        site, kind=key.kind, number=str(key.number), since=str(key.since), back="/kpi/leaks?period=2026"
    )
    (wanted,) = desk.wanted
    assert (status, wanted.leak, wanted.responsible_id, wanted.created_by) == (200, key, 3, 1)
    assert wanted.title.startswith(f"Угода {key.number}: ")
    assert "Гроші під загрозою" in wanted.description
    assert "Завдання створено" in said


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"kind": "deal", "number": "1", "since": "x"},
        {"kind": "deal", "number": "-1", "since": "1"},
        {"kind": "user", "number": "1", "since": "1"},
        {"kind": "deal", "number": "99999", "since": "1"},
    ],
)
def test_what_is_no_leak_gets_no_task(site: Site, desk: Desk, form: dict[str, str]) -> None:
    """Refused in words."""
    status, said = press(site, **form)
    assert (status, desk.wanted) == (400, [])
    assert "поверніться" in said.lower()


def test_others_leaks_are_not_his(site: Site, desk: Desk) -> None:
    """A manager gives only his own away."""
    found = leaks(site)
    items = [item for leak in found.leaks for item in leak.items]
    other = key_of(found, next(item for item in items if item.by.get("manager") == "3"))
    own = key_of(found, next(item for item in items if item.by.get("manager") == "2"))
    assert press(site, OWN, kind=other.kind, number=str(other.number), since=str(other.since))[0] == 400
    assert press(site, OWN, kind=own.kind, number=str(own.number), since=str(own.since))[0] == 200
    assert [wanted.leak for wanted in desk.wanted] == [own]


def test_where_it_goes_back_to_is_ours(site: Site, desk: Desk) -> None:
    """Not to any address that a form names."""
    found = leaks(site)
    key = key_of(found, found.leaks[0].items[0])
    form = {"kind": key.kind, "number": str(key.number), "since": str(key.since), "back": "https://evil.example/"}
    answer = site.client().post("/kpi/leaks/task", data=form)
    assert "evil.example" not in answer.text
    assert 'href="/kpi/leaks"' in answer.text
    assert HOSTILE not in answer.text


def test_a_refusal_of_the_portal_is_told(site: Site, desk: Desk) -> None:
    """In its words."""
    desk.answer = Refused("leaks.task.refused", method="tasks.task.add", reason="ERROR_CORE, Не указан исполнитель")
    found = leaks(site)
    key = key_of(found, found.leaks[0].items[0])
    status, said = press(site, kind=key.kind, number=str(key.number), since=str(key.since))
    assert status == 503
    assert "Не указан исполнитель" in said


def test_where_nothing_came_back_it_says_so(site: Site) -> None:
    """In one line, without sums of nothing."""
    html = seen(page(site, f"leaks?period={PERIOD}&source=NONE"))
    assert "нічого з того, що було втратою, не виграно" in html
    assert "Минулого місяця" not in html
