"""Funnel: three readings in the address, each with the engine's numbers; ribbons; young cohorts paler."""

import json
import re
from html import unescape

import pytest

from b24kpi.locale import LANGUAGES
from b24kpi.metrics.period import Period
from b24kpi.report.active_funnel import active_funnel
from b24kpi.report.build import Ask
from b24kpi.report.stage_ways import stage_ways
from b24kpi.web.figures import heat_map
from b24kpi.web.viewer import Viewer
from tests.web.pages.site import OWN, Site
from tests.web.pages.test_screens import UNFINISHED, hrefs, page, seen

YEAR = "2026"
Table = dict[str, list[str]]


def table(html: str, name: str) -> Table:
    """First cell → the other cells of its row, of the table of this id."""
    found = re.search(rf'id="{name}".*?<tbody>(.*?)</tbody>', html, re.DOTALL)
    assert found is not None, name
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in found[1].split("</tr>")]
    texts = [[unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in rows if row]
    return {first: rest for first, *rest in texts}


def figure(html: str, name: str) -> dict[str, object]:
    found = re.search(rf'id="figure-{name}">(.*?)</script>', html, re.DOTALL)
    assert found is not None, name
    return json.loads(unescape(found[1]))  # type: ignore[no-any-return]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mode", ["cohort", "flow", "active", "nonsense"])
def test_each_reading_answers_in_every_language(site: Site, mode: str, language: str) -> None:
    """One is marked as shown; what is none is the first; the choice of the filters is kept."""
    html = page(site, f"funnel?period={YEAR}&source=WEB&mode={mode}", Viewer(1, "", language, sees_all=True))
    assert not UNFINISHED.findall(seen(html))
    (shown,) = re.findall(r'<a href="([^"]*)" aria-current="true">', html)
    expected = f"&mode={mode}" if mode in ("flow", "active") else ""
    assert unescape(shown) == f"/kpi/funnel?period={YEAR}&source=WEB{expected}"
    assert len([link for link in hrefs(html, "/kpi/funnel?") if "mode=" in link]) == 2


def test_the_flow_says_the_engines_numbers(site: Site) -> None:
    """Entries, exits, and their quotient, which leads to no rows: those are of cohorts."""
    html, period = page(site, f"funnel?period={YEAR}&mode=flow"), Period.parse(YEAR)
    with site.context.open_answers("uk") as answers:
        ask = Ask(("stage_conversion",), period.grain, period.start, period.end, where={"pipeline": "5"}, mode="flow")
        entries = [entry for entry in answers.report(ask).entries if entry.value.period == period]
    rows = table(html, "flow-5")
    for entry in entries:
        told = [str(int(side or 0)) for side in (entry.value.denominator, entry.value.numerator)]
        assert rows[entry.labels.get("stage") or entry.value.by["stage"]][:2] == told
    assert not [link for link in hrefs(html, "/kpi/rows/") if "stage_conversion" in link]


def test_the_active_reading_says_what_bitrix_counts(site: Site) -> None:
    """Deals, wins, stages; of a manager only his own."""
    for viewer, where in ((Viewer(1, "", "uk", sees_all=True), {}), (OWN, {"manager": "2"})):
        html = page(site, f"funnel?period={YEAR}&mode=active", viewer)
        with site.context.open_answers("uk") as answers:
            found = answers.look(lambda e, w=where: active_funnel(e, Period.parse(YEAR), w, language="uk"))  # type: ignore[misc]
        assert found
        rows = table(html, "active")
        assert {name: row[:2] for name, row in rows.items()} == {
            one.name: [str(one.active), str(one.won)] for one in found
        }
        stages = table(html, f"active-stages-{found[0].pipeline}")
        for stage in found[0].stages:
            assert stages[stage.labels["stage"]][:2] == [str(stage.visited), str(stage.passed)]


def test_ribbons_say_how_stages_were_passed(site: Site) -> None:
    """The figure and the table say the same; what went back hangs to the left."""
    html = page(site, f"funnel?period={YEAR}")
    with site.context.open_answers("uk") as answers:
        ways = answers.look(lambda engine: stage_ways(engine, Period.parse(YEAR), {}))
        names = answers.names("stage")
    rows = table(html, "way-table-0")
    traces = figure(html, "ways-0")["data"]
    assert isinstance(traces, list)
    for (pipeline, stage), way in ways.items():
        if pipeline == "0" and stage in names:
            told = rows[names[stage]]
            assert told[:2] == [str(way.reached), str(way.stayed)]
            assert told[5:] == [str(way.skipped), told[6], str(way.returned), told[8], str(way.returns)]
    assert sum(traces[2]["x"]) == sum(way.skipped for (pipeline, _), way in ways.items() if pipeline == "0")
    assert min(traces[3]["x"]) <= 0


def test_bitrixs_mean_stands_beside_the_median(site: Site) -> None:
    """As the engine has both."""
    html, period = page(site, f"funnel?period={YEAR}"), Period.parse(YEAR)
    with site.context.open_answers("uk") as answers:
        ask = Ask(("time_in_stage",), period.grain, period.start, period.end)
        entries = [each for each in answers.report(ask).entries if each.value.period == period]
    known = {entry.value.by["stage"]: entry.value for entry in entries}
    assert known["NEW"].extra["mean_of_finished"] is not None
    assert known["NEW"].value != known["NEW"].extra["mean_of_finished"]
    with_links = re.findall(r'href="/kpi/rows/time_in_stage\?[^"]*stage=NEW[^"]*"[^>]*>([^<]+)<', html)
    assert len(with_links) == 2
    assert with_links[0] != with_links[1]


def test_young_cohorts_are_paler() -> None:
    """On the same scale as the others, in their places."""
    figure = heat_map(["2026-01", "2026-02"], ["0"], [[0.5], [0.25]], [["50%"], ["25%"]], [1])
    old, young = figure["data"]
    assert (old["z"], young["z"]) == ([[0.5], [None]], [[None], [0.25]])
    assert old["zmax"] == young["zmax"] == 0.5
    assert old["colorscale"] != young["colorscale"]
    assert figure["layout"]["yaxis"]["categoryarray"] == ["2026-01", "2026-02"]
    assert len(heat_map(["2026-01"], ["0"], [[0.5]], [["50%"]])["data"]) == 1
