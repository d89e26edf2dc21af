"""The universal list: made once, kept equal to the report, whatever the portal loses."""

from dataclasses import replace

import pytest

from b24kpi.demo.faults import CARRYING_OUT, REPLACING
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.server import Webhook as DemoWebhook
from b24kpi.demo.state import PortalState
from b24kpi.demo.universal_lists import Element
from b24kpi.errors import Interrupted, PortalError, Refused
from b24kpi.locale import LANGUAGES
from b24kpi.metrics.model import Reason
from b24kpi.portal.auth import Webhook
from b24kpi.portal.client import Portal
from b24kpi.sinks import NamedReport, PushResult, UniversalList
from b24kpi.sinks.item_fields import FIELDS
from tests.portal.far_end import Clock
from tests.sinks.lists import elements, keys, lists, the_list, writes
from tests.sinks.reports import AS_OF, Push, managers, money, rate, report, with_value
from tests.sinks.test_lost_answers import LOSING, stop_after


@pytest.fixture
def push(portal: Portal, demo: DemoPortal) -> Push:
    """Push reports into the list; the portal's counters start anew with each push."""

    def push(*reports: NamedReport, language: str = "uk", dry_run: bool = False) -> PushResult:
        demo.stats.by_method.clear()
        return UniversalList(portal, language=language).push(reports, dry_run=dry_run)

    return push


def test_a_list_is_made(push: Push, demo: DemoPortal) -> None:
    """With our code, all fields by their codes and names, and told with its address."""
    result = push(report([money("10")]))
    made = the_list(demo)
    assert (made.name, made.code) == ("KPI", "b24kpi")
    assert {field.code for field in made.fields} == {field.name for field in FIELDS}
    assert {"Значення", "Показник"} < {field.name for field in made.fields}
    assert result.where.startswith("універсальний список «KPI», http://127.0.0.1:")
    assert result.where.endswith(f"/company/lists/{made.id}/view/0/")


def test_an_entry_becomes_an_element(push: Push, demo: DemoPortal) -> None:
    """Every figure of the entry in a field of its own; a value that is undefined is empty and says why."""
    entry = replace(money("1234.567", "5", "О'Браєн"), previous=1000, target=1500)
    push(report([replace(entry, value=replace(entry.value, low=1100.25, high=1300.75)), rate(None, Reason.NO_EVENTS)]))
    found, empty = elements(demo)
    assert (found["key"], found["title"]) == (
        "b24kpi:monthly:aov:2026-06:manager=5",
        "Середній чек · 2026-06 · О'Браєн",
    )
    assert [found[name] for name in ("REPORT", "METRIC", "PERIOD_START", "LABELS")] == [
        "monthly", "aov", "2026-06-01", "О'Браєн",
    ]  # fmt: skip
    assert [found[name] for name in ("VALUE", "NUMERATOR", "DENOMINATOR", "LOW", "HIGH", "PREVIOUS", "TARGET")] == [
        "1234.57", "3703.701", "3", "1100.25", "1300.75", "1000", "1500",
    ]  # fmt: skip
    assert (empty["VALUE"], empty["REASON"]) == (None, "за період нема чого рахувати")


def test_numbers_have_the_decimals_that_every_list_keeps(push: Push, demo: DemoPortal) -> None:
    """Four: with more, a list that cuts them would be written anew each time."""
    push(report([rate(0.123456)]))
    assert elements(demo)[0]["VALUE"] == "0.1235"
    assert push(report([rate(0.123456)])).unchanged == 1


def test_the_second_push_writes_nothing(push: Push, demo: DemoPortal) -> None:
    """Nor does one whose moment alone is later."""
    assert push(report(managers(120))).created == 120
    result = push(report(managers(120), as_of=AS_OF + 3600))
    assert (result.created, result.updated, result.deleted, result.unchanged) == (0, 0, 0, 120)
    assert writes(demo) == {}


def test_three_changes_are_three_updates(push: Push, demo: DemoPortal) -> None:
    """Each names all fields, for what is not named is cleared; the code stays."""
    entries = managers(60)
    push(report(entries))
    before = elements(demo)
    changed = [with_value(entry, "77.25") if place in (0, 30, 59) else entry for place, entry in enumerate(entries)]
    result = push(report(changed))
    assert (result.updated, result.unchanged, writes(demo)) == (3, 57, {"lists.element.update": 3})
    expected = [{**row, "VALUE": "77.25"} if place in (0, 30, 59) else row for place, row in enumerate(before)]
    assert elements(demo) == expected


def test_a_figure_that_somebody_changed_is_put_right(push: Push, demo: DemoPortal) -> None:
    """The report holds."""
    push(report(managers(2)))
    owner = the_list(demo)
    each = next(iter(owner.elements.values()))
    value = next(field.id for field in owner.fields if field.code == "VALUE")
    owner.elements[each.id] = replace(each, values={**each.values, value: {999: "1"}})
    assert push(report(managers(2))).updated == 1
    assert elements(demo)[0]["VALUE"] == "1001.5"


def test_texts_that_come_as_html_are_the_same(push: Push, demo: DemoPortal) -> None:
    """Some portals show them so."""
    push(report([money("10", "5", "О'Браєн & Ко")]))
    owner = the_list(demo)
    (each,) = owner.elements.values()
    owner.elements[each.id] = replace(each, name=each.name.replace("&", "&amp;").replace("'", "&#039;"))
    assert push(report([money("10", "5", "О'Браєн & Ко")])).unchanged == 1


