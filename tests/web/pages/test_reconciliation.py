"""Bitrix24's own numbers beside ours: the causes by hand, and sums that close for any history."""

from contextlib import closing
from datetime import datetime
from decimal import Decimal
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from b24kpi import locale
from b24kpi.answers import Answers
from b24kpi.cache.store import Store
from b24kpi.errors import BadInput
from b24kpi.locale import LANGUAGES
from b24kpi.metrics.period import Grain, Period, latest
from b24kpi.report.build import Ask
from b24kpi.report.reconciliation import Cause, Side, added, reconcile
from b24kpi.web.viewer import Viewer
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.sql_engine import SqlEngine
from tests.web.pages.site import OWN, filled, site_over
from tests.web.pages.test_screens import page

DAY = 86_400
WON_AT = AS_OF - 70 * DAY
BARE = {"category_id": 0, "currency_id": "UAH", "assigned_by_id": 1, "seen_at": AS_OF, "company_id": 3}
ZONE = ZoneInfo(TIME_ZONE)
MONTH = Period.containing(datetime.fromtimestamp(WON_AT, ZONE).date(), Grain.MONTH)
INSIDE, OUTSIDE = MONTH.start.isoformat(), MONTH.end.isoformat()


def _deal(number: int, **given: object) -> dict[str, object]:
    """A deal that both sides count in the month, with 500 UAH."""
    usual = {"id": number, "stage_id": "WON", "stage_semantic_id": "S", "opportunity": 50_000}
    moments = {"date_create": WON_AT - 20 * DAY, "date_modify": WON_AT, "moved_time": WON_AT, "closedate": INSIDE}
    return {**BARE, **usual, **moments, **given}


def _step(number: int, deal: int, at: int, stage: str, semantic: str) -> dict[str, object]:
    named = {"stage_id": stage, "stage_semantic_id": semantic, "category_id": 0, "type_id": 2}
    return {"entity_type_id": 2, "id": number, "owner_id": deal, "created_time": at, "seen_at": AS_OF, **named}


def lay(store: Store) -> None:
    """Deals in place of the random ones: 1 is the same for both, each other differs for a cause of its own."""
    for table in ("deal", "stage_step", "lead", "product_row", "activity", "currency_rate"):
        store.db.execute(f"DELETE FROM {table}")
    rows = [
        _deal(1),
        _deal(2, closedate=OUTSIDE),  # ours alone
        _deal(3, moved_time=WON_AT - 60 * DAY, date_create=WON_AT - 90 * DAY),  # Bitrix24's alone
        _deal(4, closedate=None),
        _deal(5, is_recurring="Y"),
        _deal(6, currency_id="USD", opportunity=10_000),
        _deal(7, deleted_at=AS_OF),
        _deal(8, stage_id="NEW", stage_semantic_id="P"),  # reopened: neither's
        _deal(9, date_create=WON_AT - 90 * DAY, moved_time=WON_AT + 40 * DAY),  # won, reopened, won anew
    ]
    store.db["deal"].insert_all(rows, alter=False)
    first = WON_AT - WON_AT % DAY - 30 * DAY
    lives = [("NEW", "P", first), ("WON", "S", WON_AT), ("NEW", "P", WON_AT + DAY), ("WON", "S", WON_AT + 40 * DAY)]
    steps = [_step(place, 9, at, stage, semantic) for place, (stage, semantic, at) in enumerate(lives, 1)]
    store.db["stage_step"].insert_all(steps)
    store.db.execute("UPDATE deal SET closedate = ? WHERE id = 9", [_day(WON_AT)])
    day = int(_day(WON_AT).replace("-", ""))
    rates = [("UAH", day - 10_000, 10_000, 1), ("USD", day - 10_000, 400_000, 1), ("USD", day + 10_000, 420_000, 1)]
    store.db["currency_rate"].insert_all(
        {"currency": code, "day": on, "amount": amount, "amount_cnt": count} for code, on, amount, count in rates
    )


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, ZONE).date().isoformat()


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(filled(tmp_path, change=lay), language="en")


def side(deals: int, money: str) -> Side:
    return Side(deals, Decimal(money))


