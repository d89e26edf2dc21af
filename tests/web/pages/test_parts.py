"""The pure parts: filters, figures, sparklines, dates."""

import json
import re
from datetime import date

import pytest

from b24kpi.errors import BadInput
from b24kpi.locale import LANGUAGES
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.period import Grain, Period
from b24kpi.web import figures
from b24kpi.web.pages.assets import asset
from b24kpi.web.pages.dates import day_text, period_name, tailed
from b24kpi.web.pages.filters import Filters, offered
from b24kpi.web.pages.sparks import HEIGHT, WIDTH, spark
from tests.web.pages.site import HEAD, OWN


def test_the_choice_of_an_address_is_kept() -> None:
    """Read, and written again."""
    filters = Filters.parse({"period": "2026-Q2", "source": "WEB", "colour": "red"}, HEAD, date(2026, 6, 5))
    assert (filters.period.label, filters.chosen) == ("2026-Q2", {"source": "WEB"})
    assert filters.query() == "period=2026-Q2&source=WEB"
    assert filters.query(source=None, manager="5") == "period=2026-Q2&manager=5"


def test_without_a_period_it_is_the_present_month() -> None:
    """That of the last day that is known."""
    assert Filters.parse({}, HEAD, date(2026, 6, 5)).period.label == "2026-06"


def test_a_period_that_is_none_is_refused() -> None:
    """With the words of the command line."""
    with pytest.raises(BadInput):
        Filters.parse({"period": "June"}, HEAD, date(2026, 6, 5))


def test_a_manager_cannot_choose_another() -> None:
    """His own id holds whatever the address says, and needs no mention in links."""
    filters = Filters.parse({"manager": "3"}, OWN, date(2026, 6, 5))
    assert filters.chosen == {"manager": "2"}
    assert filters.query() == "period=2026-06"


@pytest.mark.parametrize(
    ("label", "today", "start", "end"),
    [
        ("2026-06", date(2026, 6, 5), date(2026, 5, 1), date(2026, 5, 6)),
        ("2026-03", date(2026, 3, 31), date(2026, 2, 1), date(2026, 3, 1)),  # February is shorter
        ("2026-05", date(2026, 6, 5), date(2026, 4, 1), date(2026, 5, 1)),  # over: the whole month before
        ("2026-Q2", date(2026, 4, 1), date(2026, 1, 1), date(2026, 1, 2)),
    ],
)
def test_as_many_days_of_the_period_before_are_comparable(label: str, today: date, start: date, end: date) -> None:
    """The present day counts as one of them."""
    found = Filters(Period.parse(label), today).comparable
    assert (found.start, found.end) == (start, end)


def test_a_figure_without_the_dimension_is_not_cut() -> None:
    """None tells the page to say so."""
    filters = Filters(Period.parse("2026-06"), date(2026, 6, 5), {"pipeline": "0"})
    assert filters.where(find("win_rate")) == {"pipeline": "0"}
    assert filters.where(find("new_leads")) is None


def test_a_chosen_period_is_always_offered() -> None:
    """Also one of long ago."""
    old = Period.parse("2019-01")
    assert offered(date(2026, 6, 5), old)[Grain.MONTH][0] == old


def test_a_waterfall_ends_where_its_steps_lead() -> None:
    """The last bar is a total that plotly adds up itself, so that bars and total cannot disagree."""
    figure = figures.waterfall(["before", "a", "b", "after"], [100.0, 30.0, -50.0, 80.0], [""] * 4, [""] * 4)
    trace = figure["data"][0]
    assert trace["measure"] == ["absolute", "relative", "relative", "total"]
    assert sum(trace["x"]) == 80.0