def test_entries_that_left_are_deleted_if_they_are_ours(push: Push, demo: DemoPortal) -> None:
    """People's own elements and those of other reports stay."""
    push(report(managers(60)), report([money("1")], name="month"))
    owner = the_list(demo)
    for number, code in enumerate(("", "my own", "b24kpi:", "b24kpi:monthly"), 10_000):
        owner.elements[number] = Element(number, code, "Моє", 1, 0)
    result = push(report(managers(20)))
    assert (result.deleted, result.unchanged) == (40, 20)
    assert len(owner.elements) == 20 + 1 + 4


def test_of_twins_the_oldest_stays(push: Push, demo: DemoPortal) -> None:
    """Two writers at once may have made them."""
    push(report(managers(2)))
    owner = the_list(demo)
    first = next(iter(owner.elements.values()))
    owner.elements[5_000] = replace(first, id=5_000)
    assert push(report(managers(2))).deleted == 1
    assert first.id in owner.elements


def test_a_dry_run_changes_nothing(push: Push, demo: DemoPortal) -> None:
    """Before there is a list, and after."""
    assert push(report(managers(3)), dry_run=True).created == 3
    assert lists(demo) == []
    push(report(managers(3)))
    result = push(report([*managers(2), money("7", "9")]), dry_run=True)
    assert (result.created, result.deleted, result.unchanged, writes(demo)) == (1, 1, 2, {})


def test_fifty_go_in_a_request(push: Push, demo: DemoPortal) -> None:
    """Find, make, add fields, look at them, and four batches."""
    push(report(managers(200)))
    assert len(keys(demo)) == 200
    assert demo.stats.requests == 8


# --- what the portal loses


@pytest.mark.parametrize("kind", ["reply_lost", "gateway_timeout"])
@pytest.mark.parametrize(("method", "place"), [("lists.add", 0), ("batch", 0), ("batch", 1), ("batch", 2)])
def test_a_first_push_survives_the_loss_of_any_answer(
    push: Push, demo: DemoPortal, kind: str, method: str, place: int
) -> None:
    """One list, each field and each element once."""
    demo.faults.add(kind, method, after=place)
    result = push(report(managers(70)))
    assert demo.faults.played == [(kind, method)]
    assert (result.created, result.failed) == (70, 0)
    assert len(the_list(demo).fields) == len(FIELDS)
    assert len(set(keys(demo))) == len(keys(demo)) == 70
    assert push(report(managers(70))).unchanged == 70


@pytest.mark.parametrize("seed", range(2))
def test_storms_leave_no_twins(push: Push, demo: DemoPortal, seed: int) -> None:
    """Failures at random, pushed until one succeeds."""
    kinds = [kind for kind in (*REPLACING, *CARRYING_OUT) if kind in LOSING or kind == "query_limit"]
    demo.faults.at_random(0.3, seed, kinds)
    for _ in range(20):
        try:
            push(report(managers(120)))
        except PortalError:
            continue
        break
    demo.faults.clear()
    push(report(managers(120)))
    assert len(set(keys(demo))) == len(keys(demo)) == 120


def test_a_push_that_was_stopped_goes_on(portal: Portal, push: Push, demo: DemoPortal) -> None:
    """What was written is kept."""
    with pytest.raises(Interrupted):
        UniversalList(portal, language="en", stop=stop_after(1)).push([report(managers(120))], dry_run=False)
    assert len(keys(demo)) == 50
    assert push(report(managers(120)), language="en").created == 70


# --- what the portal refuses


def test_an_element_that_is_refused_is_told(push: Push, demo: DemoPortal) -> None:
    """The others are written."""
    demo.faults.add("command_error", "lists.element.add", code="ERROR_ELEMENT_FIELD_VALUE")
    result = push(report(managers(5)))
    assert (result.created, result.failed) == (4, 1)
    assert "ERROR_ELEMENT_FIELD_VALUE" in result.problems[0]
    assert push(report(managers(5))).created == 1


def test_an_element_that_vanished_meanwhile_is_made_anew(push: Push, demo: DemoPortal) -> None:
    """Somebody deleted it between our look and our update."""
    push(report(managers(3)))
    owner = the_list(demo)
    demo.faults.add("command_error", "lists.element.update", code="ERROR_ELEMENT_NOT_FOUND")
    del owner.elements[next(iter(owner.elements))]
    result = push(report(with_value(entry, "5") for entry in managers(3)))
    assert (result.created + result.updated, result.failed, len(keys(demo))) == (3, 0, 3)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_without_lists_is_told(push: Push, demo: DemoPortal, language: str) -> None:
    """It comes under the code of lacking rights; only its words say what it is."""
    demo.features["lists"] = False
    with pytest.raises(Refused) as caught:
        push(report(managers(3)))
    message = caught.value.text(language)
    assert message.startswith("lists.get: ")
    assert "universal_list" in message


def test_an_employee_without_rights_is_told_who_has_them(demo: DemoPortal, state: PortalState) -> None:
    """Lists are made by who may manage them."""
    state.insert("user", [{"ID": 9, "NAME": "Іван"}])
    demo.webhooks[9] = DemoWebhook("another0secret")
    with Portal(Webhook.parse(demo.webhook_url(9)), clock=Clock()) as portal:
        sink = UniversalList(portal, language="en")
        with pytest.raises(Refused, match="an account that may manage lists"):
            sink.push([report(managers(3))], dry_run=False)


def test_a_missing_permission_is_named(push: Push, demo: DemoPortal) -> None:
    """That of lists."""
    demo.scopes.discard("lists")
    with pytest.raises(Refused, match="the permission lists"):
        push(report(managers(3)))
