"""Clients written by others read the portal completely."""

from importlib import import_module

import pytest
from b24pysdk import BitrixWebhook
from fast_bitrix24 import Bitrix

from b24kpi.demo.limits import STANDARD

MORE = range(200, 9000, 3)
EVERY_ID = [str(number) for number in (*range(1, 121), *MORE)]


@pytest.fixture(autouse=True)
def many_deals(state):
    """Two more batches of pages, with holes between the ids."""
    state.insert("deal", ({"ID": number, "TITLE": "x"} for number in MORE))


def by_id(rows):
    return sorted((row["ID"] for row in rows), key=int)


@pytest.mark.filterwarnings("default")  # theirs, not ours
def test_fast_bitrix24_reads_every_deal(portal):
    """It takes the http address as it is; a counted call, then batches by offset."""
    portal.limits = STANDARD
    rows = Bitrix(portal.url, verbose=False).get_all("crm.deal.list", params={"select": ["ID", "TITLE"]})
    assert (by_id(rows), dict(portal.stats.unknown)) == (EVERY_ID, {})


@pytest.fixture
def official(portal, monkeypatch):
    """b24pysdk builds https addresses only: the scheme is all that is changed."""
    caller = import_module("b24pysdk.api.callers.call_method")._MethodCaller  # a function hides the module's name
    monkeypatch.setattr(caller, "_base_url", property(lambda self: f"http://{self._domain}/rest"))
    address = portal.url.removeprefix("http://")
    domain, _, path = address.partition("/rest/")
    return BitrixWebhook(domain=domain, webhook_token=path.rstrip("/"))


def test_the_official_client_reads_every_deal(official):
    """call_list: a counted call, then batches by offset."""
    answer = official.call_list("crm.deal.list", {"select": ["ID", "TITLE"]})
    assert by_id(answer["result"]) == EVERY_ID


@pytest.mark.parametrize("descending", [False, True])
def test_the_official_client_reads_every_deal_by_key(official, descending):
    """call_list_fast: chained batches, `>ID` of the page before by reference."""
    answer = official.call_list_fast("crm.deal.list", {"select": ["ID"]}, descending=descending)
    assert by_id(answer["result"]) == EVERY_ID
