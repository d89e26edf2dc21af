"""Totals of key ranges: what is counted, what it costs, where a portal stops counting."""

import pytest

from b24kpi.demo.limits import Limits
from b24kpi.demo.options import Options
from b24kpi.demo.server import DemoPortal

RANGE = {">ID": 10, "<=ID": 30}
LISTS = {
    "lead": ("crm.lead.list", {"filter": RANGE}),
    "deal": ("crm.deal.list", {"filter": RANGE}),
    "contact": ("crm.contact.list", {"filter": RANGE}),
    "company": ("crm.company.list", {"filter": RANGE}),
    "activity": ("crm.activity.list", {"filter": RANGE}),
    "deal_history": ("crm.stagehistory.list", {"entityTypeId": 2, "filter": RANGE}),
    "lead_history": ("crm.stagehistory.list", {"entityTypeId": 1, "filter": RANGE}),
    "invoice": ("crm.item.list", {"entityTypeId": 31, "filter": {">id": 10, "<=id": 30}}),
}


@pytest.mark.parametrize("table", LISTS)
def test_a_range_is_counted_exactly(call, empty_state, table):
    """Open below, closed above; what is gone is not counted."""
    if table != "deal":
        empty_state.insert(table, [{"ID": number} for number in range(1, 61)])
    empty_state.delete_many(table, [10, 11, 30, 31])
    method, params = LISTS[table]
    assert call(method, start=0, **params)["total"] == 18


def test_templates_are_not_counted_in_a_range_of_deals(call, state):
    """They are hidden from ranges, so they must be missing in the total as well."""
    state.change_row("deal", 12, {"IS_RECURRING": "Y"})
    assert call("crm.deal.list", start=0, filter=RANGE)["total"] == 19
    assert call("crm.item.list", entityTypeId=2, start=0, filter={">id": 10, "<=id": 30})["total"] == 20


@pytest.fixture
def slow(state, clock):
    with DemoPortal(state, limits=Limits(list_seconds=0.25, count_seconds=1.0), sleep=clock.wait) as portal:
        yield portal


@pytest.mark.parametrize(
    ("method", "params", "seconds"),
    [
        ("crm.deal.list", {"start": 0}, 1.25),
        ("crm.deal.list", {"start": -7}, 0.25),
        ("crm.item.list", {"entityTypeId": 2, "start": -1}, 0.25),
        ("crm.item.list", {"entityTypeId": 2, "start": -7}, 1.25),
        ("crm.stagehistory.list", {"entityTypeId": 2}, 1.25),
        ("user.get", {}, 1.25),
        ("crm.status.list", {}, 0.25),
        ("scope", {}, 0.0),
    ],
)
def test_what_is_counted_costs(slow, session, clock, method, params, seconds):
    """A counted answer takes longer; of negative starts controllers know -1 only."""
    before = clock()
    session.post(slow.url + method, json=params, timeout=5)
    assert clock() - before == seconds


def test_each_counted_range_of_a_batch_costs(slow, session, clock):
    """Commands run one after another."""
    before = clock()
    command = "crm.deal.list?start=0&filter[>ID]=1"
    session.post(slow.url + "batch", json={"cmd": {"a": command, "b": command}}, timeout=5)
    assert clock() - before == 2.5


def test_counting_weighs_on_operating(slow, session):
    """The seconds of waiting are seconds of execution."""
    slow.limits = Limits(operating_limit=100.0, count_seconds=1.0)
    answer = session.post(slow.url + "crm.deal.list", json={"start": 0}, timeout=5).json()
    assert answer["time"]["operating"] == pytest.approx(1.0, abs=0.2)


def test_a_portal_may_stop_counting(state, session):
    """`total` saturates in legacy lists, and no page lies behind it."""
    with DemoPortal(state, options=Options(count_cap=70)) as portal:
        pages = [
            session.post(portal.url + "crm.deal.list", json={"start": start}, timeout=5).json() for start in (0, 50)
        ]
        item = session.post(portal.url + "crm.item.list", json={"entityTypeId": 2}, timeout=5).json()
    assert [(page["total"], page.get("next")) for page in pages] == [(70, 50), (70, None)]
    assert item["total"] == 120