def test_each_difference_has_its_cause(answers: Answers) -> None:
    """Counted by hand: 500 each, but the one in dollars, 100 at 40 on the day and at 42 today."""
    found = answers.reconcile(MONTH, {})
    told = {each.deal_id: (each.cause, each.change) for each in found.differences}
    assert told == {
        2: (Cause.DATED_ELSEWHERE, side(1, "500.00")),
        3: (Cause.WON_ELSEWHERE, side(-1, "-500.00")),
        4: (Cause.NO_DAY, side(1, "500.00")),
        5: (Cause.RECURRING, side(-1, "-500.00")),
        6: (Cause.RATE, side(0, "-200.00")),
        9: (Cause.WON_AGAIN, side(-1, "-500.00")),
    }
    assert found.bitrix == side(5, "6200.00")  # 1, 3, 5, 6, 9
    assert found.ours == side(4, "5500.00")  # 1, 2, 4, 6


def test_another_manager_is_a_cause_of_a_managers_numbers(tmp_path: Path) -> None:
    """Who was responsible at the win has it here, who is now has it in Bitrix24."""

    def hand_over(store: Store) -> None:
        lay(store)
        store.db.execute("DELETE FROM deal WHERE id <> 1")
        store.db.execute("UPDATE deal SET assigned_by_id = 2 WHERE id = 1")
        earlier = {**_deal(1), "valid_to": WON_AT + DAY, "replaced_at": WON_AT + 2 * DAY}
        known = {row[1] for row in store.query("PRAGMA table_info(deal_history)")}
        store.db["deal_history"].insert({name: value for name, value in earlier.items() if name in known})

    answers = Answers(filled(tmp_path, change=hand_over), language="en")
    for manager, change in (("1", side(1, "500.00")), ("2", side(-1, "-500.00"))):
        (each,) = answers.reconcile(MONTH, {"manager": manager}).differences
        assert (each.cause, each.change) == (Cause.OTHER_MANAGER, change)
    assert answers.reconcile(MONTH, {}).differences == ()


def test_what_bitrix24_does_not_cut_by_is_refused(answers: Answers) -> None:
    """With what it does."""
    with pytest.raises(BadInput, match="pipeline, manager, source"):
        answers.reconcile(MONTH, {"customer_kind": "new"})


@pytest.mark.parametrize("seed", range(3))
def test_differences_close_the_gap_for_any_history(seed: int) -> None:
    """Whatever is asked for: Bitrix24's number and the differences are ours."""
    over = {"time_zone": TIME_ZONE, "as_of": AS_OF, "report_currency": REPORT_CURRENCY}
    engine = SqlEngine.over(random_tables(seed, 60), **over).engine
    causes = set()
    for period in latest(6, datetime.fromtimestamp(AS_OF - DAY, ZONE).date(), Grain.QUARTER):
        for where in ({}, {"pipeline": "0"}, {"source": ""}, {"manager": "1"}, {"manager": "2"}):
            found = reconcile(engine, period, where, currency=REPORT_CURRENCY, language="en")
            assert added([found.bitrix, *(each.change for each in found.differences)]) == found.ours
            causes |= {each.cause for each in found.differences}
    assert len(causes) > 1


def test_our_side_is_what_the_kpis_say(tmp_path: Path) -> None:
    """Won deals and sales of the same period."""
    answers = Answers(filled(tmp_path), language="en")
    entries = answers.report(Ask(("won_deals", "total_sales"), Grain.QUARTER, count=4)).entries
    for period in {entry.value.period for entry in entries}:
        values = {each.value.metric: each.value.value for each in entries if each.value.period == period}
        ours = answers.reconcile(period, {}).ours
        assert (ours.deals, ours.money) == (values["won_deals"], values["total_sales"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_screen_shows_the_bridge_and_its_deals(tmp_path: Path, language: str) -> None:
    """Both numbers, each cause between them in words, and links to the deals."""
    text = trust(tmp_path, Viewer(1, "", language, sees_all=True))
    assert 'id="reconciliation"' in text
    for cause in ("dated_elsewhere", "won_elsewhere", "no_day", "recurring", "rate", "won_again"):
        assert locale.text(f"reconciliation.cause.{cause}", language) in unescape(text)
    assert "/crm/deal/details/9/" in text


def test_a_manager_sees_his_own_deals_alone(tmp_path: Path) -> None:
    """All of these are another's."""
    assert "/crm/deal/details/" not in trust(tmp_path, OWN)


def trust(folder: Path, viewer: Viewer) -> str:
    """The screen over the deals of this file."""
    site = site_over(filled(folder, change=lay))
    with closing(site.context.memory):
        return page(site, f"trust?period={MONTH.label}", viewer)