def test_figures_are_plain_json() -> None:
    """Without NaN, which no browser reads."""
    made = [
        figures.funnel(["a", "b"], [5, 2], ["5", "2"]),
        figures.heat_map(["2026-01"], ["0", "1"], [[0.5, None]], [["50%", ""]]),
        figures.trend(["2026-01", "2026-02"], {"x": [1.0, None]}, [["1", "—"]], percent=True),
        figures.bars(["a"], [1.0], ["1"]),
        figures.columns(["2026-01"], {"new": ([1.0], figures.GOOD)}),
    ]
    for figure in made:
        assert json.loads(json.dumps(figure, allow_nan=False))["data"]
        assert all(trace["type"] for trace in figure["data"])


def test_labels_of_periods_are_no_dates() -> None:
    """plotly would take 2026-06 for a moment and spread the bars over a time axis."""
    waterfall = figures.waterfall(["2026-05", "2026-06"], [1.0, 2.0], ["", ""], ["", ""])
    assert waterfall["layout"]["yaxis"]["type"] == "category"
    for figure in (
        figures.trend(["2026-05", "2026-06"], {"x": [1.0, 2.0]}, [["", ""]]),
        figures.columns(["2026-05"], {"new": ([1.0], figures.GOOD)}),
    ):
        assert figure["layout"]["xaxis"]["type"] == "category"


def test_names_in_figures_are_short_lines_without_markup() -> None:
    """plotly would take tags of a name for its own."""
    name = "Погодження договору <a href='https://evil.example'>"
    shown = figures.label(name)
    assert shown.startswith("Погодження<br>договору &lt;a")
    assert all(len(line) <= figures.LONGEST_LINE + 3 for line in shown.split("<br>"))
    assert figures.bars([name], [1.0], [""])["data"][0]["y"] == [figures.label(name)]


def test_a_sparkline_stays_in_its_box() -> None:
    """Gaps are left out, the ends touch the edges; one point is no line."""
    found = spark([1, None, 3, 2], "text")
    assert found is not None
    points = [tuple(map(float, point.split(","))) for point in found.points.split()]
    assert len(points) == 3
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert points[1][1] < points[2][1] < points[0][1]
    assert spark([None, 4], "text") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_periods_have_names(language: str) -> None:
    """Of every length."""
    for label in ("2026-06-05", "2026-W23", "2026-06", "2026-Q2", "2026"):
        assert "2026" in period_name(Period.parse(label), language)


def test_days_are_written_as_the_language_does() -> None:
    """In English no day can be taken for a month."""
    day = date(2026, 11, 2)
    assert [day_text(day, language) for language in ("uk", "ru", "en")] == ["02.11.2026", "02.11.2026", "Nov 2, 2026"]


def test_abbreviations_keep_their_capitals() -> None:
    """In the middle of a sentence other names begin small."""
    assert [tailed(name) for name in ("ROMI by revenue", "Within SLA", "")] == ["ROMI by revenue", "within SLA", ""]


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb; https://www.w3.org/TR/WCAG21/#dfn-relative-luminance"""
    full = colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])
    parts = [int(full[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def themes() -> list[dict[str, str]]:
    """The colours of the style sheet by day and by night."""
    style = asset("pages.css").plain.decode()
    roots = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", root)) for root in roots[:2]]


@pytest.mark.parametrize("theme", [0, 1])
def test_texts_stand_out_from_their_ground(theme: int) -> None:
    """WCAG AA: 4.5 to 1, in either theme, for every colour of text on every ground it stands on."""
    colours = themes()[theme] | {"white": "#ffffff", "button": "#0062d6"}
    pairs = [(text, "card") for text in ("text", "quiet", "link", "good", "bad", "warn")]
    pairs += [(text, "page") for text in ("text", "quiet", "warn")] + [("warn", "warn-bg"), ("text", "hover")]
    pairs += [("text", "cold"), ("text", "warm"), ("white", "bar"), ("white", "rise"), ("white", "fall")]
    pairs += [("white", "button"), ("link", "hover"), ("quiet", "hover")]
    for text, ground in pairs:
        light, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)
