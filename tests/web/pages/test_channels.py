"""Channels by the touch to which wins are put down: whatever is chosen, the rows add up to the whole."""

import csv
import re
from collections.abc import Iterator

import pytest

from b24kpi.metrics.attribution import RULES
from b24kpi.web.viewer import Viewer
from tests.web.pages.site import PERIOD, Site, filled, site_over
from tests.web.pages.test_screens import hrefs, page, seen

ENGLISH = Viewer(1, "", "en", sees_all=True)
TOUCHES = '[marketing]\nattribution = "linear"\ntouches = { form = "WEB", chat = "CALL" }\n'
YEAR = "2026"


@pytest.fixture(scope="module")
def multiple(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Pages of settings by which forms and chats are touches, and wins are divided evenly."""
    site = site_over(filled(tmp_path_factory.mktemp("multiple"), TOUCHES))
    yield site
    site.context.memory.close()


def table(site: Site, query: str) -> list[dict[str, str]]:
    """The rows of the money of channels, as they are downloaded in English."""
    response = site.client(ENGLISH).get(f"/kpi/channels?{query}&format=csv&table=sources")
    return list(csv.DictReader(response.get_data().decode("utf-8-sig").splitlines()))


@pytest.mark.parametrize("rule", RULES)
def test_the_rows_add_up_to_the_last(multiple: Site, rule: str) -> None:
    """Revenue and spending of the channels, with what is put down to none of them."""
    *rows, whole = table(multiple, f"period={YEAR}&attribution={rule}")
    assert rows[-1]["Source"] == "(unattributed)"
    for column in ("Revenue", "Spent"):
        assert sum(float(row[column]) for row in rows if row[column] != "—") == pytest.approx(float(whole[column]))


def test_rules_divide_alike_in_all_and_otherwise_in_parts(multiple: Site) -> None:
    """Some wins of the rows had several touches."""
    found = {rule: table(multiple, f"period={YEAR}&attribution={rule}") for rule in RULES}
    assert len({rows[-1]["Revenue"] for rows in found.values()}) == 1
    assert len({tuple(row["Revenue"] for row in rows) for rows in found.values()}) > 2


def test_what_has_no_source_is_shown_even_where_there_is_nothing(multiple: Site) -> None:
    """Nobody has to wonder where it went."""
    assert "(unattributed)" in seen(page(multiple, "channels?period=2020-01", ENGLISH))


def test_the_choice_goes_along_to_the_rows(multiple: Site) -> None:
    """A number and its rows follow the same rule; what does not follow one keeps its address."""
    html = page(multiple, f"channels?period={YEAR}&attribution=last", ENGLISH)
    assert re.search(r'<option value="last" selected>', html)
    links = hrefs(html, "/kpi/rows/romi")
    assert links
    assert all("attribution=last" in link for link in links)
    assert not any("attribution" in link for link in hrefs(html, "/kpi/rows/total_sales"))
    assert "wins put down to the last touch" in seen(page(multiple, links[0].removeprefix("/kpi/"), ENGLISH))


def test_without_a_choice_that_of_the_settings_holds(site: Site, multiple: Site) -> None:
    """The first touch where they say nothing."""
    chosen = [
        re.search(
            r'<option value="(\w+)" selected>', page(each, f"channels?period={PERIOD}").partition("attribution")[2]
        )
        for each in (site, multiple)
    ]
    assert [found and found[1] for found in chosen] == ["first", "linear"]
    assert table(multiple, f"period={YEAR}") == table(multiple, f"period={YEAR}&attribution=linear")


def test_an_unknown_attribution_is_refused(site: Site) -> None:
    """By name, with the nearest one."""
    response = site.client(ENGLISH).get(f"/kpi/channels?period={PERIOD}&attribution=lest")
    assert response.status_code == 400
    assert "the nearest: 'last'" in seen(response.text)
