"""User fields that settings map to answers and offers: read by the next sync, followed, and given up again."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from b24kpi.app import App, Ask
from b24kpi.demo.state import PortalState
from b24kpi.metrics.period import Grain
from tests.pipeline.conftest import company
from tests.pipeline.places import Place, opened_place, write_settings

METRICS = ("nps", "csat", "segment_offer_uplift")
MARKED = int(datetime(2026, 11, 21, 9, tzinfo=UTC).timestamp())
LIST = ("0", "7", "9", "10")
MAPPED = """
[ratings]
nps_field = "deal.UF_CRM_ADVICE"
csat_field = "contact.UF_CRM_MARK"
csat_date_field = "contact.UF_CRM_MARKED"
[offers]
date_field = "company.UF_CRM_OFFER"
"""


def furnish(state: PortalState) -> list[int]:
    """A list as the field of NPS, whose values are ids of its items; marks of contacts with their moments."""
    company(200)(state)
    items = state.add_user_field("CRM_DEAL", "UF_CRM_ADVICE", "enumeration", label="Порада", items=LIST)
    state.add_user_field("CRM_CONTACT", "UF_CRM_MARK", "double", label="Оцінка")
    state.add_user_field("CRM_CONTACT", "UF_CRM_MARKED", "datetime", label="Коли")
    closed = "STAGE_SEMANTIC_ID IN ('S', 'F') AND IS_RECURRING = 'N'"
    state.execute(f"UPDATE deal SET UF_CRM_ADVICE = {items[3]} WHERE ID % 2 AND {closed}")
    state.execute(f"UPDATE deal SET UF_CRM_ADVICE = {items[1]} WHERE ID % 2 = 0 AND {closed}")
    return items


def values(app: App) -> dict[str, Any]:
    """Of the last years, each by itself."""
    found = app.report(Ask(METRICS, Grain.YEAR, count=3)).entries
    return {f"{entry.value.metric} {entry.value.period.label}": entry.value for entry in found}


def reasons(app: App) -> set[str]:
    return {str(value.reason) for value in values(app).values()}


def test_a_list_answers_by_its_texts(tmp_path: Path) -> None:
    """Item 10 of the list is a promoter, whatever its id; none is rejected."""
    with opened_place(tmp_path, furnish, further=MAPPED) as place, place.app() as app:
        assert app.sync().complete
        found = [value for name, value in values(app).items() if name.startswith("nps") and value.n]
        assert found
        assert all(value.extra["rejected"] == 0 and value.extra["detractors"] == 0 for value in found)
        assert all(0 < value.extra["promoters"] < 1 for value in found)


def test_a_mark_that_changes_changes_the_kpi(tmp_path: Path) -> None:
    """A contact that nothing else hangs on is followed too."""
    with opened_place(tmp_path, furnish, further=MAPPED) as place, place.app() as app:
        app.sync()
        content = []
        for points in (1.0, 5.0, 2.0):
            mark(place, points)
            app.sync()
            content.append(values(app)["csat 2026"].numerator)
        assert content[1] == content[0] + 1 == content[2] + 1


def mark(place: Place, points: float) -> None:
    place.clock.sleep(60)
    contact = place.state.select("SELECT MAX(ID) FROM contact")[0][0]
    place.state.update("contact", contact, {"UF_CRM_MARK": points, "UF_CRM_MARKED": MARKED})


def test_until_a_field_is_read_nothing_is_said(tmp_path: Path) -> None:
    """After the settings name it and before the next sync; and when they name it no more, it is not set up."""
    with opened_place(tmp_path, furnish) as place:
        with place.app() as app:
            app.sync()
            assert "not_configured" in reasons(app)
        write_settings(place.settings, place.portal.url, further=MAPPED)
        with place.app() as app:
            assert reasons(app) == {"not_loaded"}
            app.sync()
            assert "not_loaded" not in reasons(app)
        write_settings(place.settings, place.portal.url)
        with place.app() as app:
            app.sync()
            assert values(app)["nps 2026"].reason == "not_configured"


def test_check_names_the_fields(tmp_path: Path) -> None:
    """With their labels; what is not mapped says which setting to give."""
    with opened_place(tmp_path, furnish, further=MAPPED) as place:
        place.run("sync")
        shown = place.run("check").stdout
        assert "UF_CRM_ADVICE" in shown
        assert "Порада" in shown
        assert "[motivation] scheme" in shown
        assert "[ratings] nps_field: the user field" not in shown
