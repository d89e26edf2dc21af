"""Every screen answers, in every language, to everyone who may see it, and says the numbers of the report."""

import re
from html import unescape

import pytest

from b24kpi.cache.store import Store
from b24kpi.locale import LANGUAGES
from b24kpi.metrics.model import Unit
from b24kpi.metrics.period import Period
from b24kpi.report.build import Ask
from b24kpi.report.wording import Wording
from b24kpi.web.pages.registry import OF_ALL, SCREENS
from b24kpi.web.pages.view import at_a_glance
from b24kpi.web.viewer import Viewer
from tests.web.pages.site import HEAD, HOSTILE, OWN, PERIOD, Site, filled, site_over

UNFINISHED = re.compile(r"\b(?:None|nan|web\.[a-z_]+|report\.[a-z_]+|Decimal|Traceback)\b")


def page(site: Site, address: str, viewer: Viewer = HEAD) -> str:
    """The text of a page."""
    response = site.client(viewer).get(f"/kpi/{address}")
    assert response.status_code == 200, response.text[:2000]
    return response.text


def hrefs(html: str, start: str) -> list[str]:
    return sorted({unescape(found) for found in re.findall(r'href="([^"]+)"', html) if found.startswith(start)})


def seen(html: str) -> str:
    """What a reader sees: no scripts, no tags, no addresses."""
    return unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<script.*?</script>", " ", html, flags=re.DOTALL)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_answers_in_every_language(site: Site, name: str, language: str) -> None:
    """No message id, no bare None shows through."""
    html = page(site, f"{name}?period={PERIOD}", Viewer(1, "", language, sees_all=True))
    assert f'<html lang="{language}">' in html
    assert not UNFINISHED.findall(seen(html))


@pytest.mark.parametrize("name", sorted(SCREENS.keys() - OF_ALL))
def test_a_manager_sees_a_screen_cut_to_his_own(site: Site, name: str) -> None:
    """It says the same as the whole with his filter, and asking for somebody else changes nothing."""
    own = page(site, f"{name}?period={PERIOD}", OWN)
    assert "Олена" not in seen(own)
    assert seen(page(site, f"{name}?period={PERIOD}&manager=3", OWN)) == seen(own)
    assert not hrefs(own, "/kpi/rows/romi")


def test_what_is_of_the_whole_company_is_refused_to_a_manager(site: Site) -> None:
    """A screen, and the rows of a figure that has no managers."""
    client = site.client(OWN)
    assert client.get("/kpi/effect").status_code == 403
    assert client.get(f"/kpi/rows/romi?period={PERIOD}").status_code == 403
    assert client.get(f"/kpi/rows/romi?period={PERIOD}&format=csv&table=included").status_code == 403


def test_a_manager_gets_his_own_rows_whatever_he_asks_for(site: Site) -> None:
    """The filter of the address cannot widen them."""
    whole = page(site, f"rows/total_sales?period={PERIOD}&manager=2")
    for asked in ("", "&manager=3"):
        assert _deals(page(site, f"rows/total_sales?period={PERIOD}{asked}", OWN)) == _deals(whole)


def _deals(html: str) -> set[str]:
    return set(re.findall(r"/crm/deal/details/\d+/", html))


def test_the_morning_says_the_numbers_of_the_report(site: Site) -> None:
    """Every tile, as `report` has it."""
    html = page(site, f"morning?period={PERIOD}")
    period = Period.parse(PERIOD)
    with site.context.open_answers("uk") as answers:
        names = ("total_sales", "win_rate", "aov", "new_leads", "crr_strict")
        report = answers.report(Ask(names, start=period.start, end=period.end))
        words = Wording("uk", report.currency)
    for entry in report.entries:
        tile = re.search(rf'id="{entry.value.metric}">(.*?)</section>', html, re.DOTALL)
        assert tile is not None
        assert at_a_glance(entry.value.value, entry.value.unit, words) in seen(tile[1])


