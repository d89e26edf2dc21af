"""The page of one deal: its numbers against the facts, by hand; who may see it; in every language."""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest

from b24kpi.cache.store import Store
from b24kpi.locale import LANGUAGES
from b24kpi.metrics.compiler import sum_statement
from b24kpi.metrics.courses import read_deals
from b24kpi.metrics.deal_standing import chance_of, standing
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Metric
from b24kpi.metrics.open_deals import open_book
from b24kpi.metrics.parts import parts_of
from b24kpi.metrics.period import Grain, periods
from b24kpi.metrics.statistics.chances import LANDMARKS
from b24kpi.metrics.stuck import stuckness
from b24kpi.metrics.stuck_list import list_stuck
from b24kpi.report.deal_counts import FACTS, counts_of
from b24kpi.report.one_deal import look_at
from b24kpi.web.viewer import Viewer
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.sql_engine import SqlEngine
from tests.web.pages.site import OWN, Site
from tests.web.pages.test_screens import UNFINISHED, hrefs, page, seen

DAY = 86_400
KNOWN = "f.deal_id IN (SELECT deal_id FROM fact_deal)"  # touches may be of leads
Sum = tuple[str, str, str, tuple[str, ...]]  # KPI, part, month, values of its own dimensions


@pytest.fixture(scope="module")
def engine() -> Engine:
    """Over random rows, enough of them for chances."""
    tables = random_tables(3, 160)
    return SqlEngine.over(tables, time_zone=TIME_ZONE, as_of=AS_OF, report_currency=REPORT_CURRENCY).engine


@contextmanager
def cache_of(site: Site) -> Iterator[Store]:
    with Store(site.context.settings.cache.path) as store:
        yield store


def deal_where(site: Site, condition: str) -> int:
    """The first deal of a condition over fact_deal."""
    with site.context.open_answers("uk") as answers:
        found: int = answers._store.query(f"SELECT MIN(deal_id) FROM fact_deal WHERE {condition}")[0][0]
    return found


def test_a_deal_stands_where_counting_by_hand_puts_it() -> None:
    """Of four closed after 1, 2, 3, 4 days and one open for 5 half are closed within 3, 80 % within 4 days."""
    rows = [(n, 0, n * DAY) for n in (1, 2, 3, 4)] + [(5, 0, None), (6, 2 * DAY, None)]
    third, fifth = standing(rows[:5], 3, 5 * DAY), standing(rows, 5, 5 * DAY)
    assert (third.median, third.p80) == (3 * DAY, 4 * DAY)
    assert (third.mine, third.n, third.shorter, third.beside) == (3 * DAY, 5, 2, 3)
    assert (fifth.mine, fifth.shorter, fifth.beside) == (5 * DAY, 1, 1)


def test_the_chance_is_that_of_the_forecast(engine: Engine) -> None:
    """Of every open deal, whatever it is taken by."""
    known = open_book(engine).at(engine.as_of)
    assert known is not None
    assert len(known.places) > 10
    for stage, age, landmark, ever in zip(known.stages, known.ages, known.landmark, known.won_by(np.inf), strict=True):
        chance = chance_of(engine, known.names[stage], float(age))
        assert chance is not None
        assert (chance.landmark, chance.ever) == (LANDMARKS[landmark], pytest.approx(ever))


def test_what_is_at_stake_is_what_the_same_chance_has_fallen_by(engine: Engine) -> None:
    """Of every stuck deal: from that of a deal that has just come into the stage to that of its card."""
    _, found = list_stuck(engine, engine.as_of, {})
    now, book = stuckness(engine).at(engine.as_of), open_book(engine)
    reached = book.chances(now.moment).by(np.inf, now.stages, np.full(len(now.stages), -1))
    places = {int(read_deals(engine).ids[place]): row for row, place in enumerate(now.places)}
    assert sum(deal.at_stake > 0 for deal in found) > 3
    for deal in found:
        row = places[deal.deal_id]
        chance = chance_of(engine, now.names[now.stages[row]], deal.age)
        assert chance is not None
        fallen = max(reached[row] - chance.ever, 0) if chance.landmark else 0
        assert deal.at_stake == pytest.approx(max(deal.money, 0) * fallen)


def test_a_deal_is_stuck_for_the_reasons_of_the_leaks(engine: Engine) -> None:
    """All open deals: the same causes and money as where all are judged at once, none where it moves."""
    _, found = list_stuck(engine, engine.as_of, {})
    causes = {deal.deal_id: (tuple(f"analyses.cause.{each}" for each in deal.causes), deal.at_stake) for deal in found}
    (ids,) = zip(*engine.store.query("SELECT deal_id FROM fact_deal WHERE outcome = 'open'"), strict=True)
    for number in ids:
        deal = look_at(engine, number)
        assert deal is not None
        assert deal.stuck is not None
        assert (deal.stuck.causes, deal.stuck.at_stake) == causes.get(number, ((), 0.0))


def test_what_deals_count_in_adds_up_to_the_kpis() -> None:
    """All deals together make each sum over deals of each KPI and month, and of each stage where it has stages."""
    tables = random_tables(4, 30)
    engine = SqlEngine.over(tables, time_zone=TIME_ZONE, as_of=AS_OF, report_currency=REPORT_CURRENCY).engine
    found: dict[Sum, Fraction] = defaultdict(Fraction)
    for (number,) in engine.store.query("SELECT deal_id FROM fact_deal"):
        for each in counts_of(engine, number, ""):
            key = (each.metric, each.part, each.period.label, tuple(each.by.values()))
            found[key] += Fraction(each.adds) * (100 if each.is_money else 1)
    expected = {key: total for metric in engine.catalogue.metrics for key, total in sums_of(engine, metric)}
    assert {metric for metric, *_ in expected} >= {"total_sales", "win_rate", "aov", "sales_cycle"}
    additive = {key[:2] for key in expected}
    assert {key: total for key, total in found.items() if key[:2] in additive} == expected


