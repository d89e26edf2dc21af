"""Pushing again: only what changed is written."""

from collections.abc import Mapping

import pytest

from b24kpi.cache.store import Store
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState
from b24kpi.portal.client import Portal
from b24kpi.sinks import SINKS, SinkFactory, Surroundings
from tests.sinks.lists import writes as list_writes
from tests.sinks.reports import (
    AS_OF,
    Push,
    items,
    managers,
    money,
    rate,
    report,
    table,
    with_value,
    writes,
)


# BI Builder takes an application (tests/application), the digest writes to people (test_digest.py).
@pytest.mark.parametrize("name", sorted(SINKS.keys() - {"bi_builder", "digest"}))
def test_the_second_push_writes_nothing(name: str, portal: Portal, demo: DemoPortal) -> None:
    """Whatever the sink."""
    factory: SinkFactory = SINKS[name]
    with Store(":memory:") as store:
        sink = factory(portal, language="en", around=Surroundings(store))
    sink.push([report(managers(60))], dry_run=False)
    demo.stats.by_method.clear()
    result = sink.push([report(managers(60))], dry_run=False)
    assert (result.created, result.updated, result.deleted, result.unchanged) == (0, 0, 0, 60)
    assert result.sink == sink.name == name
    assert writes(demo) == list_writes(demo) == {}


def test_a_later_moment_alone_is_no_change(push: Push, demo: DemoPortal, state: PortalState) -> None:
    """A new sync that moves no figure writes nothing."""
    push(report(managers(3)))
    assert push(report(managers(3), as_of=AS_OF + 3600)).unchanged == 3
    assert writes(demo) == {}


def test_three_changes_are_three_updates(push: Push, demo: DemoPortal, state: PortalState) -> None:
    """With the new figure comes the moment at which it held."""
    entries = managers(100)
    push(report(entries))
    changed = [with_value(entry, "77.25") if place in (0, 50, 99) else entry for place, entry in enumerate(entries)]
    result = push(report(changed, as_of=AS_OF + 3600))
    assert (result.updated, result.unchanged) == (3, 97)
    assert writes(demo) == {"crm.item.update": 3}
    assert [item["AS_OF"] for item in items(state) if item["VALUE"] == 77.25] == [AS_OF + 3600] * 3


def test_only_what_changed_of_an_item_is_sent(push: Push, demo: DemoPortal) -> None:
    """The rest of the item is not touched."""
    push(report([money("10")]))
    demo.stats.keep_log = True
    push(report([with_value(money("10"), "11")]))
    (sent,) = [params["fields"] for method, params in demo.stats.log if method == "crm.item.update"]
    assert sent.keys() == {"UF_CRM_1_VALUE", "UF_CRM_1_AS_OF"}


def test_a_value_may_become_undefined_and_back(push: Push, state: PortalState) -> None:
    """An empty field is written as one."""
    push(report([rate(0.5)]))
    assert push(report([rate(None)])).updated == 1
    assert items(state)[0]["VALUE"] is None
    assert push(report([rate(0.0)])).updated == 1
    assert items(state)[0]["VALUE"] == 0


def test_a_small_difference_is_a_change(push: Push) -> None:
    """The sixth decimal counts, the seventh is not kept."""
    push(report([rate(0.25)]))
    assert push(report([rate(0.250001)])).updated == 1
    assert push(report([rate(0.2500014)])).unchanged == 1


def test_reading_a_thousand_items_costs_one_request(push: Push, demo: DemoPortal) -> None:
    """Besides two that find the smart process and its fields."""
    push(report(managers(1000)))
    before = demo.stats.requests
    push(report(managers(1000)))
    assert demo.stats.requests - before == 3


@pytest.mark.parametrize(
    "name", ["Ім’я 🚀 з ракетою", "  два   пропуски ", "$result[i0] & $total", "x" * 400, "<b>&amp;"]
)
def test_odd_names_are_the_same_the_second_time(push: Push, demo: DemoPortal, name: str) -> None:
    """What the portal would mangle is not sent to it."""
    push(report([money("10", "5", name)]))
    assert push(report([money("10", "5", name)])).unchanged == 1
    assert writes(demo) == {}


Edit = Mapping[str, object]


@pytest.mark.parametrize("edit", [{"UF_CRM_1_VALUE": 99.0}, {"TITLE": "Моє"}, {"UF_CRM_1_PERIOD_START": None}])
def test_an_edit_by_hand_is_put_right(push: Push, state: PortalState, edit: Edit) -> None:
    """The item says again what the report says."""
    push(report([money("10")]))
    (before,) = items(state)
    state.update(table(state), before["ID"], edit)
    assert push(report([money("10")])).updated == 1
    (after,) = items(state)
    assert {**after, "UPDATED_TIME": 0} == {**before, "UPDATED_TIME": 0}


def test_an_item_deleted_by_hand_comes_back(push: Push, state: PortalState) -> None:
    """As a new item."""
    push(report(managers(3)))
    state.delete(table(state), items(state)[1]["ID"])
    assert push(report(managers(3))).created == 1
    assert len(items(state)) == 3


def test_a_field_deleted_by_hand_comes_back(push: Push, state: PortalState) -> None:
    """And is filled again."""
    push(report(managers(3)))
    state.execute("DELETE FROM user_field WHERE fieldName = 'UF_CRM_1_VALUE'")
    state.drop_field(table(state), "UF_CRM_1_VALUE")
    assert push(report(managers(3))).updated == 3
    assert [item["VALUE"] for item in items(state)] == [1001.5, 1002.5, 1003.5]


@pytest.mark.parametrize("kept", [0, 2, 4])
def test_a_portal_that_keeps_fewer_decimals_is_not_written_to_forever(
    push: Push, state: PortalState, demo: DemoPortal, kept: int
) -> None:
    """Figures are compared as the portal rounds them."""
    push(report([rate(0.423077)]))
    state.execute("UPDATE user_field SET settings = ? WHERE fieldName = 'UF_CRM_1_VALUE'", [f'{{"PRECISION": {kept}}}'])
    state.update(table(state), items(state)[0]["ID"], {"UF_CRM_1_VALUE": round(0.423077, kept)})
    assert push(report([rate(0.423077)])).unchanged == 1
    assert writes(demo) == {}


def test_another_language_rewrites_the_texts(push: Push, state: PortalState) -> None:
    """The figures stay."""
    push(report([rate(0.5)]), language="uk")
    assert push(report([rate(0.5)]), language="en").updated == 1
    assert items(state)[0]["UNIT"] == "share (1 = 100 %)"