@pytest.mark.parametrize("name", ["morning", "people", "funnel", "channels", "customers"])
def test_every_number_leads_to_its_rows(site: Site, name: str) -> None:
    """No link of a page is dead."""
    client = site.client()
    links = hrefs(page(site, f"{name}?period={PERIOD}"), "/kpi/rows/")
    assert len(links) > 8
    for link in links[:: max(1, len(links) // 12)]:
        response = client.get(link)
        assert response.status_code == 200, (link, seen(response.text)[-500:])


def test_a_filter_cuts_the_numbers(site: Site) -> None:
    """The page of one source says the sales of that source, and its links keep the choice."""
    html = page(site, f"morning?period={PERIOD}&source=WEB")
    assert all("source=WEB" in link for link in hrefs(html, "/kpi/rows/"))
    period = Period.parse(PERIOD)
    with site.context.open_answers("uk") as answers:
        (entry,) = answers.report(
            Ask(("total_sales",), start=period.start, end=period.end, where={"source": "WEB"})
        ).entries
    assert at_a_glance(entry.value.value, entry.value.unit, Wording("uk", "UAH")) in seen(html)


def test_a_figure_that_cannot_be_cut_says_so_instead_of_lying(site: Site) -> None:
    """Leads have no pipeline: with one chosen there is a dash and a reason, not the figure of all pipelines."""
    tile = re.search(r'id="new_leads">(.*?)</section>', page(site, f"morning?period={PERIOD}&pipeline=0"), re.DOTALL)
    assert tile is not None
    assert "Невідомо за розрізом: Воронка" in seen(tile[1])


def test_names_of_the_crm_are_no_markup(site: Site) -> None:
    """A colleague called <script> is shown, not run."""
    html = page(site, f"people?period={PERIOD}")
    assert HOSTILE not in html
    assert HOSTILE in seen(html)


def test_the_rows_say_why_each_is_in(site: Site) -> None:
    """With links into the portal, and those that nearly counted."""
    html = page(site, f"rows/win_rate?period={PERIOD}")
    assert "Враховано:" in html
    assert 'data-path="/crm/deal/details/' in html
    assert 'href="https://demo.bitrix24.ua/crm/deal/details/' in html


def test_an_unfinished_period_is_compared_with_as_many_days(site: Site) -> None:
    """The sales of the first of December are set against the first of November, not against all of it."""
    html = page(site, "morning")
    assert "проти: 1 лист." in seen(html)


def test_old_data_are_called_old(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two days after the last refresh the page says how long that is ago."""
    site = site_over(filled(tmp_path_factory.mktemp("old")), late=2 * 86_400)
    assert "Минуло вже 2 дні" in seen(page(site, f"leaks?period={PERIOD}"))


def test_a_stream_that_was_not_read_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A page over incomplete data begins with what is missing."""

    def broken(store: Store) -> None:
        store.db.execute("UPDATE stream SET state = 'incomplete' WHERE name = 'deal'")

    site = site_over(filled(tmp_path_factory.mktemp("broken"), change=broken))
    assert "угоди (прочитано не до кінця)" in seen(page(site, f"morning?period={PERIOD}"))


def test_the_share_of_the_plan_is_that_of_the_kpi(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The morning counts it without the forecast that `plan_attainment` brings along, and comes to the same."""

    def planned(store: Store) -> None:
        store.db.execute("DELETE FROM plan")
        store.db.execute("DELETE FROM plan")
        store.db["plan"].insert(
            {"id": 1, "metric": "total_sales", "scope": "company", "scope_value": "", "from_day": 20260601}
            | {"to_day": 20260701, "amount": 123_456_700}
        )

    site = site_over(filled(tmp_path_factory.mktemp("planned"), change=planned))
    period = Period.parse(PERIOD)
    with site.context.open_answers("uk") as answers:
        (entry,) = answers.report(Ask(("plan_attainment",), start=period.start, end=period.end)).entries
    share = Wording("uk", "UAH").number(entry.value.value, Unit.RATIO)
    assert f"це {share} плану" in seen(page(site, f"morning?period={PERIOD}"))
