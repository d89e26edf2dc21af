"""Why sales changed, asked of a synced portal: exact, the same numbers as in reports, said in three languages."""

import csv
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from b24kpi.app import App, Ask, Change, WhyAsk
from b24kpi.errors import BadInput
from b24kpi.locale import LANGUAGES, text
from b24kpi.metrics.change import FACTORS
from b24kpi.metrics.period import Period
from b24kpi.metrics.statistics.decomposition import shapley
from tests.loaders import maven
from tests.pipeline.conftest import OpenPlace, company
from tests.pipeline.places import Clock, Place, opened_place

PAIRS = [("2026-06", "2026-05"), ("2026-Q3", "2026-Q2"), ("2026-10", "2025-10"), ("2026-W21", "2026-W20")]
SLICES = [(), ("manager",), ("source", "pipeline"), ("currency",), ("department",)]
MONTHS = ("why", "total_sales", "--period", "2026-06", "--against", "2026-05")
TOTAL = "total_sales"


@dataclass(frozen=True)
class Asked:
    """A synced portal, and the application over its cache."""

    place: Place
    app: App

    def why(self, period: str, against: str, by: tuple[str, ...] = (), **where: str) -> Change:
        return self.app.why(WhyAsk(TOTAL, Period.parse(period), Period.parse(against), by, where))

    def value(self, metric: str, label: str) -> Decimal:
        """What the report says of a period, unrounded where it is a ratio."""
        period = Period.parse(label)
        report = self.app.report(Ask((metric,), period.grain, period.start, period.end))
        value = next(entry.value for entry in report.entries if entry.value.period == period)
        if value.denominator is None:
            return Decimal(str(value.value))
        return Decimal(str(value.numerator)) / Decimal(str(value.denominator))


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    with opened_place(tmp_path_factory.mktemp("why"), company(400)) as place, place.app() as app:
        app.sync()
        yield Asked(place, app)


