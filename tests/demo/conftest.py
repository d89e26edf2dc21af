"""A small portal made by hand, its server, and a plain HTTP client."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from b24kpi.demo import standard_portal
from b24kpi.demo.apps import Application, Installed
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState

NOW = 1_767_260_000  # 2026-01-01 11:33:20 in Kyiv
DEALS = 120
Call = Callable[..., dict[str, Any]]


class HandClock:
    """A clock that moves only when a test says so."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def empty_state(clock: HandClock) -> Iterator[PortalState]:
    """A fresh portal with two pipelines and nothing in them."""
    state = PortalState(now=clock)
    standard_portal.install(state)
    standard_portal.install_pipeline(state, 3, "Друга")
    yield state
    state.close()


@pytest.fixture
def state(empty_state: PortalState) -> PortalState:
    """Deals 1 … 120, one an hour since 2025-07-01 00:00 UTC; every tenth is of contact 7."""
    empty_state.insert(
        "deal",
        [
            {
                "ID": number,
                "TITLE": f"Угода {number}",
                "OPPORTUNITY": number * 10.0,
                "CURRENCY_ID": "UAH",
                "CONTACT_ID": 7 if number % 10 == 0 else 0,
                "DATE_CREATE": 1_751_328_000 + number * 3600,
                "DATE_MODIFY": 1_751_328_000 + number * 3600,
                "CLOSEDATE": "2025-08-30",
                "UF_CRM_REGION": "Львів" if number % 2 else None,
            }
            for number in range(1, DEALS + 1)
        ],
    )
    return empty_state


@pytest.fixture
def portal(state: PortalState) -> Iterator[DemoPortal]:
    with DemoPortal(state) as portal:
        yield portal


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def post(portal: DemoPortal, session: requests.Session) -> Callable[..., requests.Response]:
    """A raw POST with a JSON body to a method of the webhook."""
    return lambda method, **params: session.post(portal.url + method, json=params, timeout=10)


@pytest.fixture
def call(post: Callable[..., requests.Response]) -> Call:
    """The decoded answer, whatever its status."""
    return lambda method, **params: post(method, **params).json()


@pytest.fixture
def ids(call: Call) -> Callable[..., list[int]]:
    """Ids of the first page of crm.deal.list under a filter."""

    def find(wanted: dict[str, Any]) -> list[int]:
        rows = call("crm.deal.list", filter=wanted, select=["ID"], order={"ID": "ASC"}, start=-1)["result"]
        return [int(row["ID"]) for row in rows]

    return find


# --- a local application


@pytest.fixture
def application(portal: DemoPortal) -> Installed:
    """An application without a page for its installation, so that it may be used at once."""
    scopes = ("crm", "placement", "user", "im", "lists", "biconnector")
    return portal.add_application(Application("Звіти", "http://app.example/", scopes))


@pytest.fixture
def app_call(portal: DemoPortal, application: Installed, session: requests.Session) -> Call:
    """The decoded answer to the application, in the name of a user (the administrator unless said otherwise)."""

    def answer(method: str, *, user_id: int = 1, **params: Any) -> dict[str, Any]:
        token = portal.tokens.issue(application.client_id, user_id).access.value
        url = f"{portal.address}/rest/{method}"
        return session.post(url, json={**params, "auth": token}, timeout=10).json()

    return answer


@pytest.fixture
def manager(state: PortalState) -> int:
    """User 5, who administers nothing; deal 9 is theirs."""
    state.insert("user", [{"ID": 5, "NAME": "Іван", "UF_DEPARTMENT": "[1]"}])
    state.change_row("deal", 9, {"ASSIGNED_BY_ID": 5})
    return 5