def sums_of(engine: Engine, metric: Metric) -> Iterator[tuple[Sum, Fraction]]:
    """The sums over deals of a KPI as the engine has them; not of different values, which do not add up."""
    months = periods(date(2025, 12, 1), date(2026, 12, 2), Grain.MONTH)
    if not metric.analysis:
        engine.set_periods(metric, months)
        for name, part in parts_of(metric).items():
            if part.fact in FACTS and not (part.to_date or part.previous or part.distinct):
                known = " AND ".join(filter(None, (f"({part.where})" if part.where else "", KNOWN)))
                statement = sum_statement(replace(part, where=known), metric.fixed, {})
                for (place, by), (total, *_) in engine.rows(statement, len(metric.fixed)):
                    yield (metric.id, name, months[place].label, by), Fraction(total or 0)


def test_the_way_and_the_purchases_are_those_of_the_facts(site: Site) -> None:
    """A stay for each of the deal's, the present one until now; all purchases of the customer, none of others."""
    number = deal_where(site, "outcome = 'won' AND customer IS NOT NULL")
    with cache_of(site) as store, site.context.open_answers("uk") as answers:
        deal = answers.look(lambda engine: look_at(engine, number))
        assert deal is not None
        stays = store.query(
            "SELECT stage_id, entered_at, left_at - entered_at FROM fact_stay WHERE deal_id = ? ORDER BY position",
            [number],
        )
        bought = store.query(
            "SELECT deal_id FROM fact_deal WHERE customer = ? AND outcome = 'won' ORDER BY closed_at, deal_id",
            [deal.customer],
        )
    assert [(each.stage, each.entered_at, each.seconds) for each in deal.way] == stays
    assert [(each.deal_id,) for each in deal.purchases] == bought
    assert deal.age.mine == (deal.closed_at or 0) - deal.created_at


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", ["open", "won", "lost"])
def test_the_page_of_a_deal_speaks_every_language(site: Site, outcome: str, language: str) -> None:
    """With its number and a link into the portal; no message id shows through."""
    number = deal_where(site, f"outcome = '{outcome}'")
    html = page(site, f"deal/{number}", Viewer(1, "", language, sees_all=True))
    assert not UNFINISHED.findall(seen(html))
    assert f'data-path="/crm/deal/details/{number}/"' in html
    assert ('id="chance"' in html) == (outcome == "open")
    assert 'name="period"' not in html


@pytest.mark.parametrize("viewer", [Viewer(1, "", "uk", sees_all=True), OWN])
def test_what_a_deal_counts_in_leads_to_rows_with_it(site: Site, viewer: Viewer) -> None:
    """Every link is alive, and the deal is among the rows that count."""
    number = deal_where(site, "outcome = 'won' AND manager_id = 2 AND customer IS NOT NULL")
    links = hrefs(page(site, f"deal/{number}", viewer), "/kpi/rows/")
    assert len(links) > 5
    for link in links[:: max(1, len(links) // 8)]:
        html = page(site, link.removeprefix("/kpi/") + "&format=csv&table=included", viewer)
        assert re.search(rf"(^|;){number};", html, re.MULTILINE), link


def test_a_manager_sees_his_own_deals_only(site: Site) -> None:
    """Another one's deal and one that does not exist are refused alike; he sees his own, without others' sales."""
    mine = deal_where(site, "manager_id = 2")
    other = deal_where(site, "manager_id = 3")
    client = site.client(OWN)
    refused = [client.get(f"/kpi/deal/{number}") for number in (other, 10**9)]
    assert [response.status_code for response in refused] == [403, 403]
    assert refused[0].data == refused[1].data
    assert "Це не ваша угода" in refused[0].text
    assert client.get(f"/kpi/deal/{other}?format=csv&table=counts").status_code == 403
    assert client.get(f"/kpi/deal/{mine}").status_code == 200


def test_a_manager_sees_only_his_own_sales_to_a_customer(site: Site) -> None:
    """What colleagues have sold to the same customer is left out."""
    number = deal_where(
        site,
        "manager_id = 2 AND customer IN (SELECT customer FROM fact_purchase GROUP BY 1 HAVING "
        "COUNT(DISTINCT manager_id) > 1)",
    )
    with site.context.open_answers("uk") as answers:
        whole, own = answers.look(lambda engine: (look_at(engine, number), look_at(engine, number, "2")))
    assert whole is not None
    assert own is not None
    assert set(own.purchases) < set(whole.purchases)


@pytest.mark.parametrize("number", ["1000000000", "9223372036854775807", "0"])
def test_a_deal_that_is_not_there_has_a_page_of_its_own(site: Site, number: str) -> None:
    """Unknown ones are told of in words."""
    response = site.client().get(f"/kpi/deal/{number}")
    assert response.status_code == 404
    assert "Цієї угоди тут немає" in response.text


@pytest.mark.parametrize("number", ["9223372036854775808", "-1", "seven", ""])
def test_what_is_no_number_is_no_page(site: Site, number: str) -> None:
    """Nothing ends in a server error."""
    assert site.client().get(f"/kpi/deal/{number}").status_code == 404


def test_a_deleted_deal_is_gone(site: Site) -> None:
    """It counts in nothing, so there is nothing to say of it."""
    with cache_of(site) as store:
        (number,) = store.query("SELECT MIN(id) FROM deal WHERE deleted_at IS NOT NULL")[0]
    assert site.client().get(f"/kpi/deal/{number}").status_code == 404
