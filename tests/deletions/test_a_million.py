"""Deletions in a table of a million rows."""

from random import Random
from time import perf_counter

import pytest

from b24kpi.portal.entities import DEAL
from tests.deletions.followed import Followed, deals

ROWS = 1_000_000


@pytest.mark.soak
def test_fifty_deletions_in_a_million_deals(place: Followed) -> None:
    """At most 60 requests; every one of them is found."""
    place.state.insert("deal", deals(range(1, ROWS + 1)))
    place.sync(DEAL)
    assert place.requests_of(DEAL) == 1
    gone = set(Random(1).sample(range(1, ROWS + 1), 50))
    place.state.delete_many("deal", gone)
    began = perf_counter()
    requests = place.requests_of(DEAL)
    print(f"{requests} requests, {perf_counter() - began:.1f} s")  # noqa: T201
    assert requests <= 60
    assert place.ids("deal", deleted=True) == gone
