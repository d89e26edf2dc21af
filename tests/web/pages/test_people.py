"""People: the fair view and the bonus sheet, who may see them, and as files."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date

import pytest

from b24kpi.cache.published import CLOSED, Publication, publish, slice_of
from b24kpi.cache.store import Store
from b24kpi.locale import LANGUAGES
from b24kpi.metrics.fair_view import fair_view
from b24kpi.metrics.model import Unit
from b24kpi.metrics.period import Grain, Period
from b24kpi.report.wording import Wording
from b24kpi.web.viewer import Viewer
from tests.web.pages.site import OWN, PERIOD, Site, filled, site_over
from tests.web.pages.test_funnel import table
from tests.web.pages.test_screens import UNFINISHED, hrefs, page, seen

SCHEME = """
[[version]]
from = 2026-01-01
weights = { total_sales = 3, win_rate = 1 }
targets = { total_sales = 100000, win_rate = 0.5 }
"""
CLOSED_AT = 1_783_500_000  # 8 July 2026
WORDS = Wording("uk", "UAH")


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages of a firm that pays by a scheme; its June is closed for user 2, with 77 %."""
    folder = tmp_path_factory.mktemp("paid")
    (folder / "scheme.toml").write_text(SCHEME, encoding="utf-8")
    site = site_over(filled(folder, '[motivation]\nscheme = "scheme.toml"\n', _close))
    yield site
    site.context.memory.close()


def _close(store: Store) -> None:
    by = slice_of({"manager": "2"})
    publish(store, [Publication(CLOSED, "motivation_base", PERIOD, by, "", "0.77", 1, 1, CLOSED_AT)])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", ["people?period=2026", "bonus?period=2026-Q2", f"bonus?period={PERIOD}"])
def test_pages_answer_in_every_language(paid: Site, address: str, language: str) -> None:
    """No message id shows through."""
    assert not UNFINISHED.findall(seen(page(paid, address, Viewer(1, "", language, sees_all=True))))


def test_the_fair_view_is_that_of_the_engine(site: Site) -> None:
    """Over the year up to the end of the period, whichever part of it is chosen; a manager chosen stands alone."""
    year = Period(date(2025, 12, 2), date(2026, 12, 2), Grain.YEAR)
    with site.context.open_answers("uk") as answers:
        found = answers.look(lambda engine: fair_view(engine, year, {}))
        names = answers.names("manager")
    rows = table(page(site, "people?period=2026-12"), "fair")
    assert len(rows) == len(found)
    for one in found:
        told = rows[names.get(one.manager, one.manager)]
        assert told[:2] == [str(one.closed), WORDS.number(one.won / one.closed, Unit.RATIO)]
        assert told[2] == WORDS.number(one.rate[0] if one.rate else None, Unit.RATIO)
    assert list(table(page(site, "people?period=2026-12&manager=2"), "fair")) == ["Тарас Ніс"]


def test_a_manager_is_not_compared_before_his_own_eyes(site: Site) -> None:
    """The comparison tells of the others."""
    own = page(site, f"people?period={PERIOD}", OWN)
    assert 'id="fair"' not in own
    assert "порівняння з колегами" in seen(own)


def test_a_closed_month_is_shown_frozen(paid: Site) -> None:
    """With the day of its closing, and what it would be now; the sheet is reached from People."""
    assert hrefs(page(paid, f"people?period={PERIOD}"), "/kpi/bonus") == [f"/kpi/bonus?period={PERIOD}"]
    html = page(paid, f"bonus?period={PERIOD}")
    assert "закрито 8 лип. 2026" in seen(html)
    assert "Тарас Ніс: 77,0% на день закриття" in seen(html)
    assert "77,0% ✓" in seen(html)
    assert f"/kpi/rows/motivation_base?period={PERIOD}&manager=2" in hrefs(html, "/kpi/rows/motivation_base")


def test_a_manager_sees_his_own_bonus_alone(paid: Site) -> None:
    """Whatever he asks for."""
    own = page(paid, f"bonus?period={PERIOD}&manager=3", OWN)
    assert set(table(own, f"sheet-{PERIOD}")) == {"Тарас Ніс"}
    assert "77,0% ✓" in seen(own)


def test_the_sheet_is_a_workbook(paid: Site) -> None:
    """A sheet for each month, and one for all of them; numbers as numbers."""
    answer = paid.client().get("/kpi/bonus?period=2026-Q2&format=xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        sheets = book.read("xl/workbook.xml").decode()
        first = book.read("xl/worksheets/sheet1.xml").decode()
    assert 'name="База мотивації"' in sheets
    assert sheets.count("Відомість") == 3
    assert "<v>0.77</v>" in first


def test_without_a_scheme_the_sheet_says_what_is_missing(site: Site) -> None:
    """And how to set it up."""
    assert "[motivation]" in seen(page(site, f"bonus?period={PERIOD}"))


def test_what_bonuses_are_not_cut_by_is_said(paid: Site) -> None:
    """Instead of everybody's."""
    html = page(paid, f"bonus?period={PERIOD}&source=WEB")
    assert "Джерело" in seen(html)
    assert f'id="sheet-{PERIOD}"' not in html


def test_a_short_period_has_the_sheet_of_its_month(paid: Site) -> None:
    """A week begins in it."""
    assert f'id="sheet-{PERIOD}"' in page(paid, "bonus?period=2026-W24")