@pytest.fixture(scope="module")
def hardware(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """Maven: 8,800 opportunities of a firm that sells computer hardware; skipped where the data are absent."""
    with ExitStack() as stack:
        place = stack.enter_context(
            opened_place(
                tmp_path_factory.mktemp("why"),
                maven.load,
                clock=Clock(maven.NOW),
                further=f'time_zone = "{maven.TIME_ZONE}"\n',
                time_zone=maven.TIME_ZONE,
                base_currency=maven.BASE_CURRENCY,
            )
        )
        app = stack.enter_context(place.app())
        assert app.sync().complete
        yield Asked(place, app)


# --- published figures


def test_the_fourth_quarter_of_the_firm_is_explained_as_published(hardware: Asked) -> None:
    """2017-Q3 → Q4: -179,759 = deals -88,930, win rate -54,905, average -35,923 by LMDI (kpi.md 2.6)."""
    found = hardware.why("2017-Q4", "2017-Q3")
    assert found.change == -17_975_900
    assert {each.factor: round(each.money / 100) for each in found.effects if each.money} == {
        "deals": -88_930,
        "win_rate": -54_905,
        "aov": -35_923,
    }


def test_shapley_says_nearly_the_same_of_the_firm(hardware: Asked) -> None:
    """-88,927, -54,907, -35,925 (kpi.md 2.6), of the factors that the pipeline found."""
    known = {each.factor: each for each in hardware.why("2017-Q4", "2017-Q3").effects if each.factor in FACTORS}
    before = [known[factor].before or Fraction(0) for factor in FACTORS]
    after = [known[factor].after or Fraction(0) for factor in FACTORS]
    assert [round(effect / 100) for effect in shapley(before, after)] == [-88_927, -54_907, 0, -35_925]


def test_offices_of_the_firm_add_up(hardware: Asked) -> None:
    """To the same change, and each to its own."""
    assert_exact(hardware.why("2017-Q4", "2017-Q3", ("department",)))


def test_the_sentence_of_the_firm_is_the_one_promised(hardware: Asked) -> None:
    """In Ukrainian, with signs and spaces as Ukrainians write them, and that all of it may be chance."""
    arguments = ("why", TOTAL, "--period", "2017-Q4", "--against", "2017-Q3")
    shown = hardware.place.run(*arguments, language="uk").stdout.replace("\xa0", " ")
    assert (
        "Виручка впала на 179 759 USD: менше закритих угод (−88 930 USD), нижча частка виграних (−54 905 USD), "
        "менший середній чек (−35 923 USD)." in shown
    )
    assert text("why.chance_all", "uk") in shown


# --- exactness


def assert_exact(found: Change) -> None:
    """No cent is left over anywhere."""
    assert sum(effect.money for effect in found.effects) == found.change
    for segment in found.segments:
        assert sum(effect.money for effect in segment.effects) == segment.change
    if found.ask.by:
        assert sum(segment.change for segment in found.segments) == found.change
        assert sum(found.within.values()) == found.change


@pytest.mark.parametrize(("period", "against"), PAIRS)
@pytest.mark.parametrize("by", SLICES)
def test_effects_add_up_to_the_cent(synced: Asked, period: str, against: str, by: tuple[str, ...]) -> None:
    """Of the whole, of each segment, over all segments."""
    assert_exact(synced.why(period, against, by))


@pytest.mark.parametrize(("period", "against"), PAIRS[:3])
def test_factors_are_the_kpis_of_the_report(synced: Asked, period: str, against: str) -> None:
    """Sales, win rate and average order are what `report` shows of the same periods."""
    found = synced.why(period, against)
    assert (found.before, found.after) == (synced.value(TOTAL, against) * 100, synced.value(TOTAL, period) * 100)
    known = {effect.factor: effect for effect in found.effects}
    for label, side in ((against, "before"), (period, "after")):
        assert float(getattr(known["win_rate"], side)) == pytest.approx(float(synced.value("win_rate", label)))
        assert float(getattr(known["aov"], side)) == pytest.approx(float(synced.value("aov", label) * 100))


def test_swapped_periods_flip_every_effect(synced: Asked) -> None:
    """New segments become lost ones."""
    there, back = synced.why("2026-06", "2026-05", ("manager",)), synced.why("2026-05", "2026-06", ("manager",))
    swapped = {"new_segments": "lost_segments", "lost_segments": "new_segments"}
    assert [each.money for each in back.effects] == [-each.money for each in there.effects]
    assert back.within == {swapped.get(name, name): -money for name, money in there.within.items()}


def test_a_slice_is_explained_as_its_segment(synced: Asked) -> None:
    """--where manager=3 and the segment of manager 3 are the same deals."""
    segments = synced.why("2026-Q3", "2026-Q2", ("manager",)).segments
    segment = next(each for each in segments if each.effects[0].factor == "deals")
    sliced = synced.why("2026-Q3", "2026-Q2", manager=segment.by["manager"])
    assert sliced.effects == segment.effects


def test_without_against_it_is_the_period_before(synced: Asked) -> None:
    """The quarter before a quarter."""
    found = synced.app.why(WhyAsk(TOTAL, Period.parse("2026-Q1")))
    assert found.ask.base.label == "2025-Q4"


# --- deals behind


def test_the_deals_behind_are_of_the_right_kind(synced: Asked) -> None:
    """A lower rate has lost deals behind it, a higher one won ones; more deals are wins of the later period."""
    found = synced.why("2026-Q3", "2026-Q2")
    effects = {effect.factor: effect.money for effect in found.effects}
    assert found.deals.keys() == {factor for factor, money in effects.items() if money}
    assert {deal.outcome for deal in found.deals["win_rate"]} == {"won" if effects["win_rate"] > 0 else "lost"}
    later = found.ask.period if effects["deals"] > 0 else found.ask.base
    assert all(later.start <= deal.closed < later.end for deal in found.deals["deals"])
    assert all(len(deals) <= 5 for deals in found.deals.values())


def test_the_orders_behind_an_average_pull_it_where_it_went(synced: Asked) -> None:
    """A smaller average: large orders that the later period lacks, small ones that the earlier did not have."""
    found = synced.why("2026-06", "2026-05")
    effect = next(each for each in found.effects if each.factor == "aov")
    assert effect.money < 0
    for deal in found.deals["aov"]:
        is_later = deal.closed >= found.ask.period.start
        assert deal.money < (effect.before or 0) if is_later else deal.money > (effect.after or 0)


# --- the command


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_speaks_the_readers_language(synced: Asked, language: str) -> None:
    """One sentence with the causes, then tables with a total."""
    result = synced.place.run(*MONTHS, "--by", "manager", language=language)
    assert result.exit_code == 0
    assert text("why.fell", language, change="…", causes="…").split(" …")[0] in result.stdout
    assert text("why.down.aov", language) in result.stdout
    assert text("why.within", language) in result.stdout


def test_json_adds_up(synced: Asked) -> None:
    """Texts of money that sum to the change; each segment has its names."""
    found = json.loads(synced.place.run(*MONTHS, "--by", "manager", "--format", "json").stdout)
    assert total(found["factors"]) == Decimal(found["change"]) == Decimal(found["after"]) - Decimal(found["before"])
    assert sum(map(Decimal, found["within"].values())) == Decimal(found["change"])
    assert all(total(each["factors"]) == Decimal(each["change"]) for each in found["segments"])
    assert all(each["labels"]["manager"] for each in found["segments"])
    assert found["reason"] is None


def test_csv_adds_up(synced: Asked) -> None:
    """Numbers that a sheet can sum, whole and segments apart."""
    rows = list(csv.DictReader(synced.place.run(*MONTHS, "--by", "source", "--format", "csv").stdout.splitlines()))
    change = synced.why("2026-06", "2026-05").change
    for level in ("whole", "segment"):
        assert total([row for row in rows if row["level"] == level]) * 100 == change


def total(rows: list[dict[str, Any]]) -> Decimal:
    return sum((Decimal(row["effect"]) for row in rows), Decimal(0))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (WhyAsk("win_rate", Period.parse("2026-06")), "why.other_metric"),
        (WhyAsk(TOTAL, Period.parse("2026-06"), Period.parse("2026-Q1")), "why.other_grain"),
        (WhyAsk(TOTAL, Period.parse("2026-06"), by=("stage",)), "metrics.not_sliced"),
        (WhyAsk("total_sails", Period.parse("2026-06")), "metrics.unknown"),
    ],
)
def test_what_cannot_be_compared_is_refused(synced: Asked, ask: WhyAsk, message: str) -> None:
    """By name, before anything is computed."""
    with pytest.raises(BadInput) as refused:
        synced.app.why(ask)
    assert refused.value.message_id == message


def test_without_stage_history_nothing_is_guessed(opened: OpenPlace) -> None:
    """Exit 3, the reason instead of numbers, in every form."""
    place = opened(company(60))
    place.portal.denied["crm.stagehistory.list"] = "ACCESS_DENIED"
    place.run("sync")
    result = place.run(*MONTHS, "--by", "manager", "--format", "json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["reason"], found["change"], found["factors"]) == (3, "no_permission", None, [])
    assert text("report.reason.no_permission") in place.run(*MONTHS).stdout


def test_a_period_that_still_runs_is_said_so(synced: Asked) -> None:
    """November 2026 has nine days to go."""
    shown = synced.place.run("why", TOTAL, "--period", "2026-11")
    assert text("why.unfinished") in shown.stdout
    assert text("why.unfinished") not in synced.place.run(*MONTHS).stdout
